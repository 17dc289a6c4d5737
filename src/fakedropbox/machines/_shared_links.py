"""Shared links of the model: their settings, and the people who may read and change them.

Accounts are named by the names of their clients; an app without a user has no name. Times are
seconds on the service's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from fakedropbox.machines._entries import Entry, Refused, refuse
from fakedropbox.machines._names import fold, is_in, is_malformed
from fakedropbox.machines._tree import Tree

NOT_FOUND, DENIED = "shared_link_not_found", "shared_link_access_denied"
EXISTS = "shared_link_already_exists"
_INVALID, _NOT_AUTHORIZED = "settings_error/invalid_settings", "settings_error/not_authorized"
_AUDIENCES = {
    "public": "public",
    "password": "public",
    "team": "team",
    "team_only": "team",
    "no_one": "no_one",
}
"""The audience of a link, for each audience or visibility that a caller may ask for."""


class Person(NamedTuple):
    """An account: its files, its plan, the id of its team, or "", and if its e-mail is verified."""

    name: str
    tree: Tree
    plan: str
    team: str
    is_verified: bool = True

    def check_verified(self) -> None:
        """Refuse an account whose e-mail address is not verified (S2-26, S2-31)."""
        refuse([] if self.is_verified else ["email_not_verified"])


class Settings(NamedTuple):
    """A link's settings; ``shows_audience`` is True if an audience or access was given (S3-20)."""

    audience: str = "public"
    password: str | None = None
    expires: int | None = None
    allow_download: bool = True
    shows_audience: bool = False

    @property
    def visibility(self) -> str:
        """The resolved visibility (S3-21)."""
        if self.audience == "no_one":
            return "no_one"
        if self.audience == "team":
            return "team_only" if self.password is None else "team_and_password"
        return "public" if self.password is None else "password"


class Asked(NamedTuple):
    """The settings that a caller asks for; those that it does not give are None."""

    password: str | None = None
    require: bool | None = None
    expires: int | None = None
    audience: str | None = None
    visibility: str | None = None
    access: str | None = None
    download: bool | None = None

    @property
    def wants_password(self) -> bool:
        """True if the link is to have a password."""
        kinds = (self.audience, self.visibility)
        return self.password is not None or self.require is True or "password" in kinds

    def errors(self, plan: str, before: Settings, now: int) -> list[str]:
        """Return the errors of these settings for a link with earlier settings (S2-14 to -24)."""
        costs = self.wants_password or self.expires is not None or self.download is False
        is_team = self.audience == "team" or self.visibility == "team_only"
        is_refused = (costs and plan == "basic") or (is_team and plan != "business")
        shows_both = self.audience is not None and self.visibility is not None
        is_invalid = (
            (self.expires is not None and self.expires <= now)
            or (self.wants_password and self.password is None and before.password is None)
            or (self.wants_password and (self.require is False or self.visibility == "public"))
            or (shows_both and _of(self.audience) != _of(self.visibility))
            or self.access == "editor"
        )
        return [_NOT_AUTHORIZED] * is_refused + [_INVALID] * is_invalid

    def applied(self, before: Settings) -> Settings:
        """Return the settings of a link after it got these ones; the others stay (S6-03)."""
        is_open = self.require is False or self.visibility == "public"  # S6-09
        kept = None if is_open else before.password
        return Settings(
            _of(self.audience) or _of(self.visibility) or before.audience,
            kept if self.password is None else self.password,
            before.expires if self.expires is None else self.expires,
            before.allow_download if self.download is None else self.download,
            before.shows_audience or self.audience is not None or self.access is not None,
        )

    def is_settled(self, before: Settings) -> bool:
        """Return whether facts give the result of these settings for a link with earlier settings.

        No fact says what the older ``requested_visibility`` does to an audience or a password.
        """
        is_plain = before.audience == "public" and before.password is None
        return is_plain or self.visibility is None


def _of(kind: str | None) -> str | None:
    return None if kind is None else _AUDIENCES[kind]


@dataclass
class Link:
    """A link to the file or folder ``item`` of an account."""

    number: int
    owner: Person
    item: int
    settings: Settings
    is_revoked: bool = False

    def works(self, now: int) -> bool:
        """Return whether the link is not revoked, not expired, and has an item (S1-20, S1-22)."""
        expires = self.settings.expires
        is_expired = expires is not None and expires <= now
        return not self.is_revoked and not is_expired and self.linked is not None

    @property
    def linked(self) -> Entry | None:
        """The linked entry, wherever it is now (S1-17); None if it is deleted."""
        living = self.owner.tree.live.values()
        return next((entry for entry in living if entry.id == self.item), None)

    def is_read_by(self, reader: Person | None) -> bool:
        """Return whether a reader belongs to the audience (S5-17, S5-18)."""
        audience, owner = self.settings.audience, self.owner
        if audience == "public" or reader is owner:
            return True
        is_mate = reader is not None and owner.team != "" and reader.team == owner.team
        return audience == "team" and is_mate


