"""Tests of `DropboxMachine`: its reports, its tolerances, its model, and its live variant."""

import ast
import json
import unittest
from pathlib import Path

import pytest
from dropbox.exceptions import AuthError
from dropbox.files import GetThumbnailBatchResult, SaveUrlJobStatus, SaveUrlResult
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from tests.support.bugs_of_rules import refused
from tests.support.detail_machine import DETAIL_RULES
from tests.support.link_machine import without
from tests.support.planted_bugs import BUGS
from tests.support.shrinking import difference_after, first_difference, shrunk

import fakedropbox.machines
from fakedropbox import FakeDropbox, FakeDropboxService, Personality
from fakedropbox._api.file_properties import search as property_search
from fakedropbox._api.files import export as files_export
from fakedropbox._api.files import preview as files_preview
from fakedropbox._api.files.places import place_at
from fakedropbox._files.blobs import Blob
from fakedropbox._web import links
from fakedropbox.machines import DropboxMachine
from fakedropbox.machines._calls import Mismatch
from fakedropbox.machines._comparison import Pairs
from fakedropbox.machines._entries import Refused, Write
from fakedropbox.machines._example import UNKNOWN
from fakedropbox.machines._model import Model
from fakedropbox.machines.live import LiveMachine, live_client

FEW = settings(max_examples=3, stateful_step_count=15, derandomize=True, database=None)
UPLOAD = {"content": b"x", "rev": 0, "modified": None, "autorename": False, "strict": False}
FINISH = {"mode": "add", "autorename": False}
LISTING = {"path": "", "recursive": True, "include_deleted": True}
STEPS = [
    ("begin", {"files": ("/a/b",)}),
    ("upload", {**UPLOAD, "path": "/a/c", "mode": "add"}),
    ("move", {"source": ("id", 0, ""), "to": "/d", "autorename": False}),
    ("list_folder", {**LISTING, "limit": 1, "to_end": False}),
    ("delete", {"path": ("live", 0, ""), "rev": None}),
    ("list_folder_continue", {"cursor": 0, "to_end": True}),
    ("list_revisions", {"path": ("gone", 0, ""), "by_id": False, "limit": 100}),
    ("give_properties", {"place": "/a", "values": {"p": "1"}, "is_new": True}),
    ("change_properties", {"place": ("owner", 0, ""), "names": ["q", "p"], "value": "3"}),
    ("properties", {"place": ("owner", 0, "")}),
    ("get_reference", {"place": "/a"}),
    ("save_reference", {"reference": 0, "to": "/e"}),
    ("upload", {**UPLOAD, "content": b"kept", "path": "/e/b", "mode": "add"}),
    ("finish", {**FINISH, "session": 0, "offset": None, "content": b"", "path": "/f"}),
    ("delete", {"path": "/e", "rev": None, "method": "files_delete"}),
]


class Machine(DropboxMachine):
    def make_client(self):
        self.pauses = []
        self.service = FakeDropboxService()
        self.plan(self.service.faults)
        return self.service.client(max_retries_on_error=0, max_retries_on_rate_limit=0)

    def plan(self, faults):
        """Plan the faults of this machine's service; none by default."""

    def pause(self, seconds):
        self.pauses.append(seconds)


@pytest.mark.parametrize("bug", ["copy keeps the id", "delete not recursive", "rev reused"])
def test_a_difference_contains_a_program_that_reproduces_it(bug):
    machine = type("Plain", (Machine,), without(DETAIL_RULES))  # fewer rules find it earlier
    with BUGS[bug]():
        found = shrunk(machine, first_difference(machine) or [])
        dbx = FakeDropbox()
        exec(found.script, {"dbx": dbx})  # noqa: S102 -- the program of the report
    made = [call.route for call in dbx.service.calls]
    assert len(made) == found.steps
    assert found.script in str(found)
    assert found.what in str(found)


