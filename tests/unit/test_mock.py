"""Tests of `mock_dropbox`, on functions, coroutines and test cases, and as a context manager."""

import asyncio
import copy
import inspect
import pickle
import unittest
from contextlib import suppress
from functools import partial
from unittest.mock import MagicMock, patch

import dropbox
import pytest
from dropbox.exceptions import AuthError
from hypothesis import given
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter
from tests.support.both_doors import refreshing_client

from fakedropbox import (
    FakeDropboxService,
    NotImplementedInFake,
    Personality,
    UnfiredFault,
    mock,
    mock_dropbox,
)

SEND = HTTPAdapter.send


@pytest.fixture(autouse=True)
def _nothing_replaced():
    assert HTTPAdapter.send is SEND
    yield
    assert HTTPAdapter.send is SEND


@mock_dropbox
def test_a_function_has_the_service_as_an_argument(dropbox_service):
    refreshing_client(dropbox_service).files_upload(b"x", "/x")
    assert dropbox_service.files == {"/x": b"x"}


@mock_dropbox(seed=5, files={"/seeded": b"5"})
def test_options_and_fixtures_can_be_combined(tmp_path, dropbox_service):
    refreshing_client(dropbox_service).files_download_to_file(str(tmp_path / "out"), "/seeded")
    assert (tmp_path / "out").read_bytes() == b"5"
    assert dropbox_service.login == FakeDropboxService(seed=5).login


@pytest.mark.parametrize("number", [1, 2])
@mock_dropbox
def test_the_decorator_can_be_below_parametrize(number, dropbox_service):
    assert refreshing_client(dropbox_service).files_upload(b"x" * number, "/x").size == number


@mock_dropbox
def test_a_function_can_omit_the_argument():
    dbx = refreshing_client(FakeDropboxService())  # the same seed, the same login
    assert dbx.files_list_folder("").entries == []


class TestPlainClass:
    @mock_dropbox
    def test_a_method_has_the_service_as_an_argument(self, dropbox_service, tmp_path):
        (tmp_path / "out").write_bytes(b"x")
        refreshing_client(dropbox_service).files_upload((tmp_path / "out").read_bytes(), "/x")
        assert dropbox_service.files == {"/x": b"x"}


@mock_dropbox
@given(st.binary(max_size=10))
def test_the_decorator_can_be_above_hypothesis_given(dropbox_service, content):
    with dropbox_service.scratch():
        assert refreshing_client(dropbox_service).files_upload(content, "/x").size == len(content)


@given(content=st.binary(max_size=10))
@mock_dropbox
def test_the_decorator_can_be_below_hypothesis_given(dropbox_service, content):
    refreshing_client(dropbox_service).files_upload(content, "/x")
    assert dropbox_service.files == {"/x": content}


def test_a_seed_file_is_relative_to_the_working_directory(tmp_path, monkeypatch):
    (tmp_path / "seed.toml").write_text('[files]\n"/a.txt" = "hello"\n', "utf-8")
    mocked = mock_dropbox(seed="seed.toml")
    with pytest.raises(ValueError, match=r"seed: .*seed\.toml cannot be read"), mocked:
        pass
    monkeypatch.chdir(tmp_path)
    with mocked as service:
        assert service.files == {"/a.txt": b"hello"}


def test_arguments_can_be_given_by_position_and_by_keyword():
    @mock_dropbox
    def act(first, dropbox_service, second=2, *rest, third=3):
        return first, second, rest, third, isinstance(dropbox_service, FakeDropboxService)

    assert act(1) == (1, 2, (), 3, True)
    assert act(1, 4) == (1, 4, (), 3, True)
    assert act(first=1, second=4, third=5) == (1, 4, (), 5, True)
    assert "dropbox_service" not in inspect.signature(act).parameters
    assert act.__name__ == "act"


PATCHED = "fakedropbox.mock.VARIABLE"


class Patched:
    """Functions and methods that `mock.patch` gives an argument, with both orders of decorators."""

    @mock_dropbox
    @patch(PATCHED)
    def above(self, patched):
        return patched, None

    @patch(PATCHED)
    @mock_dropbox
    def below(self, patched):
        return patched, None

    @mock_dropbox
    @patch(PATCHED)
    def above_with_the_service(self, patched, number, dropbox_service):
        assert number == 1
        return patched, dropbox_service

    @mock_dropbox
    @patch(PATCHED)
    def above_with_the_service_first(self, dropbox_service, patched, number=1):
        assert number == 1
        return patched, dropbox_service

    @patch(PATCHED)
    @mock_dropbox
    def below_with_the_service(self, patched, dropbox_service, *, number):
        assert number == 1
        return patched, dropbox_service

    @mock_dropbox
    @patch(PATCHED)
    async def coroutine(self, patched, dropbox_service):
        await asyncio.sleep(0)
        return patched, dropbox_service

    @patch(PATCHED)
    @mock_dropbox
    @patch("fakedropbox.mock.made")
    def between(self, made, patched, dropbox_service):
        assert mock.made is made
        return patched, dropbox_service


