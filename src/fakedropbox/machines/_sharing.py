"""Hypothesis rules for shared links of two accounts, which both and an app without a user read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from dropbox import files, sharing
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from hypothesis.strategies import SearchStrategy

from fakedropbox.clock import SystemClock
from fakedropbox.machines import _link_metadata
from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import NO_RANGE, Calls, kind_of
from fakedropbox.machines._comparison import NOBODY, expect, page_after_page
from fakedropbox.machines._entries import Entry, Refused, refuse
from fakedropbox.machines._example import UNKNOWN, Example, nth, shown_by
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._names import fold, is_doc
from fakedropbox.machines._other_forms import thumbnail_of
from fakedropbox.machines._shared_links import DENIED, EXISTS, Asked, Link, Person, at, inside
from fakedropbox.machines._values import one_of

_MALFORMED = "https://example.com/scl/fi/a/a.txt"
"""A URL that does not have the form of a link."""

LINK_FORMS = ("", "", "&st=1a2b3c4d", "&st=1&raw=1")
"""Texts that a caller may add to the URL of a link (S1-11, S5-21)."""

_DAY = 24 * 60 * 60

WHO = st.sampled_from(["self", "self", "self", "other"])
READERS = st.sampled_from(["self", "other", "other", "app"])
LINKED = one_of(
    *[st.tuples(st.just("live"), v.NTH, st.just(""))] * 3,
    *[st.tuples(st.just("folder"), v.NTH, st.just(""))] * 3,
    v.READ,
)
OWNERS = st.sampled_from(["owner", "owner", "owner", "self", "other"])
LINKS = one_of(*[st.tuples(st.just("working"), v.NTH)] * 4, st.tuples(st.just("any"), v.NTH))
"""Mostly a link that works, or one that did, or one that never existed."""

PASSWORDS = st.sampled_from(["right", "right", "right", None, "wrong"])
_CHILD = st.tuples(st.just("below"), v.NTH)
INSIDE = one_of(
    st.none(), st.none(), _CHILD, _CHILD, st.sampled_from(["/a", "/A/b", "/nobody", "/a/.."])
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
    _asked(expires=[60, _DAY, -60, 0]),
    _asked(audience=["no_one", "team", "public"]),
    _asked(download=[False, True]),
    _asked(
        password=[None, None, "p", "q"],
        require=[None, None, True, False],
        expires=[None, None, 60, _DAY, -60],
        audience=[None, None, "public", "team", "no_one", "password"],
        visibility=[None, None, None, "public", "team_only", "password"],
        access=[None, None, None, None, "viewer", "max", "default", "editor"],
        download=[None, None, True, False],
    ),
)
"""Settings of a link, or none; the expiry is the number of seconds from the time of the call."""


class Cursor(NamedTuple):
    """A cursor of a listing through a link, and the person who got it."""

    text: str
    reader: str
    link: Any


def _has_links(machine: Kernel) -> bool:
    return bool(machine.links.known)


@precondition(lambda machine: machine.has_other)
@rule()
def switch_account(machine: Kernel) -> None:
    """Let the other account make the calls from now on."""
    machine.switch()


@precondition(lambda machine: _has_links(machine) and not isinstance(machine.clock, SystemClock))
@rule(seconds=st.sampled_from([30, 60, _DAY]))
def wait(machine: Kernel, seconds: int) -> None:
    """Let time pass, so that links expire."""
    machine.pause(seconds)


# Changing


@rule(
    who=WHO, place=LINKED, asked=ASKED,
    is_old=st.sampled_from([False, False, False, False, True]),
)  # fmt: skip
def create_link(machine: Kernel, who: str, place: Any, asked: dict[str, Any] | None, is_old: bool) -> None:
    """Call `sharing_create_shared_link_with_settings`, or the older `sharing_create_shared_link`.

    The error for an item that has a link already may contain the link's metadata (S2-10).
    """
    example = _example(machine, who)
    path, wanted = example.path(place), _dated(machine, asked)
    if is_old and path.startswith("rev:"):
        return  # no fact says if the older route takes a revision
    person, links = _person(machine, example), machine.links
    with example.rule("create_link") as calls:
        if is_old:
            outcome = calls.make("sharing_create_shared_link", example.real(path))
            found = example.expected(
                lambda: links.found_or_created(person, path, machine.now()), outcome
            )
            if found is not None:
                _link_metadata.check_old(machine, found, outcome.result)
            return
        method, given = "sharing_create_shared_link_with_settings", _settings(wanted)
        outcome = calls.make(method, example.real(path), given)
        link = example.expected(lambda: links.create(person, path, wanted, machine.now()), outcome)
        if link is not None:
            _link_metadata.check(machine, link, outcome.result, person)
        elif outcome.chain == f"{EXISTS}/metadata":
            existing = links.to(person, at(person.tree, path), machine.now())
            assert existing is not None, "the model refused the call, too"
            told = outcome.result.get_shared_link_already_exists().get_metadata()
            _link_metadata.check(machine, existing, told, person)


@precondition(_has_links)
@rule(who=OWNERS, link=LINKS, asked=ASKED, forever=st.sampled_from([False, False, True]))
def modify_link(machine: Kernel, who: str, link: Any, asked: dict[str, Any] | None, forever: bool) -> None:
    """Call `sharing_modify_shared_link_settings`."""
    number, url = _url(machine, link)
    example = _owner(machine, number, who)
    wanted = _dated(machine, asked) or Asked()
    known = machine.links.known.get(number)
    if known is not None and not wanted.is_settled(known.settings):
        return
    person, links = _person(machine, example), machine.links
    with example.rule("modify_link") as calls:
        method = "sharing_modify_shared_link_settings"
        outcome = calls.make(method, url, _settings(wanted), remove_expiration=forever)
        changed = example.expected(
            lambda: links.modify(person, number, wanted, forever, machine.now()), outcome
        )
        if changed is not None:
            _link_metadata.check(machine, changed, outcome.result, person)


@precondition(_has_links)
@rule(who=OWNERS, link=LINKS, is_malformed=st.sampled_from([False] * 9 + [True]))
def revoke_link(machine: Kernel, who: str, link: Any, is_malformed: bool) -> None:
    """Call `sharing_revoke_shared_link`."""
    number, url = _url(machine, link)
    example = _owner(machine, number, who)
    person, links = _person(machine, example), machine.links
    with example.rule("revoke_link") as calls:
        if is_malformed:
            outcome = calls.make("sharing_revoke_shared_link", _MALFORMED)
            expect("shared_link_malformed", outcome.chain)
            return
        outcome = calls.make("sharing_revoke_shared_link", url)
        example.expected(lambda: links.revoke(person, number, machine.now()), outcome)


# Listing


@rule(
    who=WHO, place=one_of(st.none(), LINKED), direct_only=st.booleans(),
    is_old=st.sampled_from([False, False, False, True]),
)  # fmt: skip
def list_links(machine: Kernel, who: str, place: Any, direct_only: bool, is_old: bool) -> None:
    """Call `sharing_list_shared_links`, or the older `sharing_get_shared_links`.

    The order of links is not fixed, but known for the links of a path (S4-03, S4-04).
    """
    example = _example(machine, who)
    path = None if place is None else example.path(place)
    if is_old and path is not None and path.startswith("rev:"):
        return  # no fact says if the older route takes a revision
    person, links = _person(machine, example), machine.links

    def predict() -> list[Link]:
        now = machine.now()
        if path is None:
            return links.of(person, now)
        return links.above(person, path, now, direct_only=direct_only and not is_old)

    with example.rule("list_links") as calls:
        real = None if path is None else example.real(path)
        if is_old:
            outcome = calls.make("sharing_get_shared_links", real)
            check, ask = _link_metadata.check_old, partial(_without_details, predict)
        else:
            outcome = calls.make("sharing_list_shared_links", real, direct_only=direct_only)
            check, ask = partial(_link_metadata.check, reader=person), predict
        expected = example.expected(ask, outcome)
        if expected is None:
            return
        found = outcome.result.links
        if not is_old and path is None:
            found = [*found, *_later(calls, outcome.result)]
            _check_cursor(machine, example, outcome.result.cursor)
        elif not is_old:
            expect((False, None), (outcome.result.has_more, outcome.result.cursor))  # S4-12
        _check_all(machine, example, expected, found, check)
        if example.strict and path is not None:
            numbers = [machine.pairs.number("link", meta.url) for meta in found]
            expect([link.number for link in expected], numbers)


def _check_cursor(machine: Kernel, example: Example, cursor: str) -> None:
    """Compare what a cursor gives to another account, which is nothing (S4-15)."""
    for name, each in machine.examples.items():
        if name != example.name:
            outcome = each.calls.make("sharing_list_shared_links", cursor=cursor)
            expect("reset", outcome.chain)


def _without_details(predict: Callable[[], list[Link]]) -> list[Link]:
    """Return a prediction; a refusal has the tag ``path`` alone, as in the older error (S7-12)."""
    try:
        return predict()
    except Refused:
        raise Refused("path") from None


def _later(calls: Calls, page: Any) -> list[Any]:
    """Return the links of all pages after one (S4-13)."""
    later: list[Any] = []
    for _ in page_after_page():
        if not page.has_more:
            break
        outcome = calls.make("sharing_list_shared_links", cursor=page.cursor)
        expect("", outcome.chain)
        page = outcome.result
        later += page.links
    return later


def _check_all(
    machine: Kernel,
    example: Example,
    expected: list[Link],
    found: list[Any],
    check: Callable[[Kernel, Link, Any], None],
) -> None:
    """Compare a list of links, leaving out those to items outside the machine's own folder."""
    urls = {machine.pairs.real("link", link.number): link for link in expected}
    ours = found
    if example.folder:
        ours = [meta for meta in found if meta.url in urls or _is_ours(example, meta)]
    expect(sorted(urls), sorted(meta.url for meta in ours))
    for meta in ours:
        check(machine, urls[meta.url], meta)