@pytest.mark.parametrize(
    ("bug", "last_call"),
    [
        ("parents in lower case", "files_get_metadata('/a')"),
        ("delete not recursive", "files_list_folder('', recursive=True)"),
    ],
)
def test_the_reported_program_ends_with_the_call_that_shows_the_difference(bug, last_call):
    steps = [("begin", {"files": ("/A/b",)}), ("delete", {"path": "/A", "rev": None})]
    with BUGS[bug]():
        found = difference_after(Machine, steps)
    assert found.rule == "the_tree"
    assert found.script.splitlines()[-1].endswith(f" = dbx.{last_call}")


def test_the_reported_program_takes_generated_values_from_earlier_results():
    machine = Machine()
    for rule, arguments in STEPS:
        getattr(machine, rule)(**arguments)
        machine.the_tree()
    script = machine.example.calls.script
    dbx = FakeDropboxService(seed=1).client()  # generates other ids, because of its seed
    exec(script, {"dbx": dbx})  # noqa: S102
    assert "dbx.files_move_v2(r" in script
    assert ".id, '/d', autorename=False)" in script
    assert "dbx.files_list_folder_continue(r" in script
    assert "=[file_properties.PropertyField(name='p', value='1')], template_id=r" in script
    assert ".copy_reference, '/e')" in script
    assert "session_id=r" in script
    assert dbx.service.files["/f"] == b"kept"
    assert machine.service.files == dbx.service.files


@pytest.mark.parametrize(
    "plan_faults",
    [
        lambda faults: faults.too_many_write_operations("files/upload", times=2),
        lambda faults: faults.too_many_write_operations("files/upload", times=2, answer="429"),
        lambda faults: faults.server_error("files/upload", times=2),
        lambda faults: faults.rate_limit("files/upload", times=2),
        lambda faults: faults.server_error("files/list_folder", times=2),
    ],
)
def test_a_call_is_retried_after_a_temporary_error(plan_faults):
    class Busy(Machine):
        def plan(self, faults):
            plan_faults(faults)

    assert difference_after(Busy, STEPS) is None
    machine = Busy()
    machine.begin(files=("/a",))
    machine.the_tree()
    assert len(machine.pauses) == 2
    assert machine.service.calls


def test_a_missing_parent_is_older_than_the_folder_that_is_copied_into_it():
    steps = [
        ("begin", {"files": ("/a/f",)}),
        ("copy", {"source": "/a", "to": "/new/b", "autorename": False}),
        ("move", {"source": "/new/b", "to": "/b", "autorename": False}),
    ]
    assert difference_after(type("Strict", (Machine,), {"strict": True}), steps) is None


def test_a_refused_listing_with_deleted_entries_is_a_difference():
    with refused("files/list_folder", lambda arg: arg.include_deleted)():
        machine = type("Strict", (Machine,), {"strict": True})
        difference = difference_after(machine, [("begin", {"files": ()})])
    assert difference.what == "expected success, got bad input"


# The move to /e gives the file a revision that no response contains.
UNSEEN_REVISION = [
    ("begin", {"files": ("/d/f",)}),
    (
        "relocate_batch",
        {"ends": [("/d", "/e"), ("/e", "/g")], "is_copy": False, "autorename": False},
    ),
]


@pytest.mark.parametrize("number", range(UNKNOWN + 1))
@pytest.mark.parametrize(
    ("rule", "arguments"),
    [
        ("restore", lambda number: {"path": "/new", "rev": number}),
        ("download", lambda number: {"path": ("rev", number, "")}),
        ("get_metadata", lambda number: {"path": ("rev", number, ""), "include_deleted": False}),
        ("temporary_link", lambda number: {"path": ("rev", number, "")}),
        ("delete", lambda number: {"path": "/g/f", "rev": number}),
        ("delete_batch", lambda number: {"entries": [("/g/f", number)]}),
        ("upload", lambda number: {**UPLOAD, "path": "/g/f", "mode": "update", "rev": number}),
        ("get_metadata", lambda number: {"path": ("id", number, ""), "include_deleted": False}),
    ],
    ids=[
        "restore",
        "download",
        "metadata",
        "link",
        "delete",
        "delete batch",
        "update",
        "metadata by id",
    ],
)
def test_an_id_or_revision_of_a_file_is_requested_only_after_a_response_contained_it(
    rule, arguments, number
):
    steps = [*UNSEEN_REVISION, (rule, arguments(number))]
    assert difference_after(type("Strict", (Machine,), {"strict": True}), steps) is None


