"""A property of the members of a shared folder: they are those of a simple model."""

import pytest
from dropbox.exceptions import ApiError
from hypothesis import given
from hypothesis import strategies as st
from tests.support.doors import chain
from tests.support.shared_folders import LEVEL, account, by_email, by_id, email, levels, share

from fakedropbox import FakeDropboxService

RANKS = {"viewer_no_comment": 0, "viewer": 1, "editor": 2}
_person = st.integers(0, 1)
_level = st.sampled_from(sorted(RANKS))
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["add", "invite", "update"]), _person, _level),
        st.tuples(st.sampled_from(["remove", "withdraw", "begin"]), _person),
    ),
    min_size=4,
    max_size=12,
)


class Model:
    """The levels of members and invitations by person, in the order of their addition.

    ``accounts`` are those that have been created, by person: a person without an account is
    invited.
    """

    def __init__(self):
        self.service = FakeDropboxService()
        self.owner = self.service.client()
        self.folder = share(self.owner).shared_folder_id
        self.members = {}
        self.invited = {}
        self.accounts = {}

    def do(self, operation):
        """Carry out an operation, in the model and in the service."""
        name, *arguments = operation
        return getattr(self, name)(*arguments)

    def add(self, person, level):
        if person in self.accounts:
            self._called("add_folder_member", [by_id(self._id(person), LEVEL(level))])
            self._join(person, level)

    def invite(self, person, level):
        self._called("add_folder_member", [by_email(_address(person), LEVEL(level))])
        if person in self.accounts:
            self._join(person, level)
        else:
            self._raise(self.invited, person, level)

    def update(self, person, level):
        if person not in self.accounts:
            return
        is_known = person in self.members or person in self.invited
        error = None if is_known else "member_error/not_a_member"
        self._called("update_folder_member", account(self._id(person)), LEVEL(level), error=error)
        if is_known:
            (self.members if person in self.members else self.invited)[person] = level

    def remove(self, person):
        if person in self.accounts:
            self._removed(person, account(self._id(person)))

    def withdraw(self, person):
        self._removed(person, email(_address(person).upper()))

    def begin(self, person):
        if person not in self.accounts:
            self.accounts[person] = self.service.accounts.create(_address(person))

    def keep(self):
        self.kept = (
            self.service.snapshot(),
            *(dict(each) for each in (self.members, self.invited, self.accounts)),
        )

    def go_back(self):
        snapshot, self.members, self.invited, self.accounts = self.kept
        self.service.restore(snapshot)

    def _removed(self, person, selector):
        is_known = person in self.members or person in self.invited
        error = None if is_known else "member_error/not_a_member"
        self._called("remove_folder_member", selector, False, error=error)
        self.members.pop(person, None)
        self.invited.pop(person, None)

    def _join(self, person, level):
        if person in self.invited:
            self.members[person] = self.invited.pop(person)
        self._raise(self.members, person, level)

    def _raise(self, people, person, level):
        known = people.get(person, level)
        people[person] = max(known, level, key=RANKS.__getitem__)

    def _id(self, person):
        return self.accounts[person].account_id

    def _called(self, route, *arguments, error=None):
        try:
            getattr(self.owner, f"sharing_{route}")(self.folder, *arguments)
        except ApiError as refused:
            found = chain(refused.error)
        else:
            found = None
        assert found == error

    def check(self):
        """Check that lists of three page sizes, and those of each account, equal the model."""
        expected = {self.service.accounts.default.email: "owner"}
        for people in (self.members, self.invited):
            expected |= {_address(person): level for person, level in people.items()}
        for limit in (1, 2, 1000):
            found = self._listed(limit)
            assert found == expected
            for people in (self.members, self.invited):
                added = [_address(person) for person in people]
                assert [address for address in found if address in added] == added
        for person, each in self.accounts.items():
            folders = self.service.client(account=each).sharing_list_folders().entries
            own = self.members.get(person) or self.invited.get(person)
            assert [entry.access_type._tag for entry in folders] == [own] * (own is not None)

    def _listed(self, limit):
        page = self.owner.sharing_list_folder_members(self.folder, limit=limit)
        found = levels(page)
        while page.cursor is not None:
            page = self.owner.sharing_list_folder_members_continue(page.cursor)
            assert 0 < len(page.users) + len(page.invitees) <= limit
            assert not found.keys() & levels(page).keys()
            found |= levels(page)
        return found


def _address(person):
    return f"u{person}@example.com"


@pytest.mark.untraced
@given(OPERATIONS, OPERATIONS)
def test_members_of_a_folder_are_those_of_a_simple_model(before, after):
    model = Model()
    for operation in [("begin", 0), ("add", 0, "viewer"), *before]:
        model.do(operation)
    model.keep()
    for operation in after:
        model.do(operation)
    model.check()
    model.go_back()
    model.check()
