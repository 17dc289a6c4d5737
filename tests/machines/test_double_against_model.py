"""The double against the naive model, through each door: a slice here, the rest as a campaign."""

from dataclasses import replace

import dropbox
import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.support.planted_bugs import BUGS
from tests.support.shrinking import difference_after, first_difference, shrunk

from fakedropbox import FakeDropboxService, Personality
from fakedropbox.machines import Difference, DropboxMachine


class Direct(DropboxMachine):
    strict = True
    personality = Personality.recorded
    service = None
    urls = {"https://example.com/x": b"x", "https://example.com/longer": b"longer"}  # noqa: RUF012 -- as the machine has it

    def make_client(self):
        self.service = FakeDropboxService(personality=self.personality)
        self.service.web = self.urls
        return self.service.client()

    def pause(self, seconds):
        self.service.clock.advance(seconds)

    def settle(self):
        if self.personality.lag_seconds:
            self.service.clock.advance(self.personality.lag_seconds + 1)


class UnderTheSdk(Direct):
    def make_client(self):
        super().make_client()
        self._active = self.service.activate()
        self._active.__enter__()
        return dropbox.Dropbox(self.service.login.access_token)

    def teardown(self):
        super().teardown()
        if self.service is not None:
            self._active.__exit__(None, None, None)


class InAFolder(Direct):
    folder = "/\u00c9t\u00e9/x"


class Otherwise(Direct):
    """A Dropbox that does differently whatever may be done in more than one way."""

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


def under(preset, wire, door):
    """The machine of a door, under a personality and a generation of the wire."""
    strict = preset is Personality.recorded
    personality = replace(preset, wire=wire)
    name = f"{door.__name__}, {preset!r}, {wire}"
    return type(name, (door,), {"personality": personality, "strict": strict})


PRESETS = [Personality.recorded, Personality.documented, Personality.hostile]
EACH = [under(preset, wire, UnderTheSdk) for preset in PRESETS for wire in ("classic", "compact")]
DIRECT = [under(preset, "classic", Direct) for preset in PRESETS]
SLICES = [InAFolder, Otherwise, EACH[0], EACH[3], DIRECT[0], DIRECT[2]]


# Hypothesis would shrink for five minutes, beyond the time limit; `shrunk` makes few tries.
SLICE = settings(
    max_examples=20,
    stateful_step_count=30,
    phases=[Phase.reuse, Phase.generate],
    report_multiple_bugs=False,
)


def name_of(machine):
    return machine.__name__


@pytest.mark.parametrize("machine", SLICES, ids=name_of)
def test_a_slice(machine):
    steps = first_difference(machine, SLICE)
    if steps is not None:
        raise shrunk(machine, steps)


def test_a_difference_under_the_sdk_is_shrunk():
    with BUGS["rev reused"]():
        steps = first_difference(EACH[0])
        found = shrunk(EACH[0], steps)
    assert isinstance(found, Difference)
    assert difference_after(EACH[0], steps) is None


def test_a_search_by_properties_has_pages():
    give = {"values": {"p": "1"}, "is_new": True}
    steps = [
        ("begin", {"files": ("/a", "/b")}),
        ("give_properties", {"place": "/a", **give}),
        ("give_properties", {"place": "/b", **give}),
        ("properties_search", {"place": "/a", "value": "1", "name": "p"}),
    ]
    paged = type("Paged", (Direct,), {"personality": Personality(page_size=1)})
    assert difference_after(paged, steps) is None


@pytest.mark.campaign
@pytest.mark.parametrize("machine", [*EACH, *DIRECT, InAFolder, Otherwise], ids=name_of)
def test_twenty_thousand_steps(machine, capsys):
    steps = 0

    class Counted(machine):
        def teardown(self):
            nonlocal steps
            steps += self.steps
            super().teardown()

    campaign = settings(max_examples=420, stateful_step_count=50, database=None)
    while steps < 20_000:
        run_state_machine_as_test(Counted, settings=campaign)
    with capsys.disabled():
        print(f"\n{machine.__name__}: {steps} steps, no difference")