class SharedLinks:
    """The links of all accounts, by number, oldest first."""

    def __init__(self) -> None:
        self.known: dict[int, Link] = {}

    # Changing

    def create(self, owner: Person, path: str, asked: Asked | None, now: int) -> Link:
        """Create a link (S2-01 to S2-37)."""
        owner.check_verified()
        item = at(owner.tree, path)
        wrong = [] if asked is None else asked.errors(owner.plan, Settings(), now)
        existing = self.to(owner, item, now)
        if existing is not None:  # S2-10, S2-11
            wrong.append(f"{EXISTS}/metadata" if asked in (None, Asked()) else EXISTS)
        refuse(wrong)
        return self._add(owner, item, (asked or Asked()).applied(Settings()))

    def found_or_created(self, owner: Person, path: str, now: int) -> Link:
        """Return the link of an item, which is created if there is none (S7-03)."""
        item = at(owner.tree, path)
        return self.to(owner, item, now) or self._add(owner, item, Settings())

    def modify(self, caller: Person, number: int, asked: Asked, forever: bool, now: int) -> Link:
        """Change the settings of a link; ``forever`` removes its expiry (S6-01 to S6-12)."""
        caller.check_verified()
        link = self._own(caller, number, now)
        if asked == Asked() and not forever:
            raise Refused(_INVALID)
        wrong = asked.errors(caller.plan, link.settings, now)
        if asked.access is not None or (forever and asked.expires is not None):
            wrong.append(_INVALID)
        refuse(wrong)
        link.settings = asked.applied(link.settings)
        if forever:
            link.settings = link.settings._replace(expires=None)
        return link

    def revoke(self, caller: Person, number: int, now: int) -> None:
        """End a link (S6-13 to S6-20)."""
        self._own(caller, number, now).is_revoked = True

    def _add(self, owner: Person, item: Entry, settings: Settings) -> Link:
        number = next(owner.tree.numbers)
        link = self.known[number] = Link(number, owner, item.id, settings)
        return link

    def _own(self, caller: Person, number: int, now: int) -> Link:
        link = self._working(number, now)
        refuse([] if link.owner is caller else [DENIED])
        return link

    # Reading

    def to(self, owner: Person, item: Entry, now: int) -> Link | None:
        """Return the working link of an account to an item."""
        return next((link for link in self.of(owner, now) if link.item == item.id), None)

    def of(self, owner: Person, now: int) -> list[Link]:
        """Return the working links of an account (S4-11, S4-18)."""
        return [link for link in self.known.values() if link.owner is owner and link.works(now)]

    def above(self, owner: Person, path: str, now: int, *, direct_only: bool) -> list[Link]:
        """Return the links of an item and of its parents, the item's first (S4-02 to S4-05)."""
        item, found = at(owner.tree, path), {}
        for link in self.of(owner, now):
            linked = link.linked
            assert linked is not None, "the link works"
            if linked is item or (not direct_only and is_in(item.key, linked.key)):
                found[linked.key] = link
        return [found[key] for key in sorted(found, key=len, reverse=True)]

    def opened(self, reader: Person | None, number: int, password: str | None, now: int) -> Link:
        """Return a link that a reader may read with this password (S5-02 to S5-06, S5-30)."""
        link = self._working(number, now)
        needed = link.settings.password
        if not link.is_read_by(reader) or needed not in (None, password):
            raise Refused(DENIED)
        return link

    def _working(self, number: int, now: int) -> Link:
        link = self.known.get(number)
        if link is None or not link.works(now):
            raise Refused(NOT_FOUND)
        return link


def at(tree: Tree, path: str) -> Entry:
    """Return the existing entry at a path, or the current one of a revision's file (S2-35)."""
    found = tree.at(path)
    if not path.startswith("rev:"):
        return found
    living = [entry for entry in tree.live.values() if entry.id == found.id]
    refuse([] if living else ["path/not_found"])
    return living[0]


def inside(link: Link, path: str | None) -> Entry:
    """Return the linked entry, or the one at a path in the linked folder (S5-07 to S5-10)."""
    top = link.linked
    assert top is not None, "the link works"
    if path is None:
        return top
    found = link.owner.tree.live.get(top.key + fold(path))
    if found is None or top.content is not None or is_malformed(path):
        raise Refused(NOT_FOUND)
    return found
