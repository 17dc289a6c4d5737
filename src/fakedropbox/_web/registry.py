"""The registry of pages, each a decorated function that is called through the gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote

from fakedropbox._api.registry import Touches, place_of
from fakedropbox._facts import ROUTES
from fakedropbox._files.blobs import Content
from fakedropbox.calls import Call


class Asked(NamedTuple):
    """One request to a page: the fields of its query and form, and its headers.

    ``headers`` ignores the case of names. A page that serves many links gets the ``link`` and
    the ``body`` in place of the fields of a form. ``host`` is the host that serves the request,
    None for a server at its own address; ``path`` is decoded, ``query`` as it was sent.
    """

    fields: Mapping[str, str]
    headers: Mapping[str, str]
    link: str = ""
    body: Content = b""
    host: str | None = None
    path: str = ""
    query: str = ""

    @property
    def target(self) -> str:
        """The path and the query, as a URL has them."""
        return quote(self.path) + (f"?{self.query}" if self.query else "")


class Redirect(NamedTuple):
    """A redirect of the browser to ``location``, and a cookie that it is to keep."""

    location: str
    cookie: str | None = None


Handler = Callable[[Call, Asked], Any]


class Page(NamedTuple):
    """An implemented page: its name in the record, its hosts, and its function.

    Only the fields of a request that are in ``shows`` may be recorded. ``touches`` is as for
    a `Route`.
    """

    name: str
    hosts: tuple[str, ...]
    shows: tuple[str, ...]
    handle: Handler
    touches: Touches = "everything"

    def shown(self, asked: Asked) -> dict[str, str]:
        """Return the fields of a request that may be recorded."""
        return {name: asked.fields[name] for name in self.shows if name in asked.fields}


PAGES: dict[tuple[str, str], Page] = {}
"""The implemented pages, by method and path."""


@cache
def call_names() -> tuple[str, ...]:
    """Return the names of all of Dropbox's routes, and those of the pages that are faked.

    Call records and planned faults use these names.
    """
    return (*ROUTES, *dict.fromkeys(page.name for page in PAGES.values()))


def page_at(method: str, path: str) -> tuple[Page | None, str]:
    """Return the page at a path, or None, and the link in the path if the page serves many."""
    above = _above(path)
    if above is None:
        return PAGES.get((method, path)), ""
    return PAGES.get((method, above)), path.removeprefix(above)


def shown(path: str) -> str:
    """Return a path as an error may show it: without the link, which is a secret."""
    above = _above(path)
    return path if above is None else f"{above}…"


def _above(path: str) -> str | None:
    """Return the registered path ending in a slash with which ``path`` begins, or None."""
    paths = (known for _, known in PAGES if known.endswith("/") and path.startswith(known))
    return next(paths, None)


def page(
    method: str,
    *paths: str,
    hosts: tuple[str, ...],
    shows: tuple[str, ...],
    touches: Touches = "everything",
) -> Callable[[Handler], Page]:
    """Register a function as a page, named after its first path.

    A path that ends in a slash belongs to a page that serves many links; each link is appended
    to that path.
    """

    def register(handle: Handler) -> Page:
        made = Page(paths[0].strip("/"), hosts, shows, handle, touches)
        for path in paths:
            if (method, path) in PAGES:
                first = place_of(PAGES[method, path].handle)
                raise ValueError(
                    f"{method} {path}: expected one function, got {first} and {place_of(handle)}"
                )
            PAGES[method, path] = made
        return made

    return register