def _is_ours(example: Example, meta: Any) -> bool:
    path = getattr(meta, "path_lower", None) or fold(getattr(meta, "path", ""))
    return path.startswith(fold(example.folder) + "/")


# Reading


@precondition(_has_links)
@rule(
    reader=READERS, link=LINKS, path=INSIDE, password=PASSWORDS,
    form=st.sampled_from(LINK_FORMS), part=st.sampled_from([None, None, None, (0, 0), (1, 2), (1, 99)]),
    what=st.sampled_from(["metadata", "file", "file", "thumbnail"]),
)  # fmt: skip
def read_link(
    machine: Kernel,
    reader: str,
    link: Any,
    path: Any,
    password: str | None,
    form: str,
    part: tuple[int, int] | None,
    what: str,
) -> None:
    """Call `sharing_get_shared_link_metadata`, `sharing_get_shared_link_file`, for a part of it,
    too, or `files_get_thumbnail_v2`."""
    number, url = _url(machine, link)
    given = _password(machine, number, password)
    path = path if path is None or isinstance(path, str) else _below(machine, number, path[1])
    machine.settle()
    with machine.example.rule("read_link"):
        calls, person = _reader(machine, reader)
        if calls is None:
            return
        if what == "thumbnail":
            _read_thumbnail(machine, calls, (number, url + form), path, given, person)
            return

        def predict() -> tuple[Link, Entry]:
            found = machine.links.opened(person, number, given, machine.now())
            return found, inside(found, path)

        if what == "metadata":
            outcome = calls.make(
                "sharing_get_shared_link_metadata", url + form, path, link_password=given
            )
            told = machine.example.expected(predict, outcome)
            if told is not None:
                _link_metadata.check(machine, told[0], outcome.result, person, told[1])
            return
        if part is not None:
            calls = calls.with_headers({"Range": f"bytes={part[0]}-{part[1]}"})
        outcome = calls.make("sharing_get_shared_link_file", url + form, path, link_password=given)
        told = machine.example.expected(lambda: _downloadable(*predict(), part), outcome)
        if told is None:
            return
        meta, response = outcome.result
        _link_metadata.check(machine, told[0], meta, person, told[1])
        content = told[1].content or b""
        if part is None:
            expect(content, response.content)
        else:
            expect(content[part[0] : part[1] + 1], response.content)


