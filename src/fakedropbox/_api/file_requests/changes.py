"""Making, changing and deleting file requests: `create`, `update` and both deletions."""

from __future__ import annotations

from typing import Any

from dropbox import file_requests

from fakedropbox._api.file_requests import terms
from fakedropbox._api.file_requests.lists import visible_requests
from fakedropbox._api.file_requests.metadata import (
    is_open,
    owner_of,
    request_at,
    request_metadata,
)
from fakedropbox._api.registry import AS_429, route
from fakedropbox._api.structs import payload_of, tag_of
from fakedropbox._facts.limits import FILE_REQUESTS
from fakedropbox._files.file_requests import FileRequest, Terms
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError


@route(file_requests.create, contention=AS_429)
def create(call: Call, arg: Any) -> Any:
    """Make a request; a missing destination is created, if nothing is refused (P1-06, P1-11)."""
    assert call.grant is not None
    account, requests = owner_of(call), call.world.files.file_requests
    title, deadline = terms.title(arg.title), terms.deadline(call, account, arg.deadline)
    if requests.count(account.account_id) >= FILE_REQUESTS:
        raise RouteError("rate_limit", fact="P1-15")
    folder = terms.destination(call, arg.destination, elsewhere="invalid_location")
    made = requests.add(
        call.world.chance.word("file request", 20),  # P1-04
        account.account_id,
        call.grant.app.key,
        call.world.clock.seconds,
        Terms(title, folder, deadline, arg.open, arg.description or ""),
        getattr(arg, "video_project_id", None),
    )
    return request_metadata(call, made)


@route(file_requests.update, contention=AS_429)
def update(call: Call, arg: Any) -> Any:
    """Change a request; what is not given stays as it is (P1-32 to P1-36)."""
    account = owner_of(call)
    request = request_at(call, account, arg.id)
    new = request.terms
    if arg.title is not None:
        new = new._replace(title=terms.title(arg.title))
    if tag_of(arg.deadline) == "update":
        given = payload_of(arg.deadline)
        new = new._replace(deadline=terms.deadline(call, account, given))
    if arg.open is not None:
        new = new._replace(is_open=arg.open)
    if arg.open and not new.accept_at(call.world.clock.seconds):
        raise RouteError("validation_error", fact="P1-35")
    if arg.description is not None:
        new = new._replace(description=arg.description)
    if arg.destination is not None:
        folder = terms.destination(call, arg.destination, elsewhere="validation_error")
        new = new._replace(folder=folder)
    call.world.files.file_requests.change(request, new)
    return request_metadata(call, request)


@route(file_requests.delete, contention=AS_429)
def delete(call: Call, arg: Any) -> Any:
    """Delete closed requests, all or none, and return them (P1-37 to P1-40)."""
    account = owner_of(call)
    found = [request_at(call, account, id_) for id_ in dict.fromkeys(arg.ids)]
    if any(is_open(call.world, request) for request in found):
        raise RouteError("file_request_open", fact="P1-37")
    return file_requests.DeleteFileRequestsResult(_deleted(call, found))


@route(file_requests.delete_all_closed, contention=AS_429)
def delete_all_closed(call: Call, _arg: None) -> Any:
    """Delete all closed requests, and return them (P1-41)."""
    account = owner_of(call)
    found = [each for each in visible_requests(call, account) if not is_open(call.world, each)]
    return file_requests.DeleteAllClosedFileRequestsResult(_deleted(call, found))


def _deleted(call: Call, found: list[FileRequest]) -> list[Any]:
    for request in found:
        call.world.files.file_requests.delete(request)
    return [request_metadata(call, request) for request in found]