@mock_dropbox
@patch(PATCHED)
def patched_function(patched):
    return patched, None


@mock_dropbox
@patch(PATCHED)
def patched_function_with_the_service(patched, dropbox_service):
    return patched, dropbox_service


@pytest.mark.parametrize(
    ("act", "has_service"),
    [
        (Patched().above, False),
        (Patched().below, False),
        (partial(Patched().above_with_the_service, number=1), True),
        (Patched().above_with_the_service_first, True),
        (partial(Patched().below_with_the_service, number=1), True),
        (lambda: asyncio.run(Patched().coroutine()), True),
        (Patched().between, True),
        (patched_function, False),
        (patched_function_with_the_service, True),
    ],
)
def test_the_decorator_can_be_above_and_below_mock_patch(act, has_service):
    patched, service = act()
    assert isinstance(patched, MagicMock)
    assert isinstance(service, FakeDropboxService) is has_service


@mock_dropbox
@patch(PATCHED)
def test_the_decorator_can_be_above_mock_patch_with_fixtures(patched, tmp_path, dropbox_service):
    assert mock.VARIABLE is patched
    assert tmp_path.is_dir()
    assert dropbox_service.files == {}


@mock_dropbox
class TestPatchedCase(unittest.TestCase):
    @patch(PATCHED)
    def test_a_test_case_can_use_mock_patch(self, patched):
        assert mock.VARIABLE is patched

    @mock_dropbox(files={"/own": b""})
    @patch(PATCHED)
    def test_a_method_of_it_can_be_decorated_too(self, patched, dropbox_service):
        assert mock.VARIABLE is patched
        assert set(dropbox_service.files) == {"/own"}


def test_an_argument_that_is_missing_is_named():
    @mock_dropbox
    def act(first, dropbox_service):
        """Do nothing."""

    with pytest.raises(TypeError, match=r"act\(\) missing 1 required positional argument: 'first'"):
        act()
    with pytest.raises(TypeError, match="unexpected keyword argument 'other'"):
        act(1, other=2)


def test_a_coroutine_has_the_service_while_it_runs():
    @mock_dropbox
    async def act(number, dropbox_service):
        dbx = refreshing_client(dropbox_service)
        await asyncio.sleep(0)
        dbx.files_upload(b"x" * number, "/x")
        await asyncio.sleep(0)
        return dropbox_service.files

    assert inspect.iscoroutinefunction(act)
    assert asyncio.run(act(3)) == {"/x": b"xxx"}
    assert asyncio.run(act(number=4)) == {"/x": b"xxxx"}


def test_an_exception_of_a_coroutine_is_raised():
    @mock_dropbox
    async def act(dropbox_service):
        raise KeyError("in the body")

    with pytest.raises(KeyError):
        asyncio.run(act())


@mock_dropbox(files={"/seeded": b"1"})
class TestDecoratedCase(unittest.TestCase):
    def setUp(self):
        self.dbx = refreshing_client(self.dropbox_service)
        self.dbx.files_upload(b"x", "/from-set-up")

    def test_set_up_and_test_have_the_same_service(self):
        self.dbx.files_upload(b"x", "/first")
        assert set(self.dropbox_service.files) == {"/seeded", "/from-set-up", "/first"}

    def test_each_test_has_a_new_service(self):
        assert set(self.dropbox_service.files) == {"/seeded", "/from-set-up"}

    def tearDown(self):
        self.dbx.files_get_metadata("/seeded")  # the service is still active


class TestDerivedCase(TestDecoratedCase):
    def test_a_derived_case_is_decorated_too(self):
        assert len(self.dropbox_service.calls) == 2


