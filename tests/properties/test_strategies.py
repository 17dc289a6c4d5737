"""Tests of the Hypothesis strategies: their values, their shrinking, and invalid arguments."""

import random
import unicodedata

import dropbox
import pytest
from dropbox.exceptions import ApiError, DropboxException
from dropbox.files import WriteMode
from hypothesis import Phase, find, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample
from requests import RequestException

from fakedropbox import FakeDropboxService, Personality, faults, strategies
from fakedropbox._files.paths import split

SERVICE = FakeDropboxService()
PLAIN_PLANE = FakeDropboxService(personality=Personality(astral_names=False))


def composed(text):
    return unicodedata.normalize("NFC", text)


def keys(path):
    return tuple(key for _, key in split(path))


def refusal(service, path):
    with pytest.raises(ApiError) as refused:
        service.client().files_upload(b"", path)
    reason = refused.value.error.get_path().reason
    return reason._tag


# The generated values


@given(strategies.names(astral=True))
def test_a_name_is_returned_in_composed_form(name):
    with SERVICE.scratch(), SERVICE.activate():
        dbx = dropbox.Dropbox(SERVICE.login.access_token)
        assert dbx.files_upload(b"", f"/{name}").name == composed(name)
        (entry,) = dbx.files_list_folder("").entries
        assert entry.path_display == f"/{composed(name)}"
        assert 1 <= len(entry.name) <= 255


@pytest.mark.untraced
def test_no_name_ends_in_a_space():
    with pytest.raises(NoSuchExample):
        assert_generates(strategies.names(), lambda name: name[-1] == " ")


@given(strategies.names())
def test_default_names_are_accepted_with_astral_names_false(name):
    with PLAIN_PLANE.scratch():
        PLAIN_PLANE.client().files_create_folder_v2(f"/{name}")


@pytest.mark.parametrize("kind", strategies.REFUSALS)
def test_each_kind_of_hostile_name_is_refused_with_its_tag(kind):
    @given(strategies.hostile_names(kind), st.booleans())
    def check(name, below):
        with SERVICE.scratch():
            path = f"/{name}/b" if below else f"/a/{name}"
            assert refusal(SERVICE, path) == strategies.REFUSALS[kind]
            assert SERVICE.files == {}

    check()


@given(strategies.hostile_names())
def test_any_hostile_name_is_refused(name):
    with SERVICE.scratch():
        assert refusal(SERVICE, f"/a/{name}") in strategies.REFUSALS.values()


def test_hostile_names_include_all_kinds():
    def kind_of(name):
        kinds = {
            "nameless": name in ("", ".", ".."),
            "space": name.endswith(" "),
            "backslash": "\\" in name,
            "long": len(name) > 255,
            "surrogate": any("\ud800" <= character <= "\udfff" for character in name),
            "control": any(c < " " or c == "\x7f" for c in name) and name.lower() != "icon\r",
        }
        return next((kind for kind, is_it in kinds.items() if is_it), "reserved")

    for kind in strategies.REFUSALS:
        assert_generates(strategies.hostile_names(), lambda name, kind=kind: kind_of(name) == kind)


@given(strategies.paths(max_depth=2))
def test_a_path_has_at_most_max_depth_parts(path):
    with SERVICE.scratch():
        assert 1 <= len(split(path)) <= 2
        SERVICE.client().files_upload(b"", path)
        ((shown, _),) = SERVICE.files.items()
        assert shown == composed(path)


@given(strategies.trees(max_files=4))
def test_all_files_of_a_tree_can_be_seeded_and_downloaded(tree):
    assert len(tree) <= 4
    with SERVICE.scratch():
        SERVICE.seed_files(tree)
        assert {keys(path): content for path, content in SERVICE.files.items()} == {
            keys(path): content for path, content in tree.items()
        }
        for path, content in tree.items():
            assert SERVICE.client().files_download(path)[1].content == content


@given(st.data(), st.integers(0, 5))
def test_contents_have_at_most_max_size_bytes(data, size):
    assert len(data.draw(strategies.contents(max_size=size))) <= size


