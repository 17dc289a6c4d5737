"""Hypothesis rules that read through shared links: both accounts, and an app without a user."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from dropbox import files
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.machines import _link_metadata
from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import NO_RANGE, Calls, Outcome, kind_of
from fakedropbox.machines._comparison import expect, page_after_page
from fakedropbox.machines._entries import Entry, Refused, refuse
from fakedropbox.machines._example import nth, shown_by
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._link_values import (
    CHILD,
    INSIDE,
    LINK_FORMS,
    LINKS,
    PASSWORDS,
    READERS,
    below,
    has_links,
    link_of,
    password_of,
    person_of,
    reader_of,
)
from fakedropbox.machines._names import fold, is_doc
from fakedropbox.machines._other_forms import thumbnail_of
from fakedropbox.machines._shared_links import DENIED, Link, Person, inside
from fakedropbox.machines._sharing import all_links, check_all
from fakedropbox.machines._values import one_of


class Cursor(NamedTuple):
    """A cursor of a listing through a link, and the person who got it."""

    text: str
    reader: str
    link: int


@precondition(has_links)
@rule(
    reader=READERS, link=LINKS, path=INSIDE, password=PASSWORDS,
    form=st.sampled_from(LINK_FORMS),
    part=st.sampled_from([None, None, None, (0, 0), (1, 2), (1, 99)]),
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
    """Call `sharing_get_shared_link_metadata`, `…_file` or `files_get_thumbnail_v2`.

    A file is read as a whole, or a part of it.
    """
    number, url = link_of(machine, link)
    given = password_of(machine, number, password)
    path = path if path is None or isinstance(path, str) else below(machine, number, path[1])
    machine.settle()
    with machine.example.rule("read_link"):
        calls, person = reader_of(machine, reader)
        if calls is None:
            return
        if what == "thumbnail":
            _read_thumbnail(machine, calls, (number, url + form), path, given, person)
            return

        def predict() -> tuple[Link, Entry]:
            found = machine.accounts.links.opened(person, number, given, machine.now())
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


def _downloadable(link: Link, entry: Entry, part: tuple[int, int] | None) -> tuple[Link, Entry]:
    """Return the link and the entry if the link permits the entry's download (S5-12 to S5-16)."""
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

    predict = partial(_thumbnail, machine, person, number, path, password)
    told = machine.example.expected(predict, outcome)
    if told is not None:
        entry, start = told
        about, response = outcome.result
        meta = about.link_metadata
        expect(machine.example.pairs.real("link", number), meta.url)
        machine.example.pairs.pair("id", entry.id, meta.id)
        machine.example.pairs.pair("rev", entry.rev, meta.rev)
        expect(start, response.content[: len(start)])


def _thumbnail(
    machine: Kernel, person: Person | None, number: int, path: str | None, password: str | None
) -> tuple[Entry, bytes]:
    """Return the file that a link leads to, and the first bytes of its thumbnail (S5-29)."""
    try:
        found = machine.accounts.links.opened(person, number, password, machine.now())
        entry = inside(found, path)
    except Refused as refused:
        tags = [tag.removeprefix("shared_link_") for tag in refused.args]
        raise Refused(*tags) from None
    if entry.content is None:
        raise Refused("path/not_file")
    return entry, thumbnail_of(entry)


# Listing folders through links


