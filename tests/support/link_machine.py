"""Machines with two accounts on drawn plans; one is for shared links and their files alone."""

from functools import partialmethod

from hypothesis import strategies as st
from hypothesis.stateful import RULE_MARKER, initialize

from fakedropbox import FakeDropboxService, Personality
from fakedropbox.machines import DropboxMachine, _link_values
from fakedropbox.machines import _values as v

PLANS = [
    ("basic", "basic"),
    ("pro", "basic"),
    ("business", "basic"),
    ("business", "business"),
    ("pro", "unverified"),
]
"""The plans of both accounts; ``unverified`` is a basic account that may not share."""

SETTINGS = [None, {"password": "p"}, {"expires": 60}, {"audience": "team"}, {"download": False}]
LINK_RULES = {
    *("switch_account", "wait", "create_link", "modify_link", "revoke_link", "list_links"),
    *("read_link", "list_linked_folder", "continue_linked_folder"),
}
FILE_RULES = {
    *("upload", "upload_picture", "move", "delete", "restore"),
}
RULES = {
    name for name in dir(DropboxMachine) if hasattr(getattr(DropboxMachine, name), RULE_MARKER)
}


def without(rules):
    """Return the members of a subclass of `DropboxMachine` that lacks some rules.

    The functions of the rules are there, but Hypothesis does not call them.
    """
    return {name: partialmethod(getattr(DropboxMachine, name)) for name in rules}


class TwoPlans(DropboxMachine):
    """A machine whose accounts are on drawn plans."""

    strict = True
    personality = Personality.recorded
    plans = ("basic", "basic")
    service = None

    @initialize(files=v.TREES, plans=st.sampled_from(PLANS))
    def begin(self, files, plans=("basic", "basic")):
        self.plans = plans
        super().begin(files=files)

    def make_client(self):
        self.service = FakeDropboxService(personality=self.personality, plan=self.plans[0])
        return self.service.client()

    def make_other_client(self):
        is_verified = self.plans[1] != "unverified"
        account = self.service.accounts.create(
            "other@example.com",
            plan=self.plans[1] if is_verified else "basic",
            email_verified=is_verified,
        )
        return self.service.client(account=account)

    def settle(self):
        if self.personality.lag_seconds:
            self.service.clock.advance(self.personality.lag_seconds + 1)


class LinkMachine(type("OnlyLinks", (TwoPlans,), without(RULES - LINK_RULES - FILE_RULES))):
    """A machine with the rules for links and for what changes their files."""

    @initialize(
        files=st.sampled_from([("/a/a", "/a/b/a.txt", "/b", "/a/a"), ("/A/a.txt", "/a (1)")]),
        plans=st.sampled_from(PLANS),
        links=st.lists(
            st.tuples(_link_values.WHO, _link_values.LINKED, st.sampled_from(SETTINGS)),
            min_size=1,
            max_size=3,
        ),
    )
    def begin(self, files, plans=("basic", "basic"), links=()):
        super().begin(files=files, plans=plans)
        self.the_tree()
        for who, place, asked in links:
            self.create_link(who=who, place=place, asked=asked, is_old=False)