def test_write_modes_include_all_modes():
    for mode in (WriteMode.add, WriteMode.overwrite, WriteMode.update("1" * 9)):
        assert_generates(strategies.write_modes(["1" * 9]), lambda drawn, mode=mode: drawn == mode)


@given(strategies.fault_plans(max_size=4))
def test_a_fault_plan_can_be_scripted_and_its_faults_are_optional(plan):
    assert len(plan) <= 4
    service = FakeDropboxService()
    service.faults.script(plan)
    service.faults.verify()
    assert eval(repr(plan), vars(faults)) == plan  # noqa: S307 -- the repr of a fault is its call


KINDS = [kind for kind in faults.KINDS.values() if kind is not faults.route_error]


@pytest.mark.parametrize("kind", KINDS)
def test_fault_plans_include_every_kind_but_route_error(kind):
    assert_generates(strategies.fault_plans(), lambda plan: any(isinstance(f, kind) for f in plan))


@given(strategies.fault_plans(["files/move_v2"], optional=False))
def test_the_faults_of_a_plan_have_only_the_given_routes(plan):
    assert {fault.spot[0] for fault in plan} <= {"files/move_v2"}
    assert not any(fault.optional for fault in plan)


def outcome_of(client, operation):
    """Return the result of an operation, or the type and value of its error."""
    try:
        result = operation.apply(client)
    except (DropboxException, RequestException, ValueError) as error:
        return type(error), getattr(error, "error", None)
    if operation.method == "files_download":
        return result[0], result[1].content
    return getattr(result, "entries", result)


@given(strategies.trees(), strategies.fault_plans(), strategies.call_sequences())
def test_a_call_sequence_gives_the_same_results_on_both_clients(tree, plan, operations):
    services = [FakeDropboxService(files=tree), FakeDropboxService(files=tree)]
    for service in services:
        service.faults.script(plan)
    direct = services[0].client()
    with services[1].activate():
        sdk = dropbox.Dropbox(services[1].login.access_token)
        for operation in operations:
            assert outcome_of(direct, operation) == outcome_of(sdk, operation), operation
    assert services[0].files == services[1].files
    assert services[0].clock.micros == services[1].clock.micros


@pytest.mark.parametrize("route", strategies.ROUTES)
def test_call_sequences_include_a_successful_call_of_every_route(route):
    def succeeds(operations):
        with SERVICE.scratch():
            for operation in operations:
                outcome_of(SERVICE.client(), operation)
            return any(call.outcome == "ok" for call in SERVICE.calls.of(route))

    assert_generates(strategies.call_sequences(), succeeds)


@given(strategies.call_sequences())
def test_the_repr_of_an_operation_starts_with_its_method(operations):
    for operation in operations:
        assert callable(getattr(dropbox.Dropbox, operation.method))
        assert repr(operation).startswith(f"{operation.method}(")


# Shrinking


def assert_generates(strategy, condition):
    """Search for a value that meets the condition; raise `NoSuchExample` if none is found."""
    simplest(strategy, condition, phases=[Phase.generate])


def simplest(strategy, condition, **options):
    """Return the simplest value that meets the condition, by the same search in each run."""
    return find(
        strategy,
        condition,
        settings=settings(max_examples=1000, database=None, **options),
        random=random.Random(4),  # noqa: S311 -- the same search in each run, and a short one
    )


def has_kind(kind):
    return lambda plan: any(isinstance(fault, kind) for fault in plan)


def calls(method):
    return lambda operations: any(call.method == method for call in operations)


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("strategy", "condition", "expected"),
    [
        (strategies.names(), str, "0"),
        (strategies.names(), lambda name: "\u0130" in name, "\u0130"),
        (strategies.paths(), lambda path: path.count("/") == 3, "/0/0/0"),
        (strategies.contents(), lambda content: len(content) == 2, b"\0\0"),
        (strategies.trees(), lambda tree: any(tree.values()), {"/0": b"\0"}),
        (
            strategies.fault_plans(),
            has_kind(faults.rate_limit),
            [faults.rate_limit("files/upload", retry_after=0, optional=True)],
        ),
        (
            strategies.call_sequences(),
            calls("files_delete_v2"),
            [strategies.Operation("files_delete_v2", (("path", "/0"),))],
        ),
    ],
)
def test_a_strategy_shrinks_to_the_simplest_value(strategy, condition, expected):
    assert simplest(strategy, condition) == expected