def _downloadable(
    link: Link, entry: Entry, part: tuple[int, int] | None
) -> tuple[Link, Entry]:
    """Return what was given if the link gives the data of the entry (S5-12 to S5-16)."""
    wrong = ["shared_link_is_directory"] * (entry.content is None)
    wrong += ["unsupported_link_type"] * is_doc(entry.name)
    wrong += [DENIED] * (not link.settings.allow_download)
    is_beyond = part is not None and part[0] >= len(entry.content or b"")
    refuse(wrong or [NO_RANGE] * is_beyond)
    return link, entry


def _read_thumbnail(
    machine: Kernel,
    calls: Calls,
    named: tuple[int, str],
    path: str | None,
    password: str | None,
    person: Person | None,
) -> None:
    """Call `files_get_thumbnail_v2` (S5-29)."""
    number, url = named
    info = files.SharedLinkFileInfo(url, path, password)
    outcome = calls.make("files_get_thumbnail_v2", files.PathOrLink.link(info))

    def predict() -> tuple[Entry, bytes]:
        try:
            found = machine.links.opened(person, number, password, machine.now())
            entry = inside(found, path)
        except Refused as refused:
            tags = [tag.removeprefix("shared_link_") for tag in refused.args]
            raise Refused(*tags) from None
        if entry.content is None:
            raise Refused("path/not_file")
        return entry, thumbnail_of(entry)

    told = machine.example.expected(predict, outcome)
    if told is not None:
        entry, start = told
        about, response = outcome.result
        meta = about.link_metadata
        expect(machine.pairs.real("link", number), meta.url)
        machine.pairs.pair("id", entry.id, meta.id)
        machine.pairs.pair("rev", entry.rev, meta.rev)
        expect(start, response.content[: len(start)])


