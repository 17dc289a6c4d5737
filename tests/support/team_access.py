"""Two teams and an outsider, random changes of their members, and who may then do what.

`Model` says from the documentation alone which files a call reads or changes, or how it is refused;
it knows nothing of how the double decides.
"""

import json
from dataclasses import dataclass
from typing import Any

from dropbox.common import PathRoot
from dropbox.exceptions import ApiError, AuthError, BadInputError, PathRootError
from dropbox.files import WriteMode
from dropbox.sharing import AccessLevel, AddMember, MemberSelector
from dropbox.team import (
    AdminTier,
    GroupAccessType,
    GroupSelector,
    MemberAccess,
    MemberAddArg,
    UserSelectorArg,
)
from hypothesis import strategies as st

from fakedropbox import FakeDropbox, FakeDropboxService, FakeDropboxTeam, NotImplementedInFake

PEOPLE = ["a0", "a1", "a2", "b0", "b1", "new", "outsider"]
MEMBERS = PEOPLE[:-1]
ROLES = ["team_admin", "user_management_admin", "support_admin", "member_only"]
LEVELS = ["viewer", "editor"]
UNKNOWN = f"dbmid:{'x' * 35}"

_member = st.sampled_from(MEMBERS)
_changes = st.one_of(
    st.tuples(st.sampled_from(["suspend", "unsuspend", "remove", "accept"]), _member),
    st.tuples(st.just("role"), _member, st.sampled_from(ROLES)),
)
_of_team_a = st.sampled_from([*PEOPLE[:3], "new"])
_accesses = st.one_of(
    st.tuples(st.sampled_from(["enter group", "leave group", "expel"]), _of_team_a),
    st.tuples(
        st.just("admit"),
        st.sampled_from([*PEOPLE[:3], "group", "b0", "outsider"]),
        st.sampled_from(LEVELS),
    ),
    st.tuples(st.sampled_from(["expel"]), st.just("group")),
    st.tuples(st.just("admit"), st.just("group"), st.sampled_from(LEVELS)),
    st.tuples(st.just("enter group"), st.sampled_from(PEOPLE[:2])),
    st.tuples(
        st.just("admit inside"),
        st.sampled_from([*PEOPLE[:3], "b0", "outsider"]),
        st.sampled_from(LEVELS),
    ),
    st.tuples(st.just("expel inside"), st.sampled_from([*PEOPLE[:3], "b0", "outsider"])),
    st.tuples(st.sampled_from(["archive", "activate"]), st.just("plans")),
)
"""Changes of who has access to the team folder of team a, and to the folder inside it."""

_ROOTS = [*PEOPLE, "plans", "inner", "space", "docs"]
"""Namespaces of people, a team folder, a folder that is shared in it, and a team space.

The last one is a folder that a1 shares with outsider.
"""

