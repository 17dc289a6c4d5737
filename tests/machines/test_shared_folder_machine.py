"""Tests of `SharedFolderMachine`: short searches, its reports, and the campaign."""

import itertools
import time
from collections import Counter

import pytest
from hypothesis import Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.support.folder_machine import ThreePeople, TwoPeople, with_personality
from tests.support.planted_folder_bugs import FOLDER_BUGS

from fakedropbox import FakeDropboxService, Personality
from fakedropbox.machines import Difference, SharedFolderMachine
from fakedropbox.machines._calls import Calls

UPLOAD = {
    "content": b"x",
    "mode": "add",
    "rev": 0,
    "modified": None,
    "autorename": False,
    "strict": False,
}
LISTING = {
    "path": "",
    "recursive": True,
    "include_deleted": True,
    "crosses": True,
    "limit": 1,
    "to_end": False,
}
PRESETS = [Personality.recorded, Personality.documented, Personality.hostile]
MACHINES = [
    with_personality(machine, preset) for machine in (TwoPeople, ThreePeople) for preset in PRESETS
]
SHORT = settings(
    max_examples=3,
    stateful_step_count=20,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
)


def class_name(machine):
    return machine.__name__


@pytest.mark.untraced
@pytest.mark.parametrize("machine", MACHINES, ids=class_name)
def test_a_short_search_of_shared_folders_finds_no_difference(machine):
    run_state_machine_as_test(machine, settings=SHORT)


STEPS = [
    ("begin", {"files": ("/a/a",), "begun": ("share", "editor", "mount")}),
    ("upload", {**UPLOAD, "who": 1, "path": ("mount", 0, "/new")}),
    ("move", {"who": 0, "source": ("file", 0, ""), "to": "/out", "autorename": False}),
    ("get_metadata", {"who": 1, "path": ("ns", 0, "/a"), "include_deleted": False}),
    ("list_folder", {**LISTING, "who": 1}),
    ("transfer_folder", {"who": 0, "shared": ("mine", 0), "to": 1}),
    ("unshare_folder", {"who": 1, "shared": ("mine", 0), "leave_a_copy": True}),
    ("list_folder_continue", {"who": 1, "cursor": 0, "to_end": True}),
]


def test_the_reported_program_runs_with_the_clients_of_all_accounts():
    state = TwoPeople()
    for rule, arguments in STEPS:
        getattr(state, rule)(**arguments)
        state.everything()
    script = state.calls(state.person(0)).script
    service = FakeDropboxService()
    ada = service.accounts.create("ada@example.com")
    clients = {"dbx": service.client(), "other": service.client(account=ada)}
    exec(script, clients)  # noqa: S102 -- the program of the report
    assert "'ns:' + " in script
    assert service.files == state.service.files == {"/a/a": b"x", "/out": b"x"}


def test_without_clients_the_machine_says_what_it_needs():
    with pytest.raises(NotImplementedError, match=r"SharedFolderMachine: expected a method make_"):
        SharedFolderMachine().begin(files=(), begun=())


def test_a_difference_names_the_calls_that_show_it():
    with FOLDER_BUGS["a viewer may write"]():
        steps = [("begin", {"files": (), "begun": ("share", "viewer", "mount")}), STEPS[1]]
        state = TwoPeople()
        state.begin(**steps[0][1])
        with pytest.raises(Difference, match="expected path/no_write_permission") as caught:
            state.upload(**steps[1][1])
    assert caught.value.script.splitlines()[-1].startswith("r")
    assert "other.files_upload(b'x', '/a/new'" in caught.value.script


@pytest.mark.campaign
@pytest.mark.parametrize("machine", MACHINES, ids=class_name)
def test_20000_steps_of_shared_folders_find_no_difference(machine, capsys, monkeypatch):
    """Print how many calls of each method succeeded, and how many were refused."""
    table, make = {}, Calls.make

    def counted(calls, method, *args, **options):
        outcome = make(calls, method, *args, **options)
        table.setdefault(method, Counter())["refused" if outcome.chain else "ok"] += 1
        return outcome

    monkeypatch.setattr(Calls, "make", counted)
    steps, began = 0, time.process_time()

    class Counted(machine):
        def teardown(self):
            nonlocal steps
            steps += self.steps
            super().teardown()

    campaign = settings(max_examples=100, stateful_step_count=50, database=None, print_blob=True)
    for number in itertools.count():
        if steps >= 20_000:
            break
        run_state_machine_as_test(seed(number)(Counted), settings=campaign)
    seconds = time.process_time() - began
    with capsys.disabled():
        print(f"\n{machine.__name__}: {steps} steps, seeds 0 to {number - 1}, {seconds:.0f} s")
        for method, outcomes in sorted(table.items()):
            print(f"| {method} | {outcomes['ok']} | {outcomes['refused']} |")