# Listing folders through links


@precondition(_has_links)
@rule(
    reader=READERS, link=LINKS,
    path=one_of(st.just(""), st.just(""), _CHILD, st.sampled_from(["/A", "/nobody", "/a/.."])),
    password=PASSWORDS, form=st.sampled_from(LINK_FORMS), limit=v.LIMITS, to_end=v.TO_END,
)  # fmt: skip
def list_linked_folder(
    machine: Kernel,
    reader: str,
    link: Any,
    path: Any,
    password: str | None,
    form: str,
    limit: int | None,
    to_end: bool,
) -> None:
    """Call `files_list_folder` with a shared link (S5-22, S5-26 to S5-28)."""
    number, url = _url(machine, link)
    given = _password(machine, number, password)
    path = path if isinstance(path, str) else _below(machine, number, path[1]) or ""
    machine.settle()
    with machine.example.rule("list_linked_folder"):
        calls, person = _reader(machine, reader)
        if calls is None:
            return
        through = files.SharedLink(url + form, given)
        outcome = calls.make("files_list_folder", path, limit=limit, shared_link=through)

        def predict() -> tuple[Link, str]:
            return _listable(machine, person, number, path, given)

        told = machine.example.expected(predict, outcome)
        if told is None:
            return
        name = "" if person is None else person.name
        page, entries = outcome.result, list(outcome.result.entries)
        cursors = machine.example.notes(LinkCursors).known
        cursors.append(Cursor(page.cursor, name, number))
        for _ in page_after_page():
            if not page.has_more or not to_end:
                break
            outcome = calls.make("files_list_folder_continue", page.cursor)
            if outcome.chain == "reset" and not machine.strict:
                return
            expect("", outcome.chain)
            page = outcome.result
            entries += page.entries
        _check_listed(machine, told, entries, person, is_whole=not page.has_more)


class LinkCursors:
    """The cursors of listings through links, oldest first."""

    def __init__(self) -> None:
        self.known: list[Cursor] = []