@mock_dropbox
class TestAsyncCase(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        refreshing_client(self.dropbox_service).files_upload(b"x", "/from-set-up")

    async def test_the_service_is_active_in_set_up_test_and_tear_down(self):
        await asyncio.sleep(0)
        refreshing_client(self.dropbox_service).files_upload(b"x", "/it")
        assert set(self.dropbox_service.files) == {"/from-set-up", "/it"}

    async def asyncTearDown(self):
        refreshing_client(self.dropbox_service).files_get_metadata("/it")


@mock_dropbox
class TestCaseWithGiven(unittest.TestCase):
    @given(st.binary(max_size=10))
    def test_given_can_be_used_in_a_test_case(self, content):
        with self.dropbox_service.scratch():
            refreshing_client(self.dropbox_service).files_upload(content, "/x")


def test_a_test_case_can_keep_one_service_for_its_class():
    class Case(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            cls.service = cls.enterClassContext(mock_dropbox(files={"/seeded": b"1"}))

        def setUp(self):
            self.enterContext(self.service.scratch())

        def test_a_file_is_added(self):
            refreshing_client(self.service).files_upload(b"x", "/first")
            assert set(self.service.files) == {"/seeded", "/first"}

        def test_the_added_file_is_gone(self):
            assert set(self.service.files) == {"/seeded"}

    result = run(Case)
    assert (result.testsRun, result.errors, result.failures) == (2, [], [])


@pytest.mark.parametrize(
    "act",
    [
        copy.copy,
        copy.deepcopy,
        pickle.dumps,
        lambda service: copy.deepcopy({"data": [service]}),
        lambda service: copy.deepcopy(service.client()),
    ],
)
def test_a_copy_of_a_service_is_refused_with_advice(act):
    """Django copies for each test what setUpTestData has assigned."""
    with pytest.raises(TypeError, match=r"cannot be copied .*setUpClass.*scratch\(\)"):
        act(FakeDropboxService())


def test_mock_dropbox_can_be_a_context_manager():
    with mock_dropbox(files={"/a": b"1"}) as service:
        assert refreshing_client(service).files_get_metadata("/a").size == 1
    with mock_dropbox() as outer, mock_dropbox(seed=1) as inner:
        refreshing_client(inner).files_list_folder("")
        assert outer.calls.of("files/list_folder") == []


def run(case):
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    return result


def unfired_function():
    @mock_dropbox
    def act(dropbox_service):
        dropbox_service.faults.lost_reply("files/upload")

    act()


def unfired_coroutine():
    @mock_dropbox
    async def act(dropbox_service):
        dropbox_service.faults.lost_reply("files/upload")

    asyncio.run(act())


def unfired_context():
    with mock_dropbox() as service:
        service.faults.lost_reply("files/upload")


@pytest.mark.parametrize("act", [unfired_function, unfired_coroutine, unfired_context])
def test_a_fault_that_never_happened_raises_an_error_at_the_end(act):
    with pytest.raises(UnfiredFault, match="files/upload"):
        act()


def test_a_fault_that_never_happened_fails_its_test_in_a_test_case():
    @mock_dropbox
    class Case(unittest.TestCase):
        def test_a_fault_does_not_happen(self):
            self.dropbox_service.faults.lost_reply("files/upload")

        def test_a_fault_happens(self):
            self.dropbox_service.faults.rate_limit("files/list_folder")
            refreshing_client(self.dropbox_service).files_list_folder("")

    result = run(Case)
    assert result.testsRun == 2
    ((case, trace),) = result.errors + result.failures
    assert case._testMethodName == "test_a_fault_does_not_happen"
    assert "UnfiredFault" in trace
    assert "files/upload" in trace


@pytest.mark.parametrize("name", ["documented", "hostile"])
def test_the_personality_can_be_the_name_of_a_preset(name):
    with mock_dropbox(personality=name) as service:
        assert service.gate.world.personality == getattr(Personality, name)


def test_a_failing_set_up_leaves_nothing_replaced():
    @mock_dropbox
    class Case(unittest.TestCase):
        def setUp(self):
            raise KeyError("in setUp")

        def test_never_runs(self):
            """Do nothing."""

    assert len(run(Case).errors) == 1
    assert HTTPAdapter.send is SEND


def test_an_error_of_the_test_is_raised_instead_of_the_unfired_fault():
    @mock_dropbox
    def act(dropbox_service):
        dropbox_service.faults.lost_reply("files/upload")
        raise KeyError("in the body")

    with pytest.raises(KeyError):
        act()


def generator(dropbox_service):
    yield dropbox_service


async def async_generator(dropbox_service):
    yield dropbox_service


@pytest.mark.parametrize("target", [generator, async_generator])
def test_a_generator_is_refused(target):
    """Check functions that yield: their code would run after the activation has ended."""
    with pytest.raises(TypeError, match="mock_dropbox"):
        mock_dropbox(target)


class PlainClass:
    pass


@pytest.mark.parametrize("target", [PlainClass, 5, "text"])
def test_mock_dropbox_refuses_objects_that_it_cannot_decorate(target):
    with pytest.raises(TypeError, match="mock_dropbox"):
        mock_dropbox(target)


def test_an_unknown_option_is_refused():
    with pytest.raises(TypeError, match="sed"), mock_dropbox(sed=1):
        pass


def report_of(case):
    """Return the errors and failures of a test case, as lists of texts by the names of tests."""
    result = run(case)
    found = {}
    for test, text in result.errors + result.failures:
        name = getattr(test, "test_case", test)._testMethodName  # a subtest has a `test_case`
        found.setdefault(name, []).append(text)
    return found


def test_a_failed_test_of_a_test_case_has_no_second_error():
    @mock_dropbox
    class Case(unittest.TestCase):
        def test_makes_an_unfaked_call(self):
            self.dropbox_service.client().riviera_get_text_async()

        def test_a_subtest_makes_an_unfaked_call(self):
            with self.subTest("passing"):
                """Do nothing."""
            with self.subTest("failing"):
                self.dropbox_service.client().riviera_get_text_async()

        def test_fails_by_itself_with_a_fault_that_never_happened(self):
            self.dropbox_service.faults.lost_reply("files/upload")
            self.fail("by itself")

        def test_swallows_the_error_of_an_unfaked_call(self):
            with self.subTest(), suppress(NotImplementedInFake):
                self.dropbox_service.client().riviera_get_text_async()

    found = report_of(Case)
    assert {name: len(texts) for name, texts in found.items()} == {
        "test_makes_an_unfaked_call": 1,
        "test_a_subtest_makes_an_unfaked_call": 1,
        "test_fails_by_itself_with_a_fault_that_never_happened": 1,
        "test_swallows_the_error_of_an_unfaked_call": 1,
    }
    assert "by itself" in found["test_fails_by_itself_with_a_fault_that_never_happened"][0]
    assert "check_implemented" in found["test_swallows_the_error_of_an_unfaked_call"][0]
    assert HTTPAdapter.send is SEND


def test_a_test_of_a_test_case_that_ends_early_is_not_verified():
    @mock_dropbox
    class Case(unittest.TestCase):
        def setUp(self):
            self.dropbox_service.faults.lost_reply("files/upload")
            if "set_up" in self._testMethodName:
                self.skipTest("not here")

        def test_is_skipped(self):
            with suppress(NotImplementedInFake):
                self.dropbox_service.client().riviera_get_text_async()
            self.skipTest("not here")

        def test_is_skipped_in_set_up(self):
            """Do nothing."""

        def test_a_subtest_is_skipped(self):
            with self.subTest():
                self.skipTest("not here")

        @unittest.expectedFailure
        def test_fails_as_expected(self):
            self.fail("as expected")

        @unittest.expectedFailure
        def test_succeeds_unexpectedly(self):
            """Do nothing."""

        def test_passes_apart_from_the_fault(self):
            """Do nothing."""

        def test_fails_in_tear_down(self):
            self.tearDown = partial(self.fail, "at the end")

    result = run(Case)
    assert len(result.skipped) == 3
    assert len(result.expectedFailures) == len(result.unexpectedSuccesses) == 1
    failed = {test._testMethodName: text for test, text in result.errors + result.failures}
    assert list(failed) == ["test_fails_in_tear_down", "test_passes_apart_from_the_fault"]
    assert "at the end" in failed["test_fails_in_tear_down"]
    assert "UnfiredFault" in failed["test_passes_apart_from_the_fault"]
    assert HTTPAdapter.send is SEND


def test_a_function_that_is_skipped_is_not_verified():
    class Case(unittest.TestCase):
        @mock_dropbox
        def test_function(self, dropbox_service):
            dropbox_service.faults.lost_reply("files/upload")
            self.skipTest("not here")

        def test_block(self):
            with mock_dropbox() as service:
                service.faults.lost_reply("files/upload")
                self.skipTest("not here")

    result = run(Case)
    assert len(result.skipped) == 2
    assert result.errors == result.failures == []


def test_an_error_of_a_test_case_without_a_result_is_its_only_one():
    @mock_dropbox
    class Case(unittest.TestCase):
        def test_fails_with_a_fault_that_never_happened(self):
            self.dropbox_service.faults.lost_reply("files/upload")
            self.fail("by itself")

    result = Case("test_fails_with_a_fault_that_never_happened").run()
    [(_, text)] = result.failures
    assert "by itself" in text


def test_an_error_of_a_derived_case_that_is_decorated_again_is_reported_once():
    @mock_dropbox
    class Case(unittest.TestCase):
        def test_makes_an_unfaked_call(self):
            self.dropbox_service.client().riviera_get_text_async()

    @mock_dropbox
    class Derived(Case):
        pass

    assert [len(texts) for texts in report_of(Derived).values()] == [1]


def test_a_test_case_can_run_without_a_result():
    @mock_dropbox
    class Case(unittest.TestCase):
        def test_a_fault_does_not_happen(self):
            self.dropbox_service.faults.lost_reply("files/upload")

    result = Case("test_a_fault_does_not_happen").run()
    [(_, text)] = result.failures
    assert "UnfiredFault" in text
    with pytest.raises(UnfiredFault):
        Case("test_a_fault_does_not_happen").debug()


# Advice about unknown credentials, where no report of pytest has it


@pytest.fixture
def plain(monkeypatch):
    """Make `mock_dropbox` behave as without pytest, whose report would have the advice."""
    monkeypatch.setattr(mock, "made", [])


ADVICE = "a call had an access token that this service does not know"


def ask():
    dropbox.Dropbox("my-secret").files_list_folder("")


def asked_by_a_function():
    mock_dropbox(ask)()


def asked_by_a_coroutine():
    @mock_dropbox
    async def act():
        ask()

    asyncio.run(act())


def asked_in_a_context():
    with mock_dropbox(max_calls=1):
        for _ in range(2):
            with suppress(AuthError):
                ask()
        ask()


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("act", [asked_by_a_function, asked_by_a_coroutine, asked_in_a_context])
def test_an_error_has_advice_about_an_unknown_token(act):
    with pytest.raises(AuthError) as caught:
        act()
    [note] = caught.value.__notes__
    assert note.startswith(ADVICE)
    assert "mock_dropbox(login=Login(access_token=…))" in note
    assert "my-secret" not in note


@pytest.mark.usefixtures("plain")
def test_an_error_of_a_test_case_has_advice_about_an_unknown_token():
    @mock_dropbox
    class Case(unittest.TestCase):
        def test_raises_an_auth_error(self):
            ask()

        def test_fails_after_a_caught_auth_error(self):
            with suppress(AuthError):
                ask()
            self.fail("for another reason")

        def test_a_subtest_raises_an_auth_error(self):
            with self.subTest():
                ask()

        def test_fails_without_a_call(self):
            self.fail("without a call")

    @mock_dropbox
    class CaseWithSetUp(unittest.TestCase):
        def setUp(self):
            ask()

        def test_set_up_raises_an_auth_error(self):
            """Do nothing."""

    found = report_of(Case) | report_of(CaseWithSetUp)
    assert {name: text.count(ADVICE) for name, [text] in found.items()} == {
        "test_raises_an_auth_error": 1,
        "test_fails_after_a_caught_auth_error": 1,
        "test_a_subtest_raises_an_auth_error": 1,
        "test_fails_without_a_call": 0,
        "test_set_up_raises_an_auth_error": 1,
    }


@pytest.mark.usefixtures("plain")
def test_an_error_has_its_advice_once_when_the_test_case_has_ended():
    class Result(unittest.TestResult):
        def addError(self, _test, error):  # noqa: N802 -- the name of unittest
            self.error = error[1]

    @mock_dropbox
    class Case(unittest.TestCase):
        def test_raises_an_auth_error(self):
            ask()

    result = Case("test_raises_an_auth_error").run(Result())
    assert isinstance(result, Result)
    assert len(result.error.__notes__) == 1


def test_an_error_has_no_advice_where_the_report_of_pytest_has_it(monkeypatch):
    monkeypatch.setattr(mock, "made", [bool])
    with pytest.raises(AuthError) as caught:
        asked_by_a_function()
    assert not hasattr(caught.value, "__notes__")


def test_an_error_in_making_the_service_of_a_test_case_is_reported(plain):
    @mock_dropbox(seed="missing.toml")
    class Case(unittest.TestCase):
        def test_never_runs(self):
            """Do nothing."""

    [[text]] = report_of(Case).values()
    assert "missing.toml cannot be read" in text
