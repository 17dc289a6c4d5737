"""Tests of the double against the model of `DropboxMachine`, by the direct client and the SDK.

By default the searches are short; the long ones run as a campaign.
"""

from collections import Counter
from dataclasses import replace

import dropbox
import pytest
from hypothesis import Phase, settings
from tests.support.campaigns import run_campaign
from tests.support.link_machine import LinkMachine, TwoPlans
from tests.support.planted_bugs import BUGS
from tests.support.profile import THOROUGH
from tests.support.shrinking import difference_after, first_difference, shrunk

from fakedropbox import FakeDropboxService, Personality
from fakedropbox.machines import Difference, DropboxMachine
from fakedropbox.machines._calls import Calls


class Direct(DropboxMachine):
    strict = True
    personality = Personality.recorded
    service = None
    urls = {"https://example.com/x": b"x", "https://example.com/longer": b"longer"}  # noqa: RUF012 -- as in `DropboxMachine`

    def make_client(self):
        self.service = FakeDropboxService(personality=self.personality)
        self.service.web = self.urls
        return self.service.client()

    def pause(self, seconds):
        self.service.clock.advance(seconds)

    def settle(self):
        if self.personality.lag_seconds:
            self.service.clock.advance(self.personality.lag_seconds + 1)


class ThroughTheSdk(Direct):
    def make_client(self):
        super().make_client()
        self._active = self.service.activate()
        self._active.__enter__()
        return dropbox.Dropbox(self.service.login.access_token)

    def teardown(self):
        super().teardown()
        if self.service is not None:
            self._active.__exit__(None, None, None)


class InASubfolder(Direct):
    folder = "/\u00c9t\u00e9/x"


class OtherChoices(Direct):
    """A machine whose personality differs from `Personality.recorded` in many options."""

    strict = False
    personality = Personality(
        list_order="name",
        page_size=1,
        empty_first_page=True,
        case_only_move="conflict",
        into_itself="cant_move_folder_into_itself",
        deleted_children=False,
        lock_of_unshared_file="granted",
    )


def machine_class(preset, wire, door):
    """Return the machine of a door, with a personality and a wire format."""
    strict = preset is Personality.recorded
    personality = replace(preset, wire=wire)
    name = f"{door.__name__}, {preset!r}, {wire}"
    return type(name, (door,), {"personality": personality, "strict": strict})


PRESETS = [Personality.recorded, Personality.documented, Personality.hostile]
SDK_MACHINES = [
    machine_class(preset, wire, ThroughTheSdk)
    for preset in PRESETS
    for wire in ("classic", "compact")
]
DIRECT_MACHINES = [machine_class(preset, "classic", Direct) for preset in PRESETS]
SELECTED_MACHINES = [
    InASubfolder,
    OtherChoices,
    SDK_MACHINES[0],
    SDK_MACHINES[3],
    DIRECT_MACHINES[0],
    DIRECT_MACHINES[2],
]


# Hypothesis does not shrink here, because that may take five minutes and exceed the time limit
# of a test; `shrunk` needs only a few attempts.
SHORT_SEARCH = settings(
    max_examples=100 if THOROUGH else 10,
    stateful_step_count=30,
    phases=[Phase.reuse, Phase.generate],
    report_multiple_bugs=False,
)


def class_name(machine):
    return machine.__name__


@pytest.mark.parametrize("machine", SELECTED_MACHINES, ids=class_name)
def test_a_short_search_finds_no_difference_from_the_model(machine):
    steps = first_difference(machine, SHORT_SEARCH)
    if steps is not None:
        raise shrunk(machine, steps)


def test_a_difference_through_the_sdk_is_shrunk():
    with BUGS["rev reused"]():
        steps = first_difference(SDK_MACHINES[0])
        found = shrunk(SDK_MACHINES[0], steps)
    assert isinstance(found, Difference)
    assert difference_after(SDK_MACHINES[0], steps) is None


def test_a_search_by_properties_works_with_pages_of_one():
    give = {"values": {"p": "1"}, "is_new": True}
    steps = [
        ("begin", {"files": ("/a", "/b")}),
        ("give_properties", {"place": "/a", **give}),
        ("give_properties", {"place": "/b", **give}),
        ("properties_search", {"place": "/a", "value": "1", "name": "p"}),
    ]
    paged = type("Paged", (Direct,), {"personality": Personality(page_size=1)})
    assert difference_after(paged, steps) is None


LINK_MACHINES = [
    type(
        f"{kind.__name__}, {preset!r}",
        (kind,),
        {"personality": preset, "strict": preset is Personality.recorded},
    )
    for kind in (LinkMachine, TwoPlans)
    for preset in PRESETS
]


@pytest.mark.campaign
@pytest.mark.parametrize("machine", LINK_MACHINES, ids=class_name)
def test_20000_steps_of_two_accounts_find_no_difference(machine, capsys, monkeypatch):
    """Print how many calls with links succeeded, by method, and how many were refused."""
    table, make = {}, Calls.make

    def counted(calls, method, *args, **options):
        outcome = make(calls, method, *args, **options)
        if method.startswith("sharing_") or options.get("shared_link") is not None:
            table.setdefault(method, Counter())["refused" if outcome.chain else "ok"] += 1
        return outcome

    monkeypatch.setattr(Calls, "make", counted)
    run_campaign(machine, capsys, table)


@pytest.mark.campaign
@pytest.mark.parametrize(
    "machine", [*SDK_MACHINES, *DIRECT_MACHINES, InASubfolder, OtherChoices], ids=class_name
)
def test_20000_steps_find_no_difference_from_the_model(machine, capsys):
    run_campaign(machine, capsys)
