"""Teams: their members, with roles and states."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from fakedropbox._base.chance import Chance
from fakedropbox._base.checks import expect
from fakedropbox._base.forks import Guard
from fakedropbox._base.kept import Key, Values
from fakedropbox._base.public import names_arguments
from fakedropbox._base.undo import UndoLog
from fakedropbox._identity.accounts import Account, Accounts, Team, checked_email
from fakedropbox.clock import Clock
from fakedropbox.errors import NotImplementedInFake

ROLES = ("team_admin", "user_management_admin", "support_admin", "member_only")
"""The roles of members, by the tags of the SDK's `AdminTier`, the highest first (P6-06)."""

_LICENSES = 100
_OF_ACCOUNT = ("email", "given_name", "surname")
"""The fields of a member that the account has, too."""


class Member(NamedTuple):
    """A member of a team, whom `Teams.members` returns.

    - ``team_member_id``: the id, which begins with ``dbmid:``
    - ``team``: the team
    - ``namespace_id``: the namespace of the member's files
    - ``email``, ``given_name``, ``surname``: the address and the name
    - ``role``: ``team_admin``, ``user_management_admin``, ``support_admin`` or ``member_only``
    - ``state``: ``active``, ``invited``, ``suspended`` or ``removed``
    - ``account``: the account; None until an invited member has accepted
    - ``external_id``, ``persistent_id``: ids that the team has given, or None
    - ``is_directory_restricted``: True if other members do not see this one
    - ``invited``, ``joined``, ``suspended``: times in seconds since 1970, or None
    - ``is_recoverable``: True if a removed member's files are kept
    - ``quota_gb``: the limit of the member's files in GB, or None
    """

    team_member_id: str
    team: Team
    namespace_id: int
    email: str
    given_name: str
    surname: str
    role: str = "member_only"
    state: str = "active"
    account: Account | None = None
    external_id: str | None = None
    persistent_id: str | None = None
    is_directory_restricted: bool = False
    invited: int | None = None
    joined: int | None = None
    suspended: int | None = None
    is_recoverable: bool = False
    quota_gb: int | None = None

    @property
    def display_name(self) -> str:
        """Given name and surname."""
        return f"{self.given_name} {self.surname}".strip()

    @property
    def is_admin(self) -> bool:
        """True for an active member with the role ``team_admin``, who may act for the team."""
        return self.role == "team_admin" and self.state == "active"