_BY_HEADER, _BY_PATH = ["read", "write"], ["read ns", "write ns"]
"""The actions in a namespace that is the path root, and in one that paths begin with."""

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
            (PEOPLE, [None], PEOPLE, [None, *PEOPLE], _BY_HEADER),
            (PEOPLE, [None], PEOPLE, ["plans", "space"], ["read", "write"]),
            (["team a"], ["user", "admin"], PEOPLE, ["plans", "space"], ["read", "write"]),
            (PEOPLE[:3], [None], PEOPLE[:1], ["plans"], _BY_HEADER),
            (PEOPLE, [None], PEOPLE[:1], ["inner"], _BY_HEADER),
            (["team a"], ["admin"], ["a0", "a1"], _ROOTS, _BY_PATH),
            (["team a", *PEOPLE], [None, "user", "admin"], MEMBERS, _ROOTS, _BY_PATH),
            (
                ["team a", "team b", *PEOPLE],
                [None, "user", "admin"],
                [*PEOPLE, "unknown", "malformed"],
                [None, *_ROOTS],
                [*_BY_HEADER, "team"],
            ),
        )
    )
)
steps = st.one_of(_changes, _accesses, _calls, _calls)
"""A strategy for one step: a change of a member or of a member's access, or a call."""


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
            if letter == "a":
                self._space = str(team.root_namespace_id)
            login = self.service.logins.create(team=team)
            self.teams[letter] = self.service.team_client(login=login)
            for name, member in zip(names, self.service.teams.members(team), strict=True):
                self.people[name] = Person(letter, "active", member.role, member.team_member_id)
                self._join(name, member.account)
        added = self.teams["a"].team_members_add([MemberAddArg(_address("new"))]).get_complete()
        profile = added[0].get_success().profile
        self.people["new"] = Person("a", "invited", "member_only", profile.team_member_id)
        self.people["new"].namespace = profile.member_folder_id
        self._make_team_folder()
        outsider = self.service.accounts.create(_address("outsider"))
        self.people["outsider"] = Person("", "active", "", "dbmid:")
        self._join("outsider", outsider)
        self._share_docs()
        self._share_inside()

    def _make_team_folder(self):
        """Make a team folder of team a, and a group; neither has a member yet."""
        client, boss = self.teams["a"], self.people["a0"]
        self.plans = client.team_team_folder_create("Plans").team_folder_id
        self.group = client.team_groups_create("Group").group_id
        root = PathRoot.namespace_id(self.plans)
        client.as_admin(boss.member_id).with_path_root(root).files_upload(b"1", "/plans.txt")
        self.levels, self.in_group, self.is_open = {}, set(), True

    def _share_docs(self):
        """Share a folder of a1 with the outsider; afterwards, neither of them has it mounted."""
        owner, member = self.people["a1"], self.people["outsider"].account
        owner.client.files_upload(b"1", "/Docs/docs.txt")
        shared = owner.client.sharing_share_folder("/Docs").get_complete()
        self.docs = shared.shared_folder_id
        selector = MemberSelector.dropbox_id(member.account_id)
        added = [AddMember(selector, AccessLevel.editor)]
        owner.client.sharing_add_folder_member(self.docs, added)
        owner.client.sharing_unmount_folder(self.docs)

    def _share_inside(self):
        """Share a folder in the team folder; nobody is a direct member of it yet."""
        self._change_folder(self._some_admin(), "a0", "editor")
        headers = {"Dropbox-API-Path-Root": f'{{".tag": "root", "root": "{self._space}"}}'}
        client = self.service.client(account=self.people["a0"].account, headers=headers)
        client.files_upload(b"1", "/Plans/In/inner.txt")
        shared = client.sharing_share_folder("/Plans/In").get_complete()
        self.inner, self.levels_inside = shared.shared_folder_id, {}
        self._change_folder(self._some_admin(), "a0", "")

    def _join(self, name, account):
        person = self.people[name]
        person.account, person.namespace = account, str(account.namespace_id)
        person.client = self.service.client(account=account)
        self.service.seed_files({f"/{name}.txt": b"1"}, account=account)

    def files(self):
        """Return the files of the team folder, of both shared folders, and of each person."""
        return {
            "plans": self._files_in(self.plans),
            "inner": self._files_in(self.inner),
            "docs": self._files_in(self.docs),
            **{
                name: dict(self.service.files_of(person.account))
                for name, person in self.people.items()
                if person.account is not None
            },
        }

    def _files_in(self, namespace):
        tree = self.service.gate.world.files.trees[int(namespace)]
        nodes = tree.root.live.by_key.values()
        return {f"/{node.name}": node.blob.read() for node in nodes if node.name != "In"}

    def do(self, step):
        """Carry out a step, and check its result."""
        kind, *arguments = step
        if kind == "call":
            self._call(*arguments)
        elif kind in _CHANGES_OF_ACCESS:
            self._change_access(kind, *arguments)
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
            if kind == "remove":
                self.in_group.discard(name)
        assert self.files() == before

    def _change_access(self, kind, name, level=""):
        """Change the access to the team folder or the one inside it, if that makes sense now."""
        client, before = self.teams["a"], self.files()
        admin = self._some_admin()
        if kind in ("archive", "activate"):
            if self.is_open == (kind == "archive"):
                getattr(client, f"team_team_folder_{kind}")(self.plans)
                self.is_open = not self.is_open
        elif kind in ("enter group", "leave group"):
            self._change_group(client, name, enters=kind == "enter group")
        elif self.is_open and admin is not None and kind.endswith("inside"):
            self._change_inside(admin, name, level)
        elif self.is_open and admin is not None:
            self._change_folder(admin, name, level)
        assert self.files() == before

    def _change_group(self, client, name, *, enters):
        if self.people[name].state == "removed" or enters == (name in self.in_group):
            return
        group = GroupSelector.group_id(self.group)
        user = UserSelectorArg.team_member_id(self.people[name].member_id)
        if enters:
            client.team_groups_members_add(group, [MemberAccess(user, GroupAccessType.member)])
            self.in_group.add(name)
        else:
            client.team_groups_members_remove(group, [user])
            self.in_group.discard(name)

    def _change_folder(self, admin, name, level):
        """Add a person or the group to the team folder; without a level, remove them."""
        person = self.people.get(name)
        if person is not None and (person.account is None or person.state == "removed"):
            return
        selector = MemberSelector.dropbox_id(
            self.group if person is None else person.account.account_id
        )
        if level and person is not None and person.team != "a":
            assert self._refusal_of_outsider(admin, selector, level) == "team_folder"
        elif level:
            admin.sharing_add_folder_member(
                self.plans, [AddMember(selector, AccessLevel(level))], quiet=True
            )
            known = self.levels.get(name, level)
            self.levels[name] = max(known, level, key=LEVELS.index)
        elif name in self.levels:
            admin.sharing_remove_folder_member(self.plans, selector, leave_a_copy=False)
            del self.levels[name]

    def _change_inside(self, admin, name, level):
        """Add a person to the folder inside the team folder; without a level, remove the person."""
        person = self.people[name]
        if person.account is None or person.state == "removed":
            return
        selector = MemberSelector.dropbox_id(person.account.account_id)
        if level:
            added = [AddMember(selector, AccessLevel(level))]
            admin.sharing_add_folder_member(self.inner, added, quiet=True)
            known = self.levels_inside.get(name, level)
            self.levels_inside[name] = max(known, level, key=LEVELS.index)
        elif self.levels_inside.pop(name, None):
            admin.sharing_remove_folder_member(self.inner, selector, leave_a_copy=False)

    def _refusal_of_outsider(self, admin, selector, level):
        """Return the tag of the refusal to admit somebody from outside the team (P8-17)."""
        member = AddMember(selector, AccessLevel(level))
        try:
            admin.sharing_add_folder_member(self.plans, [member], quiet=True)
        except ApiError as error:
            return error.error._tag
        return None

    def _some_admin(self):
        """Return a client of an administrator of team a, or None."""
        admins = (each for each in self.people.values() if each.team == "a")
        found = next((each for each in admins if self._is_admin(each)), None)
        return None if found is None else self.teams["a"].as_admin(found.member_id)

    def _level(self, name):
        """Return the level of a person's access to the team folder, or None."""
        mine = [self.levels.get(name), self.levels.get("group") if name in self.in_group else None]
        levels = [level for level in mine if level is not None]
        return max(levels, key=LEVELS.index) if levels and self.is_open else None

    def _level_inside(self, name):
        """Return the level of a person's access to the folder inside the team folder, or None."""
        levels = [self._level(name), self.levels_inside.get(name)]
        levels = [level for level in levels if level is not None]
        return max(levels, key=LEVELS.index) if levels and self.is_open else None

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
        if action.startswith("write") and expected in before:
            assert after[expected].pop("/written.txt") == b"2"
            before[expected].pop("/written.txt", None)
        assert after == before

    def _outcome(self, client, header, selected, root, action):
        """Return whose files a call has read or changed, or the reason why it was refused."""
        headers = {}
        if header is not None:
            headers[f"Dropbox-API-Select-{header.title()}"] = self._id(selected)
        by_path = action in _BY_PATH
        if root is not None and not by_path:
            named = {".tag": "namespace_id", "namespace_id": self._namespace(root)}
            headers["Dropbox-API-Path-Root"] = json.dumps(named)
        options = {
            "oauth2_access_token": client._oauth2_access_token,
            "headers": headers or None,
            "service": self.service,
        }
        try:
            if action == "team":
                return FakeDropboxTeam(**options).team_get_info().name
            base = f"ns:{self._namespace(root)}" if by_path else ""
            return self._read_or_write(FakeDropbox(**options), base, root, action)
        except (AuthError, PathRootError) as error:
            return error.error._tag
        except ApiError as error:
            path = error.error.get_path()
            return getattr(path, "reason", path)._tag
        except (BadInputError, NotImplementedInFake) as error:
            return "400" if isinstance(error, BadInputError) else "not faked"

    @staticmethod
    def _read_or_write(dbx, base, root, action):
        if action.startswith("write"):
            dbx.files_upload(b"2", f"{base}/written.txt", mode=WriteMode.overwrite)
        names = {each.name for each in dbx.files_list_folder(base).entries}
        if root == "space":
            return ",".join(sorted(names))
        (owner,) = names - {"written.txt", "In"}
        return owner.removesuffix(".txt")

    def _namespace(self, root):
        if root == "space":
            return self._space
        folders = {"plans": self.plans, "inner": self.inner, "docs": self.docs}
        return folders[root] if root in folders else self.people[root].namespace

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
        if state in refused:
            return refused[state]
        return self._expected_of_person(token, root, action)

    def _expected_of_person(self, name, root, action):
        """Return the result of a call for a person with the rights of that person only."""
        if action in _BY_PATH:  # the root is the home, which has no other namespace below it
            return name if root == name else _not_found(action)
        if root in ("plans", "inner", "space"):
            return self._expected_in_team(name, root, action)
        if root == "docs":
            return "docs" if name in ("a1", "outsider") else "no_permission"
        return name if root in (None, name) else "no_permission"

    def _expected_in_team(self, name, root, action):
        """Return the result of a person's call in the team folder or the space of team a."""
        level, person = self._level(name), self.people[name]
        if root in ("plans", "inner"):
            level = level if root == "plans" else self._level_inside(name)
            if level is None:
                return "no_permission"
            return "no_write_permission" if (action, level) == ("write", "viewer") else root
        if person.team != "a":
            return "no_permission"
        if action == "write":
            return "no_write_permission"
        return name.title() + (",Plans" if level else "")

    def _expected_of_team(self, letter, header, selected, root, action):
        if action == "team" or header is None:
            return letter if action == "team" and header is None else "400"
        refused = self._refusal_of_selection(letter, header, selected)
        if refused is not None or root in (None, selected):
            return refused or selected
        if header == "user":
            return self._expected_of_person(selected, root, action)
        refused = _not_found(action) if action in _BY_PATH else "no_permission"
        if root in ("plans", "inner", "space"):
            return self._expected_of_admin(letter, selected, root, action) or refused
        is_read = action.startswith("read")
        if root == "docs":
            reads = letter == "a" and action == "read ns"
            own = selected == "a1" and action in _BY_HEADER
            return "docs" if reads or own else refused
        other = self.people[root]
        is_readable = other.team == letter and other.state in ("active", "suspended")
        return root if is_read and is_readable else refused

    def _expected_of_admin(self, letter, selected, root, action):
        """Return the result of an administrator's call in what the team owns, or None.

        None means that the call is refused like one in a namespace that the caller cannot see.
        """
        is_folder = root in ("plans", "inner")
        if letter != "a" or (is_folder and not self.is_open):
            as_member = root == "inner" and action in _BY_HEADER
            return self._expected_of_person(selected, root, action) if as_member else None
        if is_folder:
            return root
        if action != "read":
            return "no_write_permission" if action == "write" else None
        homes = [
            name.title()
            for name, person in self.people.items()
            if person.team == "a" and person.state in ("active", "suspended")
        ]
        return ",".join(sorted([*homes, *(["Plans"] if self.is_open else [])]))

    def _refusal_of_selection(self, letter, header, selected):
        person = self.people.get(selected)
        if person is None or person.team != letter or person.state in ("invited", "removed"):
            return f"invalid_select_{header}"
        if person.state == "suspended":
            return "user_suspended"
        is_refused = header == "admin" and person.role != "team_admin"
        return "invalid_select_admin" if is_refused else None


_CHANGES_OF_ACCESS = (
    *("enter group", "leave group", "admit", "expel", "archive", "activate"),
    *("admit inside", "expel inside"),
)
_STATES = {"suspend": "suspended", "unsuspend": "active", "remove": "removed"}


def _not_found(action):
    """Return the tag with which a path in a namespace that the caller cannot see is refused."""
    return "not_found" if action == "read ns" else "malformed_path"


def _address(name):
    return f"{name}@example.com"
