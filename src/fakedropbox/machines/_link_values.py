"""The drawn values of the rules for shared links, and what they stand for."""

from __future__ import annotations

from typing import Any

from dropbox import sharing
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fakedropbox.clock import SystemClock
from fakedropbox.machines import _link_metadata
from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import Calls
from fakedropbox.machines._comparison import NOBODY
from fakedropbox.machines._example import UNKNOWN, Example, nth
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._shared_links import Asked, Person
from fakedropbox.machines._values import one_of

LINK_FORMS = ("", "", "&st=1a2b3c4d", "&st=1&raw=1")
"""Texts that a caller may add to the URL of a link (S1-11, S5-21)."""

DAY = 24 * 60 * 60

WHO = st.sampled_from(["self", "self", "self", "other"])
READERS = st.sampled_from(["self", "other", "other", "app"])
LINKED = one_of(
    *[st.tuples(st.just("live"), v.NTH, st.just(""))] * 3,
    *[v.FOLDER] * 3,
    v.READ,
)
OWNERS = st.sampled_from(["owner", "owner", "owner", "self", "other"])
LINKS = one_of(*[st.tuples(st.just("working"), v.NTH)] * 4, st.tuples(st.just("any"), v.NTH))
"""Mostly a link that works, or one that did, or one that never existed."""

PASSWORDS = st.sampled_from(["right", "right", "right", None, "wrong"])
CHILD = st.tuples(st.just("below"), v.NTH)
INSIDE = one_of(
    st.none(), st.none(), CHILD, CHILD, st.sampled_from(["/a", "/A/b", "/nobody", "/a/.."])
)
"""A path in a linked folder: mostly none, or that of something in it."""


def _asked(**fields: Any) -> SearchStrategy[dict[str, Any]]:
    """Generate settings as dictionaries without those that are None."""
    return st.fixed_dictionaries({name: st.sampled_from(fields[name]) for name in fields}).map(
        lambda given: {name: value for name, value in given.items() if value is not None}
    )


ASKED = one_of(
    st.none(),
    st.just({}),
    _asked(password=["p", "q"], require=[None, True]),
    _asked(require=[False]),
    _asked(expires=[60, DAY, -60, 0]),
    _asked(audience=["no_one", "team", "public"]),
    _asked(download=[False, True]),
    _asked(
        password=[None, None, "p", "q"],
        require=[None, None, True, False],
        expires=[None, None, 60, DAY, -60],
        audience=[None, None, "public", "team", "no_one", "password"],
        visibility=[None, None, None, "public", "team_only", "password"],
        access=[None, None, None, None, "viewer", "max", "default", "editor"],
        download=[None, None, True, False],
    ),
)
"""Settings of a link, or none; the expiry is the number of seconds from the time of the call."""

CHANGES = one_of(
    _asked(audience=["no_one", "team", "public"]),
    _asked(audience=["no_one", "public"]),
    _asked(download=[False, True]),
    _asked(require=[False, True]),
    _asked(password=["p", "q"]),
    _asked(expires=[60, DAY, -60, 0]),
    ASKED,
)
"""Settings for a change of a link: mostly one, which must leave the others as they are."""


def has_links(machine: Kernel) -> bool:
    return bool(machine.accounts.links.known)


def example_of(machine: Kernel, who: str) -> Example:
    """Return the example of the current account, or of the other account if ``who`` is "other"."""
    return (
        machine.accounts.other if who == "other" and machine.accounts.has_other else machine.example
    )


def person_of(machine: Kernel, example: Example) -> Person:
    person = machine.accounts.person(example.name)
    assert person is not None, "an example is that of an account"
    return person


def reader_of(machine: Kernel, reader: str) -> tuple[Calls | None, Person | None]:
    """Return the calls of a reader, and the person; no calls if the machine has no such reader."""
    name = "" if reader == "app" else example_of(machine, reader).name
    return machine.accounts.calls_of(name), machine.accounts.person(name)


def owner_of(machine: Kernel, number: int, who: str) -> Example:
    """Return the example of a link's owner, or of the account that is drawn."""
    link = machine.accounts.links.known.get(number)
    if who == "owner" and link is not None:
        return machine.accounts.examples[link.owner.name]
    return example_of(machine, who)


def link_of(machine: Kernel, link: tuple[str, int]) -> tuple[int, str]:
    """Return a link for the model and its URL; for `UNKNOWN`, a link that does not exist."""
    kind, index = link
    known = machine.accounts.links.known
    working = [number for number, each in known.items() if each.works(machine.now())]
    if kind == "working" and working:
        number = nth(working, index, NOBODY)
    else:
        number = nth([] if index == UNKNOWN else [*known], index, NOBODY)
    return number, machine.example.pairs.real("link", number)


def below(machine: Kernel, number: int, index: int) -> str | None:
    """Return the path of something in a linked folder; None if nothing is in it."""
    link = machine.accounts.links.known.get(number)
    top = None if link is None else link.linked
    if link is None or top is None:
        return None
    keys = [key for key in link.owner.tree.listed(top.key, recursive=True) if key != top.key]
    key: str | None = nth(keys, index, None)
    return None if key is None else key.removeprefix(top.key)


def password_of(machine: Kernel, number: int, password: str | None) -> str | None:
    """Return a password that a reader gives; ``right`` stands for that of the link."""
    link = machine.accounts.links.known.get(number)
    if password == "right":  # noqa: S105 -- a word that stands for the password
        return None if link is None else link.settings.password
    return password


def dated(machine: Kernel, asked: dict[str, Any] | None) -> Asked | None:
    """Return settings with a time of expiry; on real time, no link expires during an example."""
    if asked is None:
        return None
    wanted = Asked(**asked)
    if wanted.expires is None:
        return wanted
    later = wanted.expires
    if isinstance(machine.clock, SystemClock):
        later = DAY if later > 0 else -DAY
    return wanted._replace(expires=machine.now() + later)


def settings_of(asked: Asked | None) -> Any:
    """Return settings as the SDK's objects."""
    if asked is None:
        return None
    password, require, expires, audience, visibility, access, download = asked
    given = {
        "require_password": require,
        "link_password": password,
        "expires": None if expires is None else _link_metadata.moment(expires),
        "audience": None if audience is None else sharing.LinkAudience(audience),
        "access": None if access is None else sharing.RequestedLinkAccessLevel(access),
        "requested_visibility": None
        if visibility is None
        else sharing.RequestedVisibility(visibility),
        "allow_download": download,
    }
    return sharing.SharedLinkSettings(
        **{name: value for name, value in given.items() if value is not None}
    )
