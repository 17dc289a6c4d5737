"""Two teams and an outsider, random changes of their members, and who may then do what.

`Model` says from the documentation alone which files a call reads or changes, or how it is refused;
it knows nothing of how the double decides.
"""

import json
from dataclasses import dataclass
from typing import Any

from dropbox.exceptions import ApiError, AuthError, BadInputError, PathRootError
from dropbox.files import WriteMode
from dropbox.team import AdminTier, MemberAddArg, UserSelectorArg
from hypothesis import strategies as st

from fakedropbox import FakeDropbox, FakeDropboxService, FakeDropboxTeam

PEOPLE = ["a0", "a1", "a2", "b0", "b1", "new", "outsider"]
MEMBERS = PEOPLE[:-1]
ROLES = ["team_admin", "user_management_admin", "support_admin", "member_only"]
UNKNOWN = f"dbmid:{'x' * 35}"

_member = st.sampled_from(MEMBERS)
_changes = st.one_of(
    st.tuples(st.sampled_from(["suspend", "unsuspend", "remove", "accept"]), _member),
    st.tuples(st.just("role"), _member, st.sampled_from(ROLES)),
)
_calls = st.one_of(
    *(
        st.tuples(
            st.just("call"),
            st.sampled_from(tokens),
            st.sampled_from(headers),
            st.sampled_from(selected),
            st.sampled_from(roots),
            st.sampled_from(actions),
        )
        for tokens, headers, selected, roots, actions in (
            (["team a", "team b"], ["user", "admin"], MEMBERS, [None], ["read", "write"]),
            (["team a"], ["admin"], ["a0", "a1"], PEOPLE, ["read", "write"]),
            (PEOPLE, [None], PEOPLE, [None, *PEOPLE], ["read", "write"]),
            (
                ["team a", "team b", *PEOPLE],
                [None, "user", "admin"],
                [*PEOPLE, "unknown", "malformed"],
                [None, *PEOPLE],
                ["read", "write", "team"],
            ),
        )
    )
)
steps = st.one_of(_changes, _calls, _calls)
"""A strategy for one step: a change of a member, or a call."""


@dataclass
class Person:
    """Someone as the model sees them; ``team`` is the letter of the team, empty for none."""

    team: str
    state: str
    role: str
    member_id: str
    account: Any = None
    client: Any = None
    namespace: str = "0"


