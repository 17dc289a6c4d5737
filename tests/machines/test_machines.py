"""The double against the naive model, through each door: a slice here, the rest as a campaign."""

from dataclasses import replace

import dropbox
import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from fakedropbox import FakeDropboxService, Personality
from fakedropbox.machines import DropboxMachine


class Direct(DropboxMachine):
    strict = True
    service = None

    def make_client(self):
        self.service = FakeDropboxService()
        return self.service.client()

    def pause(self, seconds):
        self.service.clock.advance(seconds)


class UnderTheSdk(Direct):
    def make_client(self):
        super().make_client()
        token = self.service.login.access_token
        return dropbox.Dropbox(token, session=self.service.session())


class InAFolder(Direct):
    folder = "/\u00c9t\u00e9/x"


class Otherwise(Direct):
    """A Dropbox that does differently whatever may be done in more than one way."""

    strict = False

    def make_client(self):
        self.service = FakeDropboxService(
            personality=Personality(
                list_order="name",
                page_size=1,
                empty_first_page=True,
                case_only_move="conflict",
                into_itself="cant_move_folder_into_itself",
                deleted_children=False,
            )
        )
        return self.service.client()


class Documented(Direct):
    """What passes here depends on nothing undocumented."""

    strict = False
    personality = replace(Personality.documented, wire="compact")

    def make_client(self):
        self.service = FakeDropboxService(personality=self.personality)
        return self.service.client()


class Hostile(Documented):
    personality = Personality.hostile

    def settle(self):
        self.service.clock.advance(self.personality.lag_seconds + 1)


DOORS = [Direct, UnderTheSdk, InAFolder, Otherwise, Documented]


@pytest.mark.parametrize("door", DOORS)
def test_a_slice(door):
    run_state_machine_as_test(door, settings=settings(max_examples=20, stateful_step_count=40))


@pytest.mark.campaign
@pytest.mark.parametrize("door", [*DOORS, Hostile])
def test_twenty_thousand_steps(door):
    steps = 0

    class Counted(door):
        def teardown(self):
            nonlocal steps
            steps += self.steps
            super().teardown()

    campaign = settings(max_examples=420, stateful_step_count=50, database=None)
    while steps < 20_000:
        run_state_machine_as_test(Counted, settings=campaign)
    print(f"\n{door.__name__}: {steps} steps, no difference")
