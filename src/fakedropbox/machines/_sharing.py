"""Hypothesis rules that create, change, revoke and list shared links in two accounts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.clock import SystemClock
from fakedropbox.machines import _link_metadata
from fakedropbox.machines._calls import Calls
from fakedropbox.machines._comparison import expect, page_after_page
from fakedropbox.machines._entries import Refused
from fakedropbox.machines._example import Example
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._link_values import (
    ASKED,
    CHANGES,
    DAY,
    LINKED,
    LINKS,
    OWNERS,
    WHO,
    dated,
    example_of,
    has_links,
    link_of,
    owner_of,
    person_of,
    settings_of,
)
from fakedropbox.machines._names import fold
from fakedropbox.machines._shared_links import EXISTS, Asked, Link, at
from fakedropbox.machines._values import one_of

_MALFORMED = "https://example.com/scl/fi/a/a.txt"
"""A URL that does not have the form of a link."""


@precondition(lambda machine: machine.accounts.has_other)
@rule()
def switch_account(machine: Kernel) -> None:
    """Let the other account make the calls from now on."""
    machine.accounts.switch()


@precondition(lambda machine: has_links(machine) and not isinstance(machine.clock, SystemClock))
@rule(seconds=st.sampled_from([30, 60, DAY]))
def wait(machine: Kernel, seconds: int) -> None:
    """Let time pass, so that links expire."""
    machine.example.calls.wait(seconds)


# Changing


@rule(
    who=WHO, place=LINKED, asked=ASKED,
    is_old=st.sampled_from([False, False, False, False, True]),
)  # fmt: skip
def create_link(
    machine: Kernel, who: str, place: Any, asked: dict[str, Any] | None, is_old: bool
) -> None:
    """Call `sharing_create_shared_link_with_settings`, or the older `sharing_create_shared_link`.

    The error for an item that has a link already may contain the link's metadata (S2-10).
    """
    example = example_of(machine, who)
    path, wanted = example.path(place), dated(machine, asked)
    if is_old and path.startswith("rev:"):
        return  # no fact says if the older route takes a revision
    person, links = person_of(machine, example), machine.accounts.links
    with example.rule("create_link") as calls:
        if is_old:
            outcome = calls.make("sharing_create_shared_link", example.real(path))
            found = example.expected(
                lambda: links.found_or_created(person, path, machine.now()), outcome
            )
            if found is not None:
                _link_metadata.check_old(machine, found, outcome.result)
            return
        method, given = "sharing_create_shared_link_with_settings", settings_of(wanted)
        outcome = calls.make(method, example.real(path), given)
        link = example.expected(lambda: links.create(person, path, wanted, machine.now()), outcome)
        if link is not None:
            _link_metadata.check(machine, link, outcome.result, person)
        elif outcome.chain == f"{EXISTS}/metadata":
            existing = links.to(person, at(person.tree, path), machine.now())
            assert existing is not None, "the model refused the call, too"
            told = outcome.result.get_shared_link_already_exists().get_metadata()
            _link_metadata.check(machine, existing, told, person)


@precondition(has_links)
@rule(who=OWNERS, link=LINKS, asked=CHANGES, forever=st.sampled_from([False, False, True]))
def modify_link(
    machine: Kernel, who: str, link: Any, asked: dict[str, Any] | None, forever: bool
) -> None:
    """Call `sharing_modify_shared_link_settings`."""
    number, url = link_of(machine, link)
    example = owner_of(machine, number, who)
    wanted = dated(machine, asked) or Asked()
    known = machine.accounts.links.known.get(number)
    if known is not None and not wanted.is_settled(known.settings):
        return
    person, links = person_of(machine, example), machine.accounts.links
    with example.rule("modify_link") as calls:
        method = "sharing_modify_shared_link_settings"
        outcome = calls.make(method, url, settings_of(wanted), remove_expiration=forever)
        changed = example.expected(
            lambda: links.modify(person, number, wanted, forever, machine.now()), outcome
        )
        if changed is not None:
            _link_metadata.check(machine, changed, outcome.result, person)


@precondition(has_links)
@rule(who=OWNERS, link=LINKS, is_malformed=st.sampled_from([False] * 9 + [True]))
def revoke_link(machine: Kernel, who: str, link: Any, is_malformed: bool) -> None:
    """Call `sharing_revoke_shared_link`."""
    number, url = link_of(machine, link)
    example = owner_of(machine, number, who)
    person, links = person_of(machine, example), machine.accounts.links
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
    example = example_of(machine, who)
    path = None if place is None else example.path(place)
    if is_old and path is not None and path.startswith("rev:"):
        return  # no fact says if the older route takes a revision
    person, links = person_of(machine, example), machine.accounts.links

    def predict() -> list[Link]:
        now = machine.now()
        if path is None:
            return links.of(person, now)
        return links.above(person, path, now, direct_only=direct_only and not is_old)

    with example.rule("list_links") as calls:
        real = None if path is None else example.real(path)
        check: Callable[..., None] = _link_metadata.check_old
        ask: Callable[[], list[Link]] = partial(_without_details, predict)
        if is_old:
            outcome = calls.make("sharing_get_shared_links", real)
        else:
            outcome = calls.make("sharing_list_shared_links", real, direct_only=direct_only)
            check, ask = partial(_link_metadata.check, reader=person), predict
        expected = example.expected(ask, outcome)
        if expected is None:
            return
        found = outcome.result.links
        if not is_old and path is None:
            found = all_links(calls, outcome.result)
            _check_cursor(machine, example, outcome.result.cursor)
        elif not is_old:
            expect((False, None), (outcome.result.has_more, outcome.result.cursor))  # S4-12
        check_all(machine, example, expected, found, check)
        if example.strict and path is not None:
            numbers = [machine.example.pairs.number("link", meta.url) for meta in found]
            expect([link.number for link in expected], numbers)


def _check_cursor(machine: Kernel, example: Example, cursor: str) -> None:
    """Check that a cursor is refused with `reset` if another account uses it (S4-15)."""
    for name, each in machine.accounts.examples.items():
        if name != example.name:
            outcome = each.calls.make("sharing_list_shared_links", cursor=cursor)
            expect("reset", outcome.chain)


def _without_details(predict: Callable[[], list[Link]]) -> list[Link]:
    """Return a prediction; a refusal has the tag ``path`` alone, as in the older error (S7-12)."""
    try:
        return predict()
    except Refused:
        raise Refused("path") from None


def all_links(calls: Calls, page: Any) -> list[Any]:
    """Return the links on a page and on all later pages (S4-13)."""
    found: list[Any] = []
    for _ in page_after_page():
        found += page.links
        if not page.has_more:
            break
        outcome = calls.make("sharing_list_shared_links", cursor=page.cursor)
        expect("", outcome.chain)
        page = outcome.result
    return found


def check_all(
    machine: Kernel,
    example: Example,
    expected: list[Link],
    found: list[Any],
    check: Callable[[Kernel, Link, Any], None],
) -> None:
    """Compare a list of links, leaving out those to items outside the machine's own folder."""
    urls = {machine.example.pairs.real("link", link.number): link for link in expected}
    ours = found
    if example.folder:
        ours = [meta for meta in found if meta.url in urls or _is_ours(example, meta)]
    expect(sorted(urls), sorted(meta.url for meta in ours))
    for meta in ours:
        check(machine, urls[meta.url], meta)


def _is_ours(example: Example, meta: Any) -> bool:
    path = getattr(meta, "path_lower", None) or fold(getattr(meta, "path", ""))
    return path.startswith(fold(example.folder) + "/")