class Model:
    """The service, and what the documentation says about each call."""

    def __init__(self):
        self.service = FakeDropboxService()
        self.teams, self.people = {}, {}
        for letter, names in (("a", PEOPLE[:3]), ("b", PEOPLE[3:5])):
            team = self.service.teams.create(letter, [_address(name) for name in names])
            login = self.service.logins.create(team=team)
            self.teams[letter] = self.service.team_client(login=login)
            for name, member in zip(names, self.service.teams.members(team), strict=True):
                self.people[name] = Person(letter, "active", member.role, member.team_member_id)
                self._join(name, member.account)
        added = self.teams["a"].team_members_add([MemberAddArg(_address("new"))]).get_complete()
        profile = added[0].get_success().profile
        self.people["new"] = Person("a", "invited", "member_only", profile.team_member_id)
        self.people["new"].namespace = profile.member_folder_id
        outsider = self.service.accounts.create(_address("outsider"))
        self.people["outsider"] = Person("", "active", "", "dbmid:")
        self._join("outsider", outsider)

    def _join(self, name, account):
        person = self.people[name]
        person.account, person.namespace = account, str(account.namespace_id)
        person.client = self.service.client(account=account)
        self.service.seed_files({f"/{name}.txt": b"1"}, account=account)

    def files(self):
        """Return the files of everybody."""
        return {
            name: dict(self.service.files_of(person.account))
            for name, person in self.people.items()
            if person.account is not None
        }

    def do(self, step):
        """Carry out a step, and check its result."""
        kind, *arguments = step
        if kind == "call":
            self._call(*arguments)
        else:
            self._change(kind, *arguments)

    # Changes

    def _change(self, kind, name, role=""):
        person = self.people[name]
        expected = self._refusal_of_change(kind, person, role)
        selector = UserSelectorArg.team_member_id(person.member_id)
        client, before = self.teams[person.team], self.files()
        if kind == "accept":
            if expected is None:
                self._join(name, self.service.teams.accept(_address(name)))
                person.state = "active"
            return
        try:
            if kind == "suspend":
                client.team_members_suspend(selector)
            elif kind == "unsuspend":
                client.team_members_unsuspend(selector)
            elif kind == "remove":
                client.team_members_remove(selector)
            else:
                client.team_members_set_admin_permissions(selector, AdminTier(role))
            refused = None
        except ApiError as error:
            refused = error.error._tag
        assert refused == expected
        if refused is None:
            person.state = _STATES.get(kind, person.state)
            person.role = role or person.role
        assert self.files() == before

    def _refusal_of_change(self, kind, person, role):
        is_last = self._is_admin(person) and not any(
            self._is_admin(other)
            for other in self.people.values()
            if other.team == person.team and other is not person
        )
        if kind == "accept":
            return None if person.state == "invited" else "not invited"
        if person.state == "removed":
            return "user_not_in_team"
        if kind == "suspend" and person.state != "active":
            return "suspend_inactive_user"
        if kind == "unsuspend":
            return None if person.state == "suspended" else "unsuspend_non_suspended_member"
        loses = kind in ("suspend", "remove") or (kind == "role" and role != "team_admin")
        errors = {"suspend": "suspend_last_admin", "remove": "remove_last_admin"}
        return errors.get(kind, "last_admin") if is_last and loses else None

    @staticmethod
    def _is_admin(person):
        return person.state == "active" and person.role == "team_admin"

    # Calls

    def _call(self, token, header, selected, root, action):
        client = self.teams[token[-1]] if token.startswith("team") else self.people[token].client
        if client is None:  # the invited member has no account yet, and no token
            return
        before, expected = self.files(), self._expected(token, header, selected, root, action)
        outcome = self._outcome(client, header, selected, root, action)
        assert outcome == expected
        after = self.files()
        if action == "write" and expected in before:
            assert after[expected].pop("/written.txt") == b"2"
            before[expected].pop("/written.txt", None)
        assert after == before

    def _outcome(self, client, header, selected, root, action):
        """Return whose files a call has read or changed, or the reason why it was refused."""
        headers = {}
        if header is not None:
            headers[f"Dropbox-API-Select-{header.title()}"] = self._id(selected)
        if root is not None:
            named = {".tag": "namespace_id", "namespace_id": self.people[root].namespace}
            headers["Dropbox-API-Path-Root"] = json.dumps(named)
        options = {
            "oauth2_access_token": client._oauth2_access_token,
            "headers": headers or None,
            "service": self.service,
        }
        team, dbx = FakeDropboxTeam(**options), FakeDropbox(**options)
        try:
            if action == "team":
                return team.team_get_info().name
            if action == "write":
                dbx.files_upload(b"2", "/written.txt", mode=WriteMode.overwrite)
            names = {each.name for each in dbx.files_list_folder("").entries}
            (owner,) = names - {"written.txt"}
            return owner.removesuffix(".txt")
        except BadInputError:
            return "400"
        except AuthError as error:
            return error.error._tag
        except PathRootError as error:
            return error.error._tag

    def _id(self, selected):
        if selected in self.people:
            return self.people[selected].member_id
        return UNKNOWN if selected == "unknown" else "bob@example.com"

    def _expected(self, token, header, selected, root, action):
        """Return whose files a call reads or changes, or the reason why it is refused."""
        if header is not None and selected == "malformed":
            return "400"
        if token.startswith("team"):
            return self._expected_of_team(token[-1], header, selected, root, action)
        if action == "team" or header is not None:
            return "400"
        refused = {"suspended": "user_suspended", "removed": "invalid_access_token"}
        state = self.people[token].state
        return refused.get(state) or (token if root in (None, token) else "no_permission")

    def _expected_of_team(self, letter, header, selected, root, action):
        if action == "team" or header is None:
            return letter if action == "team" and header is None else "400"
        refused = self._refusal_of_selection(letter, header, selected)
        if refused is not None or root in (None, selected):
            return refused or selected
        other = self.people[root]
        is_readable = other.team == letter and other.state in ("active", "suspended")
        return root if header == "admin" and action == "read" and is_readable else "no_permission"

    def _refusal_of_selection(self, letter, header, selected):
        person = self.people.get(selected)
        if person is None or person.team != letter or person.state in ("invited", "removed"):
            return f"invalid_select_{header}"
        if person.state == "suspended":
            return "user_suspended"
        is_refused = header == "admin" and person.role != "team_admin"
        return "invalid_select_admin" if is_refused else None


_STATES = {"suspend": "suspended", "unsuspend": "active", "remove": "removed"}


def _address(name):
    return f"{name}@example.com"
