"""The panel of files: the folders of each account, one file in detail, and changes by forms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from dropbox.files import DeleteArg
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from fakedropbox._api.files.create_delete import delete_v1
from fakedropbox._api.files.zips import zipped
from fakedropbox._core.world import call_of
from fakedropbox._facts.hosts import CONTROL
from fakedropbox._files.nodes import Folder
from fakedropbox._identity.accounts import Account
from fakedropbox._page.files import blob_of, changed, found, listed, opened
from fakedropbox._page.previews import image_type
from fakedropbox._page.templates import visible
from fakedropbox._web.forms import Form, form_of
from fakedropbox._web.registry import Asked
from fakedropbox.errors import NotImplementedInFake, PageRefused, Refusal, RouteError
from fakedropbox.server.page.entry import Respond
from fakedropbox.server.page.guard import Guard
from fakedropbox.server.page.rendering import attachment, image, is_of_htmx, reloaded, rendered
from fakedropbox.server.page.shown import Shown

_PANEL = f"{CONTROL}/page/files"

_Method = Callable[["_Files", Request], Awaitable[Response]]
"""A method of the panel that responds to a request."""


def file_routes(guard: Guard) -> list[BaseRoute]:
    """Return the Starlette routes of the panel of files."""
    looks = {
        "": _Files.show,
        "/one": _Files.one,
        "/changes": _Files.changes,
        "/content": _Files.content,
        "/image": _Files.image,
        "/zip": _Files.zip,
    }
    acts = {"/upload": _Files.upload, "/delete": _Files.delete}
    return [
        *(
            Route(f"/page/files{path}", guard.guarded(_looking(look)), methods=["GET"])
            for path, look in looks.items()
        ),
        *(
            Route(f"/page/files{path}", guard.changing(_by(act)), methods=["POST"])
            for path, act in acts.items()
        ),
    ]


def _by(method: _Method) -> Respond:
    """Return the function that responds by a method of the panel."""
    return lambda shown, request: method(_Files(shown), request)


def _looking(look: _Method) -> Respond:
    """Return a function like that of `_by`, which shows an error if the account does not exist."""

    async def endpoint(shown: Shown, request: Request) -> Response:
        try:
            return await look(_Files(shown), request)
        except _NoAccount as error:
            return reloaded() if is_of_htmx(request) else _missing(str(error))

    return endpoint


class _NoAccount(ValueError):
    """An account that the service does not have, perhaps since a reset."""


class _Files:
    def __init__(self, shown: Shown) -> None:
        self._shown = shown

    async def show(self, request: Request) -> Response:
        """Return the page with a folder of an account, or with what a search found in the account.

        If the path is that of a file, it is opened beside the folder in which it is.
        """
        given = request.query_params
        start = given.get("start", "")
        first = int(start) if start.isascii() and start.isdigit() else 0
        account, path = self._account(given.get("account", "")), given.get("path", "")
        return self._listed(account, path.rstrip("/"), first, given.get("find", ""))

    def _listed(
        self, account: Account, path: str, start: int, find: str, error: str = ""
    ) -> Response:
        """Return the page; with an ``error``, it says why a change was refused."""
        service = self._shown.service
        with service.gate.lock:
            world, file = service.gate.world, None
            folder = listed(world, account, path, start)
            if folder is None and (file := opened(world, account, path, "")) is not None:
                folder = listed(world, account, file.path.rpartition("/")[0], start)
            result = found(world, account, find) if find else None
        if folder is None:
            return _missing(f"There is no file or folder {visible(path)!r}.")
        return rendered(
            "files.html",
            400 if error else 200,
            accounts=list(service.accounts),
            account=account,
            folder=folder,
            opened_path="" if file is None else path,
            find=find,
            result=result,
            rows=folder.rows if result is None else result.rows,
            error=error,
            panel=_PANEL,
            query=_query_of(account),
            service_name=self._shown.name,
        )

    def _account(self, email: str) -> Account:
        accounts = self._shown.service.accounts
        account = accounts.by_email(email) if email else accounts.default
        if account is None:
            raise _NoAccount(f"There is no account {visible(email)!r}.")
        return account

    async def one(self, request: Request) -> Response:
        """Return a file in detail: its preview, its revisions, its links and its members."""
        account, path, rev = self._asked(request)
        service = self._shown.service
        with service.gate.lock:
            file = opened(service.gate.world, account, path, rev)
        if file is None:
            return rendered("gone.html", what=f"{visible(path)} is not there any more.")
        return rendered(
            "file.html",
            file=file,
            asked=path,
            account=account,
            panel=_PANEL,
            query=_query_of(account),
            service_name=self._shown.name,
        )

    def _asked(self, request: Request) -> tuple[Account, str, str]:
        given = request.query_params
        return (
            self._account(given.get("account", "")),
            given.get("path", ""),
            given.get("rev", ""),
        )

    async def changes(self, request: Request) -> Response:
        """Return the difference of a revision to the one before it."""
        account, path, rev = self._asked(request)
        service = self._shown.service
        with service.gate.lock:
            lines = changed(service.gate.world, account, path, rev)
        return rendered("changes.html", lines=lines)

    async def content(self, request: Request) -> Response:
        """Return the content of a file, to be saved."""
        account, path, rev = self._asked(request)
        service = self._shown.service
        with service.gate.lock:
            blob = blob_of(service.gate.world, account, path, rev)
            return _none() if blob is None else attachment(blob.read())

    async def image(self, request: Request) -> Response:
        """Return an image, to be shown."""
        account, path, rev = self._asked(request)
        service = self._shown.service
        with service.gate.lock:
            blob = blob_of(service.gate.world, account, path, rev)
            kind = None if blob is None else image_type(blob)
            return _none() if blob is None or kind is None else image(blob.read(), kind)

    async def zip(self, request: Request) -> Response:
        """Return a folder as a ZIP archive, to be saved."""
        account, path, _ = self._asked(request)
        service = self._shown.service
        with service.gate.lock:
            view = service.gate.world.files.views[account.namespace_id]
            try:
                node = view.node(path)
                if not isinstance(node, Folder):
                    return _none()
                shown = view.paths(node)[1]
                archive = zipped(view, node, shown.rpartition("/")[0])
            except RouteError as error:
                what = f"{visible(path) or 'The whole account'} cannot be saved as ZIP: {error}"
                return _missing(what)
            return attachment(archive.read())

    # Changes

    async def upload(self, request: Request) -> Response:
        """Put files into a folder, as `seed_files` does; existing ones get a new revision."""

        def put(account: Account, path: str, form: Form) -> str:
            if not form.files:
                raise ValueError("Choose a file first.")
            files = {f"{path}/{name}": content for name, content in form.files}
            self._shown.service.seed_files(files, account=account)
            return path

        return await self._changed(request, put)

    async def delete(self, request: Request) -> Response:
        """Delete a file or a folder, as its owner does on Dropbox's site."""

        def remove(account: Account, path: str, _form: Form) -> str:
            if not path.startswith("/"):
                raise ValueError(f"path: expected a path that begins with a slash, got {path!r}")
            gate = self._shown.service.gate
            call = call_of(gate.world, account, "files/delete")
            with gate.world.files.undone_if_refused():
                delete_v1(call, DeleteArg(path))
                gate.world.files.settle()
            return path.rpartition("/")[0]

        return await self._changed(request, remove)

    async def _changed(
        self, request: Request, change: Callable[[Account, str, Form], str]
    ) -> Response:
        """Make a change that a form asks for, and go to the folder that it returns.

        The page says so if it is refused, and nothing is changed then.
        """
        try:
            form = form_of(Asked({}, request.headers), await request.body())
        except PageRefused as error:
            return _missing(str(error), 400)
        try:
            account = self._account(form.fields.get("account", ""))
        except _NoAccount as error:
            return _missing(f"Nothing was changed. {error}", 400)
        path = form.fields.get("path", "")
        try:
            with self._shown.service.gate.lock, self._shown.changing():
                after = change(account, path, form)
        except (OSError, Refusal, ValueError, NotImplementedInFake) as error:
            folder = form.fields.get("folder", path)
            return self._listed(account, folder, 0, "", f"Nothing was changed. {error}")
        return RedirectResponse(f"{_PANEL}?{_query_of(account)(after)}", 303)


def _missing(what: str, status: int = 404) -> Response:
    """Return a whole page that says what is missing or refused."""
    return rendered("missing.html", status, panel=_PANEL, what=what)


def _none() -> Response:
    return _missing("There is no such file.")


def _query_of(account: Account) -> Callable[..., str]:
    """Return a function that makes the query for a path of an account."""

    def query(path: str, **more: object) -> str:
        values = {"account": account.email, "path": path, **more}
        return urlencode(values, errors="replace")

    return query
