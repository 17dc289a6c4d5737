"""The panel of files: the files and folders of each account, with a preview of one."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fakedropbox._files.nodes import File
from fakedropbox._files.tree import Mount, everything_below
from fakedropbox._identity.accounts import Account
from fakedropbox.control import CONTROL
from fakedropbox.server.page.entry import Entry
from fakedropbox.server.page.rendering import attachment, rendered, visible
from fakedropbox.server.page.shown import Shown

_MOST_ROWS = 1000
_PREVIEW_BYTES = 64 * 1024
_HEX_BYTES = 1024
_LINE_BYTES = 16


def file_routes(server: Shown, entry: Entry) -> list[BaseRoute]:
    """Return the routes of the panel."""
    panel = _Files(server)
    return [
        Route("/page/files", entry.guarded(panel.show), methods=["GET"]),
        Route("/page/files/one", entry.guarded(panel.one), methods=["GET"]),
        Route("/page/files/content", entry.guarded(panel.content), methods=["GET"]),
    ]


class _Row(NamedTuple):
    """An entry as the panel shows it."""

    path: str
    kind: str
    size: int | None
    query: str


class _Files:
    def __init__(self, server: Shown) -> None:
        self._server = server

    async def show(self, request: Request) -> Response:
        """Return the page with the entries of an account whose paths have a text in them."""
        account, wanted = self._account(request), request.query_params.get("path", "")
        found = [row for row in self._rows(account) if wanted.casefold() in row.path.casefold()]
        return rendered(
            "files.html",
            accounts=list(self._server.service.accounts),
            account=account,
            wanted=wanted,
            rows=found[:_MOST_ROWS],
            found=len(found),
            service_name=self._server.name,
        )

    def _account(self, request: Request) -> Account:
        accounts = self._server.service.accounts
        return accounts.by_email(request.query_params.get("account", "")) or accounts.default

    def _rows(self, account: Account) -> list[_Row]:
        service = self._server.service
        with service.gate.lock:
            view = service.gate.world.files.views[account.namespace_id]
            found = []
            for node in everything_below(view.base):
                path = view.paths(node)[1]
                kind = "file" if isinstance(node, File) else "folder"
                kind = "shared folder" if isinstance(node, Mount) else kind
                size = node.blob.size if isinstance(node, File) else None
                query = urlencode({"account": account.email, "path": path}, errors="replace")
                if node is not view.base:
                    found.append(_Row(path, kind, size, query))
        return sorted(found, key=lambda row: row.path.casefold())

    async def one(self, request: Request) -> Response:
        """Return the preview of a file: its text, or its bytes in hexadecimal."""
        content = self._content(request)
        path = request.query_params.get("path", "")
        if content is None:
            return rendered("gone.html", what=f"{visible(path)} is not there any more.")
        address = f"{CONTROL}/page/files/content?{request.url.query}"
        return rendered(
            "file.html", path=path, size=len(content), address=address, **_preview(content)
        )

    async def content(self, request: Request) -> Response:
        """Return the content of a file, to be saved."""
        content = self._content(request)
        if content is None:
            return rendered("gone.html", 404, what="There is no such file.")
        return attachment(content)

    def _content(self, request: Request) -> bytes | None:
        path = request.query_params.get("path", "")
        try:
            return self._server.service.read(path, account=self._account(request))
        except FileNotFoundError:
            return None


def _preview(content: bytes) -> dict[str, Any]:
    try:
        text = content[:_PREVIEW_BYTES].decode()
    except UnicodeDecodeError:
        lines = (
            f"{at:06x}  {content[at : at + _LINE_BYTES].hex(' ')}"
            for at in range(0, min(len(content), _HEX_BYTES), _LINE_BYTES)
        )
        return {"form": "hexadecimal", "preview": "\n".join(lines)}
    return {"form": "text", "preview": visible(text.replace("\r\n", "\n"))}