@precondition(lambda machine: machine.example.notes(LinkCursors).known)
@rule(cursor=v.NTH)
def continue_linked_folder(machine: Kernel, cursor: int) -> None:
    """Call `files_list_folder_continue` with an old cursor of a listing through a link.

    Such a cursor works as long as its reader may read the link, whatever its password is now.
    """
    known = nth(machine.example.notes(LinkCursors).known, cursor, None)
    assert known is not None
    machine.settle()
    with machine.example.rule("continue_linked_folder"):
        calls = machine.calls_of(known.reader)
        person = machine.person(known.reader)
        outcome = calls.make("files_list_folder_continue", known.text)
        if outcome.chain == "reset" and not machine.strict:
            return
        try:
            link = machine.links.known[known.link]
            machine.links.opened(person, known.link, link.settings.password, machine.now())
        except Refused:
            expect("path/not_found", outcome.chain)
            return
        if outcome.chain:
            return  # the folder of the listing may be deleted or moved
        for meta in outcome.result.entries:
            _check_paths(link, meta, person)


def _listable(
    machine: Kernel,
    person: Person | None,
    number: int,
    path: str,
    password: str | None,
) -> tuple[Link, str]:
    """Return the link, and the key of the folder that it lists."""
    try:
        link = machine.links.opened(person, number, password, machine.now())
    except Refused:
        raise Refused("path/not_found") from None
    top = inside(link, None)
    refuse(["path/not_folder"] if top.content is not None else [])
    return link, link.owner.tree.folder(top.key + path)


def _check_listed(
    machine: Kernel,
    told: tuple[Link, str],
    entries: list[Any],
    person: Person | None,
    *,
    is_whole: bool,
) -> None:
    """Compare the entries that a listing through a link shows."""
    link, top = told
    inside_ = link.owner.tree.listed(top, recursive=False).values()
    expected = {fold(entry.name): entry for entry in inside_}
    found = {fold(meta.name): meta for meta in entries}
    expect(len(found), len(entries))
    expect(True, found.keys() <= expected.keys())
    if is_whole:
        expect(sorted(expected), sorted(found))
    folder = machine.examples[link.owner.name].folder
    for key, meta in found.items():
        entry = expected[key]
        _check_paths(link, meta, person)
        expect(entry.name, meta.name)
        machine.pairs.pair("id", entry.id, meta.id)
        if link.owner is person:
            machine.pairs.check(entry, meta, folder)
        else:
            expect("folder" if entry.content is None else "file", kind_of(meta))
            if entry.content is not None:
                machine.pairs.check_revision(entry, entry.content, meta)


def _check_paths(link: Link, meta: Any, person: Person | None) -> None:
    """Compare if an entry has paths: only the owner of the link sees them (S5-22)."""
    expect(link.owner is person, meta.path_lower is not None)


# After each step


def check_all_links(machine: Kernel) -> None:
    """Compare the lists of links of both accounts, and what everybody may read of some links.

    Only the accounts themselves list their links. A link that does not work gives nothing.
    """
    if not machine.links.known:
        return
    for name, example in machine.examples.items():
        person, method = _person(machine, example), "sharing_list_shared_links"
        with shown_by(example.calls, method):
            outcome = example.calls.peek(method)
            expect("", outcome.chain)
            expected = machine.links.of(person, machine.now())
            found = [*outcome.result.links, *_later(example.calls, outcome.result)]
            check = partial(_link_metadata.check, reader=person)
            _check_all(machine, example, expected, found, check)
    known = [*machine.links.known]
    turn = machine.steps % len(known)  # a different link after each step, and always the newest
    for number in dict.fromkeys([known[turn], known[-1]]):
        for name in [*machine.examples, ""]:
            _check_reader(machine, number, name)


