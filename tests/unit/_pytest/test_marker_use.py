"""Tests of the error for a marker `dropbox` whose arguments no fixture reads."""

from tests.support.pytest_runs import PLAIN

# Imported once here, because an in-process run of pytest discards the modules that it imports.
import fakedropbox.client
import fakedropbox.service  # noqa: F401

CONFTEST = """
import pytest

def pytest_collection_modifyitems(items):
    for item in items:
        if item.name == "test_marked_by_a_conftest":
            item.add_marker(pytest.mark.dropbox(seed=1))

@pytest.fixture
def through_another(request):
    return request.getfixturevalue("fake_dropbox")
"""

SUITE = """
import unittest
import pytest
from fakedropbox import FakeDropboxService

marked = pytest.mark.dropbox(files={"/a": b"1"})

@marked
def test_nothing_requested():
    pass

@marked
def test_only_the_factory(dropbox_services):
    pass

@pytest.mark.dropbox("seed")
def test_wrong_argument():
    pass

@pytest.mark.parametrize("value", [1, pytest.param(2, marks=marked)])
def test_one_value_marked(value):
    pass

class TestOfAClass:
    @marked
    def test_method(self):
        pass

class TestOfUnittest(unittest.TestCase):
    @marked
    def test_case(self):
        pass

@marked
def test_requested(dropbox_service):
    assert dropbox_service.files == {"/a": b"1"}

@marked
def test_requested_while_it_runs(request):
    assert request.getfixturevalue("fake_dropbox").files_get_metadata("/a").size == 1

@marked
def test_requested_by_another_fixture(through_another):
    pass

@marked
@pytest.mark.usefixtures("dropbox_active")
def test_requested_by_a_mark():
    pass

@pytest.mark.dropbox
def test_refuses_the_real_one_only():
    pass

@marked
def test_skipped():
    pytest.skip("the fixture would have come later")

@marked
def test_failed():
    raise AssertionError("the fixture would have come later")

@marked
@pytest.mark.xfail
def test_expected_to_fail():
    raise AssertionError("the fixture would have come later")

@marked
class TestMarkedClass:
    def test_without_a_fixture(self):
        pass

def test_marked_by_a_conftest():
    pass

class TestWithItsOwnFixture:
    @pytest.fixture
    def dropbox_service(self, request):
        return FakeDropboxService(**request.node.get_closest_marker("dropbox").kwargs)

    @marked
    def test_own(self, request):
        assert list(request.getfixturevalue("dropbox_service").files) == ["/a"]
"""

OF_A_MODULE = """
import pytest

pytestmark = pytest.mark.dropbox(seed=1)

def test_of_a_marked_module():
    pass
"""


def test_a_marker_on_a_test_without_a_fixture_is_an_error(pytester):
    pytester.makepyfile(conftest=CONFTEST, test_suite=SUITE, test_module=OF_A_MODULE)
    result = pytester.runpytest_inprocess(*PLAIN, "-rE")
    result.assert_outcomes(passed=16, errors=6, failed=1, skipped=1, xfailed=1)
    errors = [line for line in result.outlines if line.startswith("ERROR ")]
    assert [line.split()[1].partition("::")[2] for line in errors] == [
        "test_nothing_requested",
        "test_only_the_factory",
        "test_wrong_argument",
        "test_one_value_marked[2]",
        "TestOfAClass::test_method",
        "TestOfUnittest::test_case",
    ]
    text = " ".join(result.outlines)
    assert "pytest.mark.dropbox(files=…)" in text
    for name in ("dropbox_service", "fake_dropbox", "dropbox_active", "dropbox_server"):
        assert f"`{name}`" in text


WAYS_OUT = """
import unittest
import pytest

marked = pytest.mark.dropbox(files={"/a": b"1"})

@marked
def test_alone():
    pass

@marked
def test_of_the_module(module_dropbox_service):
    pass

@marked
def test_of_the_run(session_dropbox_service):
    pass

@pytest.fixture
def anyio_backend():
    return "asyncio"

@marked
@pytest.mark.anyio
async def test_async(module_dropbox_service):
    pass

class TestCase(unittest.TestCase):
    @marked
    def test_case(self):
        pass
"""


def test_the_advice_in_the_error_depends_on_the_kind_of_test(pytester):
    pytester.makepyfile(WAYS_OUT)
    plugins = [*PLAIN[: PLAIN.index("no:anyio") - 1], *PLAIN[PLAIN.index("no:anyio") + 1 :]]
    result = pytester.runpytest_inprocess(*plugins)
    result.assert_outcomes(passed=5, errors=5)
    errors = [line for line in result.outlines if line.startswith("pytest.mark.dropbox(files=…)")]
    for error, way_out in zip(
        errors,
        (
            "Request one, or remove the marker.",
            "write `pytestmark = pytest.mark.dropbox(…)` at the top of the module",
            "No marker of a test configures `session_dropbox_service`",
            "write `pytestmark = pytest.mark.dropbox(…)` at the top of the module",
            "use `@mock_dropbox(…)` on the method or its class",
        ),
        strict=True,
    ):
        assert way_out in error
