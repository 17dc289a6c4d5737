"""Tests of the rules of `DropboxMachine` for shared links: programs, and readers of all kinds."""

import pytest
from hypothesis import settings
from hypothesis.stateful import RULE_MARKER, run_state_machine_as_test
from tests.support.link_machine import RULES, LinkMachine, TwoPlans
from tests.support.planted_link_bugs import LINK_BUGS
from tests.support.shrinking import difference_after

from fakedropbox import FakeDropbox, FakeDropboxService, Login, Personality
from fakedropbox.clock import SystemClock
from fakedropbox.machines import DropboxMachine

PRO = {"files": ("/a/b", "/c.txt"), "plans": ("pro", "basic")}
CREATE = {"who": "self", "is_old": False}
READ = {"path": None, "password": "right", "form": "", "part": None}
LIST = {"who": "self", "direct_only": False, "is_old": False}
ANY, NEVER = ("any", 0), ("any", 8)
STEPS = [
    ("begin", PRO),
    ("create_link", {**CREATE, "place": "/a", "asked": {"password": "p", "expires": 60}}),
    ("create_link", {**CREATE, "place": "/a", "asked": None}),
    ("create_link", {**CREATE, "place": "/c.txt", "asked": {"access": "viewer"}}),
    ("create_link", {**CREATE, "place": "/c.txt", "asked": None, "is_old": True}),
    ("create_link", {**CREATE, "place": "/a", "asked": None, "who": "other"}),
    ("list_links", {**LIST, "place": None}),
    ("list_links", {**LIST, "place": "/a/b"}),
    ("list_links", {**LIST, "place": "/a/b", "is_old": True}),
    ("list_links", {**LIST, "place": None, "is_old": True}),
    ("list_links", {**LIST, "place": "/nobody", "is_old": True}),
    ("list_links", {**LIST, "place": ("rev", 0, ""), "is_old": True}),
    ("create_link", {**CREATE, "place": ("rev", 0, ""), "asked": None, "is_old": True}),
    ("read_link", {**READ, "reader": "other", "link": ("any", 1), "what": "file"}),
    ("read_link", {**READ, "reader": "app", "link": ("any", 1), "what": "metadata"}),
    (
        "read_link",
        {**READ, "reader": "self", "link": ("any", 1), "what": "file", "form": "&st=1&raw=1"},
    ),
    ("read_link", {**READ, "reader": "self", "link": NEVER, "what": "file"}),
    (
        "read_link",
        {**READ, "reader": "app", "link": ("any", 2), "what": "file", "path": ("below", 0)},
    ),
    ("read_link", {**READ, "reader": "app", "link": ("any", 2), "what": "thumbnail"}),
    (
        "list_linked_folder",
        {
            "reader": "other",
            "link": ("any", 2),
            "path": "",
            "password": "right",
            "form": "",
            "limit": 1,
            "to_end": True,
        },
    ),
    ("continue_linked_folder", {"cursor": 0}),
    (
        "modify_link",
        {"who": "owner", "link": ("any", 2), "asked": {"download": False}, "forever": False},
    ),
    ("modify_link", {"who": "other", "link": ("any", 2), "asked": None, "forever": True}),
    (
        "modify_link",
        {"who": "owner", "link": ("any", 2), "asked": {"visibility": "public"}, "forever": False},
    ),
    ("wait", {"seconds": 60}),
    ("switch_account", {}),
    ("create_link", {**CREATE, "place": "/a/b", "asked": {"audience": "no_one"}}),
    ("revoke_link", {"who": "owner", "link": ("any", 0), "is_malformed": False}),
    ("revoke_link", {"who": "owner", "link": ("any", 0), "is_malformed": True}),
    ("switch_account", {}),
    ("continue_linked_folder", {"cursor": 0}),
]


def ran(machine, steps):
    """Run steps, and return the machine."""
    state = machine()
    for rule, arguments in steps:
        getattr(state, rule)(**arguments)
        state.the_tree()
    return state


def test_the_link_rules_find_no_difference_from_the_model():
    assert difference_after(TwoPlans, STEPS) is None


def test_the_reported_program_runs_with_two_accounts_and_an_app():
    state = ran(TwoPlans, STEPS)
    service = FakeDropboxService(seed=1, plan="pro")
    other = service.accounts.create("other@example.com")
    login = service.login
    clients = {
        "dbx": service.client(),
        "other": service.client(account=other),
        "app": service.client(Login(app_key=login.app_key, app_secret=login.app_secret)),
    }
    script = state.example.calls.script
    exec(script, clients)  # noqa: S102 -- the program of the report
    assert ".url + '&st=1&raw=1'" in script
    assert "app.sharing_get_shared_link_metadata(r" in script
    links = clients["dbx"].sharing_list_shared_links().links
    assert [link.name for link in links] == ["c.txt"]