def _check_reader(machine: Kernel, number: int, name: str) -> None:
    """Compare what one reader may read of a link, with its password and without one."""
    link, person = machine.links.known[number], machine.person(name)
    calls = machine.calls_of(name)
    if calls is None:
        return
    url, known = machine.pairs.real("link", number), link.settings.password
    for password in dict.fromkeys([known, None]):
        open_ = partial(machine.links.opened, person, number, password)
        method = "sharing_get_shared_link_metadata"
        with shown_by(calls, method, url, link_password=password):
            outcome = calls.peek(method, url, None, password)
            told = machine.example.expected(lambda open_=open_: open_(machine.now()), outcome)
            if told is not None:
                _link_metadata.check(machine, told, outcome.result, person)
    method = "sharing_get_shared_link_file"
    with shown_by(calls, method, url, link_password=known):
        outcome = calls.peek(method, url, None, known)

        def predict() -> tuple[Link, Entry]:
            found = machine.links.opened(person, number, known, machine.now())
            return _downloadable(found, inside(found, None), None)

        told = machine.example.expected(predict, outcome)
        if told is not None:
            meta, response = outcome.result
            _link_metadata.check(machine, told[0], meta, person)
            expect(told[1].content, response.content)
    method, through = "files_list_folder", files.SharedLink(url, known)
    with shown_by(calls, method, "", shared_link=through):
        outcome = calls.peek(method, "", shared_link=through)
        expected = machine.example.expected(
            lambda: _listable(machine, person, number, "", known), outcome
        )
        if expected is not None:
            _check_listed(
                machine, expected, outcome.result.entries, person,
                is_whole=not outcome.result.has_more,
            )  # fmt: skip


# The meaning of drawn values


def _example(machine: Kernel, who: str) -> Example:
    """Return the example of the current account, or of the other one if there is one."""
    return machine.other if who == "other" and machine.has_other else machine.example


def _person(machine: Kernel, example: Example) -> Person:
    person = machine.person(example.name)
    assert person is not None, "an example is that of an account"
    return person


def _reader(machine: Kernel, reader: str) -> tuple[Calls | None, Person | None]:
    """Return the calls of a reader, and the person; no calls if the machine has no such reader."""
    name = "" if reader == "app" else _example(machine, reader).name
    return machine.calls_of(name), machine.person(name)


def _owner(machine: Kernel, number: int, who: str) -> Example:
    """Return the example of a link's owner, or of the account that is drawn."""
    link = machine.links.known.get(number)
    if who == "owner" and link is not None:
        return machine.examples[link.owner.name]
    return _example(machine, who)


def _url(machine: Kernel, link: tuple[str, int]) -> tuple[int, str]:
    """Return a link for the model and its URL; for 8, a link that does not exist."""
    kind, index = link
    known = machine.links.known
    working = [number for number, each in known.items() if each.works(machine.now())]
    if kind == "working" and working:
        number = nth(working, index, NOBODY)
    else:
        number = nth([] if index == UNKNOWN else [*known], index, NOBODY)
    return number, machine.pairs.real("link", number)


def _below(machine: Kernel, number: int, index: int) -> str | None:
    """Return the path of something in a linked folder; None if nothing is in it."""
    link = machine.links.known.get(number)
    top = None if link is None else link.linked
    if link is None or top is None:
        return None
    keys = [key for key in link.owner.tree.listed(top.key, recursive=True) if key != top.key]
    key: str | None = nth(keys, index, None)
    return None if key is None else key.removeprefix(top.key)


def _password(machine: Kernel, number: int, password: str | None) -> str | None:
    """Return a password that a reader gives; ``right`` stands for that of the link."""
    link = machine.links.known.get(number)
    if password == "right":
        return None if link is None else link.settings.password
    return password


def _dated(machine: Kernel, asked: dict[str, Any] | None) -> Asked | None:
    """Return settings with a time of expiry; on real time, no link expires during an example."""
    if asked is None:
        return None
    wanted = Asked(**asked)
    if wanted.expires is None:
        return wanted
    later = wanted.expires
    if isinstance(machine.clock, SystemClock):
        later = _DAY if later > 0 else -_DAY
    return wanted._replace(expires=machine.now() + later)


def _settings(asked: Asked | None) -> Any:
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
        "requested_visibility": None if visibility is None else sharing.RequestedVisibility(visibility),
        "allow_download": download,
    }
    return sharing.SharedLinkSettings(
        **{name: value for name, value in given.items() if value is not None}
    )
