"""Where temporary links lead: a content goes out, as often as it is wanted, or comes in, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from fakedropbox._api import commits
from fakedropbox._api.files_links import DOWNLOAD_LINK, UPLOAD_LINK
from fakedropbox._api.places import place_at
from fakedropbox._api.ranges import wanted_part
from fakedropbox._files.blobs import content_hash
from fakedropbox.calls import Call, Reply
from fakedropbox.errors import BadInput, LinkRefused, RouteError
from fakedropbox.gate import Gate

_UPLOAD_ROUTE = "files/get_temporary_upload_link"
_UPLOAD_TYPES = ("application/octet-stream", "text/plain")


class Asked(NamedTuple):
    """One request to a link: its secret name, and what came with it."""

    name: str
    headers: Mapping[str, str]
    body: bytes


class LinkPage(NamedTuple):
    """A page that links lead to: its name in the record, its methods, and its function."""

    name: str
    methods: tuple[str, ...]
    answer: Callable[[Gate, Asked], Reply]


def page_of(url: str) -> tuple[LinkPage, str] | None:
    """The page of a link, and the link's secret name; None for any other URL."""
    for prefix, page in _PAGES.items():
        if url.startswith(prefix):
            return page, url[len(prefix) :]
    return None


def _fetch(gate: Gate, asked: Asked) -> Reply:
    """The content that a temporary link stands for, or a part of it.

    Raises:
        Refusal: there is no such link, or it is over.
    """

    def answer(call: Call) -> Reply:
        link = call.world.files.links.at(asked.name, DOWNLOAD_LINK, unknown=404)
        whole = Reply(link.stands_for.metadata, link.stands_for.blob)
        return wanted_part(call._replace(headers=asked.headers), whole)

    return gate.page(_NAMES[DOWNLOAD_LINK], {}, answer)


def _bring(gate: Gate, asked: Asked) -> Reply:
    """Commit what was sent to a temporary upload link; the reply tells its content hash.

    Raises:
        Refusal: there is no such link, it is over, or the content could not be committed.
    """

    def answer(call: Call) -> Reply:
        links = call.world.files.links
        link = links.at(asked.name, UPLOAD_LINK, unknown=409)
        if asked.headers.get("Content-Type", "").partition(";")[0] not in _UPLOAD_TYPES:
            raise LinkRefused(400, "Content-Type: expected application/octet-stream.")
        grant, info = link.stands_for
        as_owner = call._replace(
            name=_UPLOAD_ROUTE, content=asked.body, grant=grant, view=gate.view(grant)
        )
        try:
            place = place_at(as_owner, info.path, field="commit_info.path", tag="path")
            how = commits.wanted(as_owner, info, "commit_info.")
            commits.commit(as_owner, place, commits.sent(as_owner, None), how)
        except (RouteError, BadInput) as error:
            raise LinkRefused(409, f"The upload failed: {error.outcome}.") from error
        links.use_up(link)
        return Reply({"content-hash": content_hash(asked.body).hex()})

    return gate.page(_NAMES[UPLOAD_LINK], {}, answer)


_NAMES = {DOWNLOAD_LINK: "apitl/1", UPLOAD_LINK: "apitul/1"}
_PAGES = {
    DOWNLOAD_LINK: LinkPage(_NAMES[DOWNLOAD_LINK], ("GET", "HEAD"), _fetch),
    UPLOAD_LINK: LinkPage(_NAMES[UPLOAD_LINK], ("POST",), _bring),
}