def test_a_part_of_a_linked_file_is_read_with_a_header():
    steps = [
        *STEPS[:4],
        ("read_link", {**READ, "reader": "other", "link": ("any", 0), "what": "file"}),
    ]
    for part in ((0, 0), (1, 99)):
        steps.append((steps[-1][0], {**steps[-1][1], "part": part}))
    state = ran(TwoPlans, steps)
    script = state.example.calls.script
    assert "other.clone(headers={'Range': 'bytes=0-0'}).sharing_get_shared_link_file(r" in script
    assert "HttpError): other.clone(headers={'Range': 'bytes=1-99'})" in script


def test_the_machine_works_without_a_second_account():
    class Alone(TwoPlans):
        def make_other_client(self):
            return None

        def make_app_client(self):
            return None

    left_out = {"switch_account", "continue_linked_folder"}
    steps = [step for step in STEPS if step[0] not in left_out]
    assert difference_after(Alone, steps) is None


def test_a_client_without_a_service_has_no_second_account_by_default():
    class Plain:
        def __init__(self, client):
            self.client = client

        def __getattr__(self, name):
            if name == "service":
                raise AttributeError(name)
            return getattr(self.client, name)

    class Wrapped(DropboxMachine):
        def make_client(self):
            return Plain(FakeDropbox())

    state = ran(Wrapped, [("begin", {"files": ("/a",)}), STEPS[1], STEPS[3]])
    assert not state.accounts.has_other
    assert isinstance(state.clock, SystemClock)


def test_the_second_account_gets_its_files_when_a_rule_needs_it():
    class Machine(DropboxMachine):
        def make_client(self):
            return FakeDropbox()

    state = ran(Machine, [("begin", {"files": ("/a",)})])
    for name in RULES:
        for condition in getattr(getattr(Machine, name), RULE_MARKER).preconditions:
            condition(state)
    assert "other." not in state.example.calls.script
    state.create_link(**STEPS[5][1])
    assert "other.files_upload(b'x', '/a'" in state.example.calls.script


def test_links_do_not_expire_during_an_example_on_real_time():
    class RealTime(TwoPlans):
        clock = SystemClock()

        def make_client(self):
            self.service = FakeDropboxService(plan="pro", clock=self.clock)
            return self.service.client()

    asked = [("create_link", {**STEPS[1][1], "asked": {"expires": each}}) for each in (-60, 60)]
    assert difference_after(RealTime, [STEPS[0], *asked]) is None


def test_links_outside_the_folder_of_the_machine_are_ignored():
    class InAFolder(TwoPlans):
        folder = "/M"

        def make_client(self):
            client = super().make_client()
            client.files_upload(b"", "/theirs.txt")
            client.sharing_create_shared_link_with_settings("/theirs.txt")
            return client

    assert difference_after(InAFolder, STEPS) is None


@pytest.mark.parametrize(
    "bug",
    ["a revoked link is still found by its url", "the links of all accounts are listed"],
)
def test_a_difference_of_links_names_the_calls_that_show_it(bug):
    revoke = ("revoke_link", {"who": "owner", "link": ANY, "is_malformed": False})
    with LINK_BUGS[bug]():
        found = difference_after(TwoPlans, [*STEPS[:4], STEPS[5], revoke, *STEPS[6:8]])
    assert "sharing_" in found.script.splitlines()[-1]


def test_the_default_machine_has_links_of_two_accounts():
    class Machine(DropboxMachine):
        def make_client(self):
            return FakeDropbox()

    state = ran(Machine, [("begin", {"files": ("/a",)}), STEPS[5], ("switch_account", {})])
    assert state.accounts.person("other").plan == "basic"
    assert state.example.name == "other"


@pytest.mark.parametrize(
    "preset", [Personality.recorded, Personality.documented, Personality.hostile]
)
def test_a_short_search_of_links_finds_no_difference(preset):
    members = {"personality": preset, "strict": preset is Personality.recorded}
    few = settings(max_examples=5, stateful_step_count=15, derandomize=True, database=None)
    run_state_machine_as_test(type("Short", (LinkMachine,), members), settings=few)