def test_an_unknown_revision_is_requested_and_refused():
    machine = Machine()
    machine.begin(files=("/a",))
    machine.restore(path="/b", rev=UNKNOWN)
    machine.download(path=("rev", UNKNOWN, ""))
    assert [call.outcome for call in machine.service.calls[-2:]] == [
        "invalid_revision",
        "path/not_found",
    ]


@pytest.mark.parametrize("is_late", [False, True])
def test_an_update_of_a_copied_doc_does_not_guess_its_revision(is_late):
    new = {"path": "/p.paper", "word": "one", "form": "html"}
    steps = [
        ("begin", {"files": ()}),
        ("create_doc", new),
        ("copy", {"source": "/p.paper", "to": "/a/p.paper", "autorename": False}),
        ("update_doc", {**new, "path": "/a/p.paper", "policy": "update", "is_late": is_late}),
    ]
    machine = Machine()
    for rule, arguments in steps:
        getattr(machine, rule)(**arguments)
        machine.the_tree()
    outcomes = [call.outcome for call in machine.service.calls if "paper/update" in call.route]
    assert outcomes == ["revision_mismatch"]


COPIED_TREE = [
    ("begin", {"files": ()}),
    ("create_folder", {"path": "/d/a", "autorename": False}),
    ("upload", {**UPLOAD, "path": "/d/y", "mode": "add"}),
    ("upload", {**UPLOAD, "path": "/d/a/x", "mode": "add"}),
    ("copy", {"source": "/d", "to": "/e", "autorename": False}),
    ("move", {"source": "/e/a/x", "to": "/e/x", "autorename": False}),
]
LIST_E = ("list_folder", {**LISTING, "path": "/e", "recursive": False, "limit": 2, "to_end": True})


def test_a_listing_may_have_the_entries_of_one_copy_in_any_order():
    strict = type("Strict", (Machine,), {"strict": True})
    assert difference_after(strict, [*COPIED_TREE, LIST_E]) is None


def test_a_wrong_order_of_entries_of_several_calls_is_a_difference():
    class ByName(Machine):
        strict = True

        def make_client(self):
            return FakeDropboxService(personality=Personality(list_order="name")).client()

    upload = ("upload", {**UPLOAD, "path": "/e/a.txt", "mode": "add"})
    assert difference_after(ByName, [*COPIED_TREE, upload]).rule == "the_tree"


def test_pairs_raises_for_a_value_that_no_response_contained():
    with pytest.raises(LookupError, match=r"rev 3: no response contained it; call the_tree\(\)"):
        Pairs().real("rev", 3)


def test_a_call_is_tried_at_most_tries_times():
    class Broken(Machine):
        tries = 3

        def plan(self, faults):
            faults.server_error("files/upload", times=99)

    machine = Broken()
    with pytest.raises(Exception, match=r"500|InternalServerError"):
        machine.begin(files=("/a",))
    assert len(machine.pauses) == 2


def test_an_invalid_token_raises_the_error_of_the_sdk():
    class Revoked(Machine):
        folder = "/test"

        def plan(self, faults):
            faults.revoked_token("files/create_folder_v2", times=99)

    with pytest.raises(AuthError):
        Revoked().begin(files=())


def test_a_save_url_job_may_take_more_than_15_minutes():
    machine = Machine()
    machine.begin(files=())
    machine.dbx.files_save_url_check_job_status = lambda _job: SaveUrlJobStatus.in_progress
    launched = SaveUrlResult.async_job_id("x")
    with pytest.raises(Mismatch, match="expected an end"):
        machine.example.finished("files_save_url_check_job_status", launched)
    assert sum(machine.pauses) > 15 * 60