class Teams:
    """All teams: an iterable of `Team`.

    The accounts on the plan ``business`` that `Accounts.create` makes are members of a team, too.
    The first member of a team has the role ``team_admin``, unless `Teams.create` has given another.
    ``joined`` is called with each member whose account is made here.
    """

    parts = ("team", "member")

    def __init__(
        self, accounts: Accounts, clock: Clock, chance: Chance, undo: UndoLog, guard: Guard
    ) -> None:
        self._accounts = accounts
        self._clock = clock
        self._chance = chance
        self._undo = undo
        self._guard = guard
        self._teams: dict[str, Team] = {}
        self._licenses: dict[str, int] = {}
        self._members: dict[str, Member] = {}
        self.joined: Callable[[Member], object] = lambda _member: None

    def __iter__(self) -> Iterator[Team]:
        return iter(list(self._teams.values()))

    def __len__(self) -> int:
        return len(self._teams)

    @property
    def default(self) -> Team:
        """The first team, which `FakeDropboxService.team_client` uses by default.

        Raises:
            ValueError: there is no team.
        """
        if not self._teams:
            raise ValueError(
                "team: expected a service with a team, got one without; make a team by "
                "service.teams.create(name, members=[…])"
            )
        return next(iter(self._teams.values()))

    @names_arguments("teams.create")
    def create(
        self,
        name: str = "Team",
        members: Iterable[str | tuple[str, str]] = (),
        *,
        licenses: int = _LICENSES,
        team_space: bool = True,
        file_requests: bool = True,
    ) -> Team:
        """Create a team, with an active member for each address: all of them or none.

        `Logins.create` with ``team`` links an app to it, and `FakeDropboxService.team_client`
        returns a client for it.

        Args:
            name: the name.
            members: an e-mail address for each member, which no account may have, or a pair of an
                address and a role: ``team_admin``, ``user_management_admin``, ``support_admin``
                or ``member_only``. Unless a role is given, the first member is a ``team_admin``
                and the others are ``member_only``. The address gives the name: that of
                ``ada.king@example.com`` is Ada King.
            licenses: the number of members that the team may have.
            team_space: True for a team whose members share one root namespace, the team space, as
                new teams do: it has a folder for each member's own files, and the team folders.
                False for a team of the older form, in which each member's own files are the root,
                and the team folders are in it.
            file_requests: False for a team that has switched off file requests.

        Raises:
            TypeError: an argument has the wrong type.
            ValueError: the name is empty, an address is not one or belongs to another account, a
                role is unknown, or there are more members than licenses.
        """
        expect("name", name, str)
        expect("members", members, Iterable)
        expect("licenses", licenses, int)
        expect("team_space", team_space, bool)
        expect("file_requests", file_requests, bool)
        if not name.strip():
            raise ValueError(f"name: expected at least one character, got {name!r}")
        wanted = _roles(members)
        if licenses < max(len(wanted), 1):
            raise ValueError(f"licenses: expected one for each member, got {licenses!r}")
        with self._guard.lock:
            for email in wanted:
                if self._accounts.by_email(email) is not None or self.with_email(email) is not None:
                    raise ValueError(
                        f"members: expected new addresses, got {email!r}, which is known"
                    )
            root = self._accounts.next_namespace() if team_space else None
            team = Team(f"dbtid:{self._chance.token('team', 26)}", name, root, file_requests)
            self._add_team(team, licenses)
            for email, role in wanted.items():
                given, surname = name_of_address(email)
                self._join(self._new(team, email, given, surname, role))
        return team

    @names_arguments("teams.members")
    def members(self, team: Team) -> list[Member]:
        """Return all members of a team in the order in which they came, also removed ones.

        Raises:
            ValueError: ``team`` is of another service.
        """
        self.check_known(team)
        return [member for member in self._members.values() if member.team == team]

    @names_arguments("teams.accept")
    def accept(self, email: str) -> Account:
        """Accept the invitation to a team that an address has, and return the new account.

        Raises:
            TypeError: ``email`` is not a str.
            ValueError: the address has no invitation.
            NotImplementedInFake: an account has the address already, and would have to move.
        """
        expect("email", email, str)
        with self._guard.lock:
            member = self.with_email(email)
            if member is None or member.state != "invited":
                raise ValueError(f"email: expected an address with an invitation, got {email!r}")
            if self._accounts.by_email(email) is not None:
                raise NotImplementedInFake(
                    f"teams.accept: an account that becomes that of a member, {email!r}, is not "
                    "implemented in fakedropbox"
                )
            account = self._join(member).account
        assert account is not None
        return account

    # For the service itself

    def check_known(self, team: Team) -> None:
        """Check that a team is one of this service.

        Raises:
            TypeError, ValueError: it is not.
        """
        expect("team", team, Team)
        if self._teams.get(team.team_id) != team:
            raise ValueError(f"team: expected one of this service, got {team!r}")

    def enlist(self, account: Account) -> None:
        """Note a new account on the plan ``business`` as an active member of its team."""
        if account.team is None or account.team_member_id in self._members:
            return
        if account.team.team_id not in self._teams:
            self._add_team(account.team, _LICENSES)
        role = "member_only" if self.members(account.team) else "team_admin"
        self._put(
            Member(
                account.team_member_id,
                account.team,
                account.namespace_id,
                account.email,
                account.given_name,
                account.surname,
                role,
                account=account,
                joined=self._clock.seconds,
            )
        )

    def by_id(self, team_member_id: str) -> Member | None:
        """Return the member of any team with an id, or None."""
        return self._members.get(team_member_id)

    def of(self, account: Account) -> Member | None:
        """Return the member to whom an account belongs, or None."""
        return self._members.get(account.team_member_id)

    def with_email(self, email: str) -> Member | None:
        """Return the member with an e-mail address who has not been removed, or None."""
        wanted = email.lower()
        found = (each for each in self._members.values() if each.email.lower() == wanted)
        return next((each for each in found if each.state != "removed"), None)

    def licenses(self, team: Team) -> int:
        """Return the number of members that a team may have."""
        return self._licenses[team.team_id]

    def provisioned(self, team: Team) -> list[Member]:
        """Return the members who use a license: those who are active or invited (P5-10)."""
        return [each for each in self.members(team) if each.state in ("active", "invited")]

    def has_license(self, team: Team) -> bool:
        """Return whether a team may have one more member."""
        return len(self.provisioned(team)) < self.licenses(team)

    def find(self, team: Team, field: str, value: str) -> Member | None:
        """Return the present member of a team by ``team_member_id``, ``external_id`` or ``email``.

        Members who were removed are not found (P6-25).
        """
        wanted = value.lower() if field == "email" else value
        for member in self.members(team):
            found = member.email.lower() if field == "email" else getattr(member, field)
            if found == wanted and member.state != "removed":
                return member
        return None

    def invite(self, team: Team, email: str, **fields: Any) -> Member:
        """Invite an address, which is not that of a member of any team."""
        given, surname = name_of_address(email)
        member = self._new(team, email, given, surname, "member_only")
        now = self._clock.seconds
        invited = member._replace(state="invited", invited=now, **fields)
        self._put(invited)
        return invited

    def change(self, member: Member, **fields: Any) -> Member:
        """Replace fields of a member, also the address and the name of the account."""
        changed = member._replace(**fields)
        shared = {name: fields[name] for name in _OF_ACCOUNT if name in fields}
        if shared and changed.account is not None:
            changed = changed._replace(account=self._accounts.replace(changed.account, **shared))
        self._put(changed)
        return changed

    def admins(self, team: Team) -> list[Member]:
        """Return the members who may act for a team."""
        return [member for member in self.members(team) if member.is_admin]

    def _new(self, team: Team, email: str, given: str, surname: str, role: str) -> Member:
        member_id = f"dbmid:{self._chance.token('member', 26)}"
        namespace_id = self._accounts.next_namespace()
        return Member(member_id, team, namespace_id, email, given, surname, role)

    def _join(self, member: Member) -> Member:
        """Create the account of a member, who is active from now on."""
        joined = member._replace(state="active", joined=self._clock.seconds)
        # Before the account is made, so that `enlist` does not add the member again.
        self._put(joined)
        account = self._accounts.create_member(
            team=member.team,
            team_member_id=member.team_member_id,
            namespace_id=member.namespace_id,
            email=member.email,
            given_name=member.given_name,
            surname=member.surname,
        )
        joined = joined._replace(account=account)
        self._put(joined)
        self.joined(joined)
        return joined

    def _put(self, member: Member) -> None:
        key = "member", member.team_member_id
        before = self._members.get(member.team_member_id)
        if before is None:
            self._undo.change(key, self._members.pop, member.team_member_id)
        else:
            self._undo.change(key, self._members.__setitem__, member.team_member_id, before)
        self._members[member.team_member_id] = member

    def _add_team(self, team: Team, licenses: int) -> None:
        self._teams[team.team_id] = team
        self._licenses[team.team_id] = licenses
        key = "team", team.team_id
        self._undo.change(key, self._teams.pop, team.team_id)
        self._undo.change(key, self._licenses.pop, team.team_id)

    # Records

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        for team_id in self._teams:
            yield "team", team_id
        for team_member_id in self._members:
            yield "member", team_member_id

    def record(self, key: Key) -> Values | None:
        """Return a team and the number of its licenses, or a member."""
        part, id_ = key
        if part == "member":
            return self._members.get(id_)
        team = self._teams.get(id_)
        return None if team is None else (team, self._licenses[id_])

    def load(self, part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Add teams, or members, whose accounts are loaded already."""
        for (_, id_), values in rows:
            if part == "member":
                self._members[id_] = Member(*values)
            else:
                self._teams[id_], self._licenses[id_] = values


def name_of_address(email: str) -> tuple[str, str]:
    """Return the given name and the surname that an e-mail address suggests."""
    words = [word.capitalize() for word in email.partition("@")[0].split(".") if word]
    given, *surnames = words or ["Member"]
    return given, " ".join(surnames)


def _roles(members: Iterable[Any]) -> dict[str, str]:
    """Return the role of each member of a new team, by address.

    Raises:
        TypeError, ValueError: they cannot be its members.
    """
    if isinstance(members, (str, bytes)):
        raise TypeError(f"members: expected a collection of addresses, got {members!r}")
    roles: dict[str, str] = {}
    for each in members:
        match each:
            case str() as email:
                role = "member_only" if roles else "team_admin"
            case (str() as email, str() as role):
                pass
            case _:
                raise TypeError(
                    f"members: expected addresses, or pairs of an address and a role, got {each!r}"
                )
        checked_email("members", email)
        if role not in ROLES:
            raise ValueError(f"members: expected a role of {', '.join(ROLES)}, got {role!r}")
        if email.lower() in map(str.lower, roles):
            raise ValueError(f"members: expected each address once, got {email!r} again")
        roles[email] = role
    return roles
