"""The SDK's objects for file requests, and the requests that a caller may see (P1-01 to P1-05)."""

from __future__ import annotations

from typing import Any

from dropbox import file_requests

from fakedropbox._api.caller import account_of
from fakedropbox._api.files.metadata import moment
from fakedropbox._api.files.places import view_of
from fakedropbox._api.registry import missing
from fakedropbox._base.sdk_parts import sdk_has
from fakedropbox._facts import hosts
from fakedropbox._files.file_requests import Deadline, FileRequest
from fakedropbox._files.places import View
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import Call, World
from fakedropbox.errors import RouteError

PATH = "/request/"
"""The path of the page of a request, without the id (P1-03)."""

_HAS_VIDEO_PROJECT = sdk_has("file_requests.FileRequest.video_project_id")


def requester_view(call: Call) -> View:
    """Return the caller's view of the files.

    Raises:
        NotImplementedInFake: the path root is a shared folder: no fact covers this case.
    """
    view = view_of(call)
    if view.access is not None:
        raise missing(call.name, "a shared folder as the path root")
    return view


def reader_of(call: Call) -> Account:
    """Return the caller's account, after checking that its team permits file requests.

    Raises:
        RouteError: ``disabled_for_team`` (P1-50, P1-64).
    """
    account = account_of(call)
    if account.team is not None and not account.team.file_requests:
        raise RouteError("disabled_for_team", fact="P1-64")
    return account


def owner_of(call: Call) -> Account:
    """Return the caller's account, after checking that it may have file requests.

    Raises:
        RouteError: ``disabled_for_team`` or ``email_unverified``.
        NotImplementedInFake: for the same reason as in `requester_view`.
    """
    requester_view(call)
    account = reader_of(call)
    if not account.email_verified:
        raise RouteError("email_unverified", fact="P1-22")
    return account


def is_open(world: World, request: FileRequest) -> bool:
    """Return whether a request accepts uploads now (P1-20, P1-55)."""
    return request.terms.accept_at(world.clock.seconds)


def has_destination(view: View, request: FileRequest) -> bool:
    """Return whether the destination of a request is below the root that a caller sees."""
    folder = request.terms.folder
    return view.sees(folder) and folder is not view.base


def is_visible(call: Call, request: FileRequest) -> bool:
    """Return whether the caller's app may see a request of the caller's account (P1-51, P1-59)."""
    assert call.grant is not None
    if call.grant.app.folder is None or has_destination(view_of(call), request):
        return True
    whole = call.world.files.views[call.grant.account.namespace_id]
    return request.app == call.grant.app.key and not has_destination(whole, request)


def request_at(call: Call, account: Account, id_: str) -> FileRequest:
    """Return the request with an id.

    Raises:
        RouteError: ``not_found`` or ``app_lacks_access``.
    """
    request = call.world.files.file_requests.get(id_)
    if request is None or request.owner != account.account_id:
        raise RouteError("not_found", fact="P1-24" if request else "P1-23")
    if not is_visible(call, request):
        raise RouteError("app_lacks_access", fact="P1-52")
    return request


def url_of(request: FileRequest) -> str:
    """Return the address of the page on which a stranger uploads (P1-03)."""
    return f"{hosts.SITE}{PATH}{request.id}"


def request_metadata(call: Call, request: FileRequest) -> Any:
    """Return the SDK's object for a request as the caller sees it."""
    view, terms = requester_view(call), request.terms
    shown = file_requests.FileRequest(
        id=request.id,
        url=url_of(request),
        title=terms.title,
        created=moment(request.created),
        is_open=is_open(call.world, request),
        file_count=request.received,
        deadline=_shown_deadline(terms.deadline),
        description=terms.description or None,
    )
    if has_destination(view, request):  # P1-43
        shown.destination = view.paths(terms.folder)[1]
    if request.video_project is not None and _HAS_VIDEO_PROJECT:
        shown.video_project_id = request.video_project
    return shown


def _shown_deadline(deadline: Deadline | None) -> Any:
    if deadline is None:
        return None
    grace = None if deadline.grace is None else file_requests.GracePeriod(deadline.grace)
    return file_requests.FileRequestDeadline(moment(deadline.at), grace)