def test_a_listing_with_too_many_pages_is_a_difference(monkeypatch):
    monkeypatch.setattr("fakedropbox.machines._comparison._MOST_PAGES", 2)
    listing = ("list_folder", {**LISTING, "limit": 1, "to_end": True})
    found = difference_after(Machine, [("begin", {"files": ("/a/b", "/c")}), listing])
    assert found.what == "expected an end, got more than 2 pages"


INTO_EACH_OTHER = [("/a", "/b/a"), ("/b", "/a/b"), ("/a", "/b/a")]


def test_copies_do_not_exceed_the_limit_of_entries():
    class Small(Machine):
        strict = True
        most_entries = 30

    batch = {"ends": INTO_EACH_OTHER, "is_copy": True, "autorename": True}
    machine = Small()
    machine.begin(files=("/a/a", "/b/b"))
    machine.get_reference(place="/a")
    for _ in range(5):
        machine.relocate_batch(**batch)
        machine.copy(source="/a", to="/b/a", autorename=True)
        machine.save_reference(reference=0, to="/c")
        machine.save_reference(reference=0, to="/b/c")
        machine.the_tree()
        assert len(machine.example.model.tree.live) <= 30
    routes = {call.route for call in machine.service.calls}
    assert {"files/copy_batch_v2", "files/copy_v2", "files/copy_reference/save"} <= routes


def test_a_machine_without_make_client_raises():
    with pytest.raises(NotImplementedError, match="expected a method make_client"):
        run_state_machine_as_test(DropboxMachine, settings=FEW)


@pytest.mark.parametrize(
    ("call", "chains"),
    [
        (lambda model: model.sessions.append(2, 7, b""), ["incorrect_offset", "closed"]),
        (
            lambda model: model.sessions.finish(2, 7, b"x", "/b", Write()),
            ["lookup_failed/incorrect_offset", "lookup_failed/closed"],
        ),
        (
            lambda model: model.sessions.finish_closed(1, 7, "/b", Write()),
            ["lookup_failed/incorrect_offset", "lookup_failed/not_closed"],
        ),
        (
            lambda model: model.tree.save_from(None, "/a/..", ["download_failed"]),
            ["path/malformed_path", "download_failed", "path/conflict/file_ancestor"],
        ),
        (
            lambda model: model.tree.save_from(None, "/a", ["download_failed"]),
            ["download_failed", "path/conflict/file"],
        ),
        (
            lambda model: model.docs.create("/a/b", b""),
            ["invalid_file_extension", "invalid_path"],
        ),
    ],
)
def test_the_model_lists_all_errors_that_apply(call, chains):
    """Dropbox may report any of them; a machine that is not strict accepts each."""
    model = Model()
    assert [model.sessions.start(b""), model.sessions.start(b"", close=True)] == [1, 2]
    model.tree.upload("/a", b"x", Write())
    with pytest.raises(Refused) as refused:
        call(model)
    assert list(refused.value.args) == chains


def test_the_reported_program_uses_requests_for_a_client_without_a_session():
    class Plain:
        def __init__(self, client):
            self.client = client

        def __getattr__(self, name):
            if name == "_session":
                raise AttributeError(name)
            return getattr(self.client, name)

    class Sessionless(Machine):
        def make_client(self):
            client = super().make_client()
            self.session = client._session
            return Plain(client)

        def fetch(self, link, content=None):
            if content is None:
                return self.session.get(link)
            headers = {"Content-Type": "application/octet-stream"}
            return self.session.post(link, content, headers=headers)

    machine = Sessionless()
    machine.begin(files=())
    machine.upload_link(path="/a", content=b"x", mode="add", autorename=False)
    machine.temporary_link(path="/a")
    assert machine.service.files == {"/a": b"x"}
    assert "\nrequests.post(r" in machine.example.calls.script
    assert "\nrequests.get(r" in machine.example.calls.script
    assert "\nimport requests\n" in machine.example.calls.script