@precondition(has_links)
@rule(
    reader=READERS, link=LINKS,
    path=one_of(st.just(""), st.just(""), CHILD, st.sampled_from(["/A", "/nobody", "/a/.."])),
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
    number, url = link_of(machine, link)
    given = password_of(machine, number, password)
    path = path if isinstance(path, str) else below(machine, number, path[1]) or ""
    machine.settle()
    with machine.example.rule("list_linked_folder"):
        calls, person = reader_of(machine, reader)
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
        _cursors(machine).append(Cursor(page.cursor, name, number))
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


def _cursors(machine: Kernel) -> list[Cursor]:
    """Return the cursors of all readers."""
    return machine.accounts.examples["dbx"].notes(LinkCursors).known


def _has_cursors(machine: Kernel) -> bool:
    """Return whether there are cursors; without any link, do not prepare the second account."""
    return has_links(machine) and bool(_cursors(machine))


@precondition(_has_cursors)
@rule(cursor=v.NTH)
def continue_linked_folder(machine: Kernel, cursor: int) -> None:
    """Call `files_list_folder_continue` with an old cursor of a listing through a link."""
    known = nth(_cursors(machine), cursor, None)
    machine.settle()
    with machine.example.rule("continue_linked_folder"):
        calls = machine.accounts.calls_of(known.reader)
        assert calls is not None, "the reader has got the cursor"
        outcome = calls.make("files_list_folder_continue", known.text)
        _check_continued(machine, known, outcome)


def _check_cursor(machine: Kernel, cursor: Cursor) -> None:
    """Compare what an old cursor gives to the reader that got it."""
    calls, method = machine.accounts.calls_of(cursor.reader), "files_list_folder_continue"
    assert calls is not None, "the reader has got the cursor"
    with shown_by(calls, method, cursor.text):
        _check_continued(machine, cursor, calls.peek(method, cursor.text))


def _check_continued(machine: Kernel, cursor: Cursor, outcome: Outcome) -> None:
    """Compare what a cursor gives, which is nothing once its reader may not read the link.

    It works without a password: that was given with the link, and may have changed since.
    """
    if outcome.chain == "reset" and not machine.strict:
        return
    person, link = machine.accounts.person(cursor.reader), machine.accounts.links.known[cursor.link]
    try:
        machine.accounts.links.opened(person, cursor.link, link.settings.password, machine.now())
    except Refused:
        expect("path/not_found", outcome.chain)
        return
    if not outcome.chain:  # otherwise the folder was deleted or moved
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
        link = machine.accounts.links.opened(person, number, password, machine.now())
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
    folder = machine.accounts.examples[link.owner.name].folder
    for key, meta in found.items():
        entry = expected[key]
        _check_paths(link, meta, person)
        expect(entry.name, meta.name)
        machine.example.pairs.pair("id", entry.id, meta.id)
        if link.owner is person:
            machine.example.pairs.check(entry, meta, folder)
        else:
            expect("folder" if entry.content is None else "file", kind_of(meta))
            if entry.content is not None:
                machine.example.pairs.check_revision(entry, entry.content, meta)


def _check_paths(link: Link, meta: Any, person: Person | None) -> None:
    """Check that an entry has paths only for the owner of the link (S5-22)."""
    expect(link.owner is person, meta.path_lower is not None)


# After each step


def check_all_links(machine: Kernel) -> None:
    """Compare the links that both accounts list, and what one of all links gives to each reader.

    Only the accounts themselves list their links. A link that does not work gives nothing.
    """
    if not machine.accounts.links.known:
        return
    for example in machine.accounts.examples.values():
        person, method = person_of(machine, example), "sharing_list_shared_links"
        with shown_by(example.calls, method):
            outcome = example.calls.peek(method)
            expect("", outcome.chain)
            expected = machine.accounts.links.of(person, machine.now())
            found = all_links(example.calls, outcome.result)
            check = partial(_link_metadata.check, reader=person)
            check_all(machine, example, expected, found, check)
    known = [*machine.accounts.links.known]
    number = known[-1 - machine.steps % len(known)]  # a different link after each step
    for name in [*machine.accounts.examples, ""]:
        _check_reader(machine, number, name)
    _check_above(machine, number)
    for cursor in _cursors(machine)[-1:]:
        _check_cursor(machine, cursor)


def _check_above(machine: Kernel, number: int) -> None:
    """Compare the links that are listed for the last entry in a link's folder, or for its file."""
    link = machine.accounts.links.known[number]
    if not link.works(machine.now()):
        return
    top, example = link.linked, machine.accounts.examples[link.owner.name]
    assert top is not None, "the link works"
    path = [*link.owner.tree.listed(top.key, recursive=True)][-1]
    method = "sharing_list_shared_links"
    with shown_by(example.calls, method, example.real(path)):
        outcome = example.calls.peek(method, example.real(path))
        above = partial(
            machine.accounts.links.above, link.owner, path, machine.now(), direct_only=False
        )
        expected = machine.example.expected(above, outcome)
        check = partial(_link_metadata.check, reader=link.owner)
        check_all(machine, example, expected, outcome.result.links, check)


def _check_reader(machine: Kernel, number: int, name: str) -> None:
    """Compare what a link gives to one reader; the metadata also without the right password."""
    link, person = machine.accounts.links.known[number], machine.accounts.person(name)
    calls = machine.accounts.calls_of(name)
    if calls is None:
        return
    url, known = machine.example.pairs.real("link", number), link.settings.password
    for password in dict.fromkeys([known, None, "wrong"]):
        method = "sharing_get_shared_link_metadata"
        with shown_by(calls, method, url, link_password=password):
            outcome = calls.peek(method, url, None, password)
            opened = partial(machine.accounts.links.opened, person, number, password, machine.now())
            found = machine.example.expected(opened, outcome)
            if found is not None:
                _link_metadata.check(machine, found, outcome.result, person)
    method, locked = "files_get_thumbnail_v2", files.PathOrLink.link(files.SharedLinkFileInfo(url))
    with shown_by(calls, method, locked):
        thumbnail = partial(_thumbnail, machine, person, number, None, None)
        machine.example.expected(thumbnail, calls.peek(method, locked))
    method = "sharing_get_shared_link_file"
    with shown_by(calls, method, url, link_password=known):
        outcome = calls.peek(method, url, None, known)

        def predict() -> tuple[Link, Entry]:
            opened = machine.accounts.links.opened(person, number, known, machine.now())
            return _downloadable(opened, inside(opened, None), None)

        told = machine.example.expected(predict, outcome)
        if told is not None:
            meta, response = outcome.result
            _link_metadata.check(machine, told[0], meta, person)
            expect(told[1].content, response.content)
            if told[1].content:
                part = calls.with_headers({"Range": "bytes=0-1"})
                _, response = part.peek(method, url, None, known).success
                expect(told[1].content[:2], response.content)
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
