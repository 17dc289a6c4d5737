"""A property of the members of a file: they are those of a simple model."""

import pytest
from dropbox.exceptions import ApiError
from hypothesis import given
from hypothesis import strategies as st
from tests.support.doors import chain
from tests.support.shared_folders import LEVEL, account, by_email, email, levels, share

from fakedropbox import FakeDropboxService

RANKS = {"viewer_no_comment": 0, "viewer": 1, "editor": 2}
PEOPLE = range(2)
_person = st.integers(0, 1)
_level = st.sampled_from(sorted(RANKS))
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["add", "invite", "update", "join"]), _person, _level),
        st.tuples(st.sampled_from(["remove", "give_up", "begin", "leave"]), _person),
        st.tuples(st.sampled_from(["unshare", "move", "delete"])),
    ),
    min_size=4,
    max_size=14,
)


class Model:
    """A file in a shared folder, with the level of each person at the file and at the folder.

    ``file`` has the levels of those who were added to the file, ``folder`` those of the members of
    the folder; both are by the number of the person. ``exists`` is False while the file is deleted.
    """

    def __init__(self):
        self.service = FakeDropboxService()
        self.service.seed_files({"/Docs/a": b"one"})
        self.owner = self.service.client()
        self.shared = share(self.owner).shared_folder_id
        self.meta = self.owner.files_get_metadata("/Docs/a")
        self.preview = self.owner.sharing_get_file_metadata(self.meta.id).preview_url
        self.file, self.folder, self.begun = {}, {}, []
        self.exists, self.name, self.moves = True, "a", 0

    def do(self, operation):
        """Carry out an operation in the model and in the service."""
        name, *arguments = operation
        getattr(self, name)(*arguments)

    def add(self, person, level):
        if person in self.begun:
            self._add(person, account(self._id(person)), level)

    def invite(self, person, level):
        self._add(person, email(_address(person).upper()), level)

    def update(self, person, level):
        error = self._error_of(person, "invalid_member")
        selector = email(_address(person))
        self._call("update_file_member", selector, LEVEL(level), error=error)
        if error is None:
            self.file[person] = level

    def remove(self, person):
        # None, because removing somebody without access is not an error.
        error = self._error_of(person, None)
        found = self._call("remove_file_member_2", email(_address(person)), error=error)
        if found is not None:
            assert found.is_success() == (person in self.file)
        if error is None:
            self.file.pop(person, None)

    def give_up(self, person):
        if person not in self.begun:
            return
        error = None if self._level(person) is not None else "access_error/invalid_file"
        if error is None and person not in self.file:
            error = "no_permission"
        self._call("relinquish_file_membership", error=error, client=self._client(person))
        if error is None:
            del self.file[person]

    def begin(self, person):
        if person not in self.begun:
            self.service.accounts.create(_address(person))
            self.begun.append(person)

    def join(self, person, level):
        """Add somebody to the folder."""
        added = [by_email(_address(person), LEVEL(level))]
        self.owner.sharing_add_folder_member(self.shared, added)
        self.folder[person] = _higher(self.folder.get(person), level)

    def leave(self, person):
        """Remove somebody from the folder."""
        if self.folder.pop(person, None) is not None:
            selector = email(_address(person))
            self.owner.sharing_remove_folder_member(self.shared, selector, False)

    def unshare(self):
        self._call("unshare_file", error=self._error())
        if self.exists:
            self.file = {}

    def move(self):
        if self.exists:
            self.moves += 1
            name = f"a{self.moves}"
            self.owner.files_move_v2(f"/Docs/{self.name}", f"/Docs/{name}")
            self.name = name

    def delete(self):
        """Delete the file, or restore it."""
        path = f"/Docs/{self.name}"
        if self.exists:
            self.meta = self.owner.files_delete_v2(path).metadata
        else:
            self.owner.files_restore(path, self.meta.rev)
        self.exists = not self.exists

    def keep(self):
        kept = (dict(self.file), dict(self.folder), list(self.begun))
        self.kept = (self.service.snapshot(), *kept, self.exists, self.name, self.meta)

    def go_back(self):
        snapshot, self.file, self.folder, self.begun, self.exists, self.name, self.meta = self.kept
        self.service.restore(snapshot)

    def check(self):
        """Check that the lists, received files and access of each account match the model."""
        if self.exists:
            expected = {"owner@example.com": "owner"} | {
                _address(person): self._level(person, begun=False)
                for person in PEOPLE
                if self._level(person, begun=False)
            }
            for limit in (1, 2, 300):
                assert self._listed(limit) == expected
            (own,) = self.owner.sharing_list_file_members_batch([self.meta.id])
            assert own.result.get_result().member_count == len(self.file)
        for person in self.begun:
            client = self._client(person)
            entries = client.sharing_list_received_files().entries
            received = self.exists and person in self.file
            assert [entry.name for entry in entries] == [self.name] * received
            can_read = _outcome(client.sharing_get_shared_link_file, self.preview)[1] is None
            assert can_read == (self._level(person) is not None)

    def _listed(self, limit):
        page = self.owner.sharing_list_file_members(self.meta.id, limit=limit)
        found = levels(page)
        while page.cursor is not None:
            page = self.owner.sharing_list_file_members_continue(page.cursor)
            assert 0 < len(page.users) + len(page.invitees) <= limit
            assert not found.keys() & levels(page).keys()
            found |= levels(page)
        return found

    def _add(self, person, selector, level):
        arguments = {"access_level": LEVEL(level)}
        found = self._call("add_file_member", [selector], error=self._error(), **arguments)
        if self.exists:
            self.file[person] = _higher(self.file.get(person), level)
            (result,) = found
            reached = result.result.get_success()._tag
            assert reached == self._level(person, begun=False)

    def _error(self):
        return None if self.exists else "access_error/invalid_file"

    def _error_of(self, person, missing):
        """Return the error expected for a change of access; ``missing`` if a person has none."""
        if not self.exists or person in self.file:
            return self._error()
        return "no_explicit_access" if person in self.folder else missing

    def _level(self, person, *, begun=True):
        """Return the level of a person at the file; None without access, or without an account."""
        if not self.exists or (begun and person not in self.begun):
            return None
        known = [each[person] for each in (self.file, self.folder) if person in each]
        return max(known, key=RANKS.__getitem__, default=None)

    def _id(self, person):
        return self.service.accounts.by_email(_address(person)).account_id

    def _client(self, person):
        return self.service.client(account=self.service.accounts.by_email(_address(person)))

    def _call(self, route, *arguments, error=None, client=None, **given):
        call = getattr(client or self.owner, f"sharing_{route}")
        found, refused = _outcome(call, self.meta.id, *arguments, **given)
        assert refused == error
        return found


def _outcome(call, *arguments, **given):
    """Return the result of a call, and the chain of tags of its error, without the access in it."""
    try:
        return call(*arguments, **given), None
    except ApiError as refused:
        error = refused.error
        return None, error._tag if error._tag == "no_explicit_access" else chain(error)


def _higher(*known):
    return max((level for level in known if level is not None), key=RANKS.__getitem__)


def _address(person):
    return f"u{person}@example.com"


@pytest.mark.untraced
@given(OPERATIONS, OPERATIONS)
def test_members_of_a_file_are_those_of_a_simple_model(before, after):
    model = Model()
    for operation in [("begin", 0), ("add", 0, "viewer"), *before]:
        model.do(operation)
    model.keep()
    model.check()
    for operation in after:
        model.do(operation)
    model.check()
    model.go_back()
    model.check()