@pytest.mark.parametrize(
    ("owner", "name", "replacement", "last_step"),
    [
        (files_export, "zipped", lambda *_: Blob(b"", b"no zip"), ("download_zip", {"path": "/a"})),
        (
            files_preview.files,
            "GetThumbnailBatchResult",
            lambda _: GetThumbnailBatchResult([]),
            ("other_form", {"path": "/a", "method": "files_get_thumbnail_batch"}),
        ),
        (
            links,
            "place_at",
            lambda call, path, **how: place_at(call, f"{path}/", **how),
            ("upload_link", {"path": "/b", "content": b"", "mode": "add", "autorename": False}),
        ),
    ],
    ids=["zip", "thumbnails", "upload link"],
)
def test_an_unusable_result_is_a_difference(monkeypatch, owner, name, replacement, last_step):
    monkeypatch.setattr(owner, name, replacement)
    found = difference_after(Machine, [("begin", {"files": ("/a/b",)}), last_step])
    assert found.rule == last_step[0]


def test_only_a_strict_machine_expects_complete_property_searches(monkeypatch):
    steps = [
        *STEPS[:1],
        ("give_properties", {"place": "/a", "values": {"p": "1"}, "is_new": True}),
        ("properties_search", {"place": "/a", "value": "1", "name": "p"}),
    ]
    monkeypatch.setattr(property_search, "_has", lambda *_: False)
    assert difference_after(Machine, steps) is None
    assert difference_after(type("Strict", (Machine,), {"strict": True}), steps) is not None


def test_the_model_does_not_import_the_double_or_the_sdk():
    package = Path(fakedropbox.machines.__file__).parent
    for name in (
        "_names",
        "_entries",
        "_tree",
        "_belongings",
        "_docs",
        "_sessions",
        "_model",
        "_shared_links",
    ):
        for node in ast.walk(ast.parse((package / f"{name}.py").read_text("utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module] if isinstance(node, ast.ImportFrom) else []
            for module in modules:
                ours = module.startswith("fakedropbox.machines._")
                assert ours or module.partition(".")[0] not in {"fakedropbox", "dropbox", "stone"}


LIVE_VARIABLES = ["ACCESS_TOKEN", "REFRESH_TOKEN", "APP_KEY", "APP_SECRET", "RECORD"]


@pytest.fixture
def _without_live_account(monkeypatch):
    for name in LIVE_VARIABLES:
        monkeypatch.delenv(f"DROPBOX_LIVE_{name}", raising=False)


@pytest.mark.usefixtures("_without_live_account")
def test_the_live_machine_is_skipped_without_an_account():
    with pytest.raises(unittest.SkipTest, match="no live account: set DROPBOX_LIVE_ACCESS_TOKEN"):
        live_client()
    with pytest.raises(unittest.SkipTest, match="DROPBOX_LIVE_REFRESH_TOKEN"):
        run_state_machine_as_test(LiveMachine, settings=FEW)


@pytest.mark.usefixtures("_without_live_account")
def test_the_live_machine_deletes_its_files_and_records_its_requests(
    monkeypatch, tmp_path, dropbox_active
):
    """The double takes the place of the real service in this test."""
    login, output = dropbox_active.login, tmp_path / "live.jsonl"
    monkeypatch.setenv("DROPBOX_LIVE_REFRESH_TOKEN", login.refresh_token)
    monkeypatch.setenv("DROPBOX_LIVE_APP_KEY", login.app_key)
    monkeypatch.setenv("DROPBOX_LIVE_APP_SECRET", login.app_secret)
    monkeypatch.setenv("DROPBOX_LIVE_RECORD", str(output))
    dropbox_active.seed_files({"/theirs.txt": b"1"})

    class StandIn(LiveMachine):
        def pause(self, seconds):
            dropbox_active.clock.advance(seconds)

    run_state_machine_as_test(StandIn, settings=FEW)
    assert dropbox_active.files == {"/theirs.txt": b"1"}
    assert len(dropbox_active.tree().splitlines()) == 2  # the root, and this one file
    text = output.read_text("utf-8")
    assert login.refresh_token not in text
    hosts = {json.loads(line)["host"] for line in text.splitlines()}
    assert hosts >= {"api.dropboxapi.com", "content.dropboxapi.com"}


TestRealService = LiveMachine.TestCase
TestRealService.settings = settings(max_examples=5, stateful_step_count=20, deadline=None)
