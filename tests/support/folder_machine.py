"""Machines for shared folders, with two and with three accounts of one service."""

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from fakedropbox import FakeDropboxService, Personality
from fakedropbox.machines import SharedFolderMachine
from fakedropbox.machines._folders import values as v


class TwoPeople(SharedFolderMachine):
    """A machine with two accounts."""

    strict = True
    personality = Personality.recorded
    addresses = ("ada@example.com",)
    is_verified = True
    service = None

    def make_clients(self):
        self.service = FakeDropboxService(personality=self.personality)
        accounts = [self.service.accounts.default]
        for address in self.addresses:
            is_verified = self.is_verified or address != self.addresses[-1]
            accounts.append(self.service.accounts.create(address, email_verified=is_verified))
        return [self.service.client(account=account) for account in accounts]

    def settle(self):
        if self.personality.lag_seconds:
            self.service.clock.advance(self.personality.lag_seconds + 1)


class ThreePeople(TwoPeople):
    """A machine with three accounts; the address of the last one may be unverified."""

    addresses = ("ada@example.com", "bob@example.com")

    @initialize(files=v.FILES, begun=v.BEGUN, is_verified=st.booleans())
    def begin(self, files, begun=(), is_verified=True):
        self.is_verified = is_verified
        super().begin(files=files, begun=begun)


def with_personality(machine, preset):
    """Return a machine with a preset, which is strict if the preset is the recorded behaviour."""
    strict = preset is Personality.recorded
    members = {"personality": preset, "strict": strict}
    return type(f"{machine.__name__}, {preset!r}", (machine,), members)