@pytest.mark.untraced
@pytest.mark.parametrize("strategy", [strategies.trees(), strategies.call_sequences()])
def test_a_trivial_failure_takes_few_executions_with_all_phases(strategy):
    """Regression: with `st.builds` in these strategies, a failure took more than 300 executions."""
    executions = 0

    @seed(0)
    @settings(phases=tuple(Phase), max_examples=100, derandomize=False, database=None)
    @given(strategy)
    def fails(value):
        nonlocal executions
        executions += 1
        assert len(value) < 1

    with pytest.raises(AssertionError):
        fails()
    assert executions < 150


@pytest.mark.campaign
def test_a_call_sequence_shrinks_to_the_relevant_calls():
    """The condition is that a move is refused because of a conflict at its destination."""

    def is_refused(operations):
        with SERVICE.scratch():
            for operation in operations:
                outcome_of(SERVICE.client(), operation)
            return any(
                call.outcome.startswith("to/conflict") for call in SERVICE.calls.of("files/move_v2")
            )

    operations = simplest(strategies.call_sequences(max_size=6), is_refused)
    assert [call.method for call in operations][-1] == "files_move_v2"
    assert len(operations) <= 3


# Invalid arguments


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: strategies.hostile_names("hostile"),
            "kinds: expected some of nameless.*'hostile'",
        ),
        (lambda: strategies.paths(max_depth=0), "max_depth: .*above 0, got 0"),
        (lambda: strategies.trees(max_files=0), "max_files: .*above 0, got 0"),
        (lambda: strategies.fault_plans([]), r"routes: .*got \[\]"),
        (lambda: strategies.fault_plans(["files/uplaod"]), "routes: .*'files/uplaod'"),
        (lambda: strategies.fault_plans("files/upload"), "routes: .*'files/upload'"),
        (lambda: strategies.fault_plans({"files/upload"}), "routes: .*'files/upload'"),
        (lambda: strategies.contents(max_size="1"), "max_size: expected int, got '1'"),
        (lambda: strategies.call_sequences(max_size=None), "max_size: expected int, got None"),
    ],
)
def test_invalid_arguments_raise(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()


# Links


@pytest.mark.evidence("S2-14", "S2-18", "S2-19")
@pytest.mark.parametrize("plan", ["basic", "pro", "business"])
def test_link_settings_are_allowed_by_the_plan(plan):
    service = FakeDropboxService(plan=plan, files={"/a": b""})
    dbx = service.client()

    @given(strategies.link_settings(plan))
    @settings(max_examples=30)
    def check(given_):
        with service.scratch():
            made = dbx.sharing_create_shared_link_with_settings("/a", given_)
            assert made.expires == given_.expires

    check()


def test_link_settings_refuses_an_unknown_plan():
    with pytest.raises(ValueError, match="plan: expected one of basic, pro, business, got 'plus'"):
        strategies.link_settings("plus")


def test_folder_members_can_be_members_of_a_folder():
    service = FakeDropboxService()
    people = [service.accounts.create(f"{name}@example.com") for name in "abc"]
    seen = set()

    @given(strategies.folder_members(people))
    @settings(max_examples=50)
    def check(members):
        with service.scratch():
            folder = service.share_folder("/Docs", members=members)
            found = service.client().sharing_list_folder_members(folder).users[1:]
            roles = [(each.user.email, each.access_type._tag) for each in found]
            assert roles == [(account.email, role) for account, role in members]
        seen.update(role for _, role in members)

    check()
    assert seen == {"editor", "viewer", "viewer_no_comment"}


@given(strategies.folder_members([]))
def test_without_accounts_no_members_are_drawn(members):
    assert members == []
