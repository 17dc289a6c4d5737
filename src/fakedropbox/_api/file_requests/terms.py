"""Checks of the terms of file requests: titles, deadlines and destinations (P1-06 to P1-19)."""

from __future__ import annotations

from typing import Any

from fakedropbox._api.file_requests.metadata import requester_view
from fakedropbox._api.files.metadata import seconds
from fakedropbox._api.registry import missing
from fakedropbox._api.structs import tag_of
from fakedropbox._files.file_requests import GRACE_SECONDS, Deadline
from fakedropbox._files.nodes import Folder
from fakedropbox._files.places import Place, View
from fakedropbox._files.tree import Mount, Reach
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_WRITE_ERRORS = {
    "conflict/file_ancestor": ("not_a_folder", "P1-10"),
    "no_write_permission": ("no_write_permission", "P1-13"),
}
"""The error of a file request for an error of creating its folder, with the fact.

All other errors of creating the folder become `validation_error`.
"""


def title(text: str) -> str:
    """Return the title of a request.

    Raises:
        RouteError: ``validation_error``: it is blank (P1-56).
    """
    if not text.strip():
        raise RouteError("validation_error", fact="P1-56")
    return text


def deadline(call: Call, account: Account, given: Any) -> Deadline | None:
    """Return the deadline in an argument; None if there is none.

    Raises:
        RouteError: ``no_permission``: the plan of the account has no deadlines;
            ``validation_error``: it has passed, or its grace period is unknown.
    """
    if given is None:
        return None
    if account.plan == "basic":
        raise RouteError("no_permission", fact="P1-18")
    at = seconds(given.deadline)
    assert at is not None
    grace = None if given.allow_late_uploads is None else tag_of(given.allow_late_uploads)
    if at <= call.world.clock.seconds or grace not in (None, *GRACE_SECONDS):
        raise RouteError("validation_error", fact="P1-19")
    return Deadline(at, grace)


def destination(call: Call, path: str, *, elsewhere: str) -> Folder:
    """Return the folder at a path, which is created if it is missing (P1-11, P1-36).

    ``elsewhere`` is the error for an app's folder, and in a team space for all not below the home.

    Raises:
        RouteError: the caller may not have a request there.
    """
    view = requester_view(call)
    try:
        place = view.place(path)
    except RouteError:
        raise RouteError("validation_error", fact="P1-08") from None
    reach = place.reach()
    _refuse_team_space(call, view, reach, elsewhere)
    if reach.missing:
        _refuse_other_apps(call, view, reach.folder, elsewhere)
        return _created(call, place)
    if not isinstance(reach.found, Folder):
        raise RouteError("not_a_folder", fact="P1-10")
    inside, folder = view.entered(reach.found)
    if inside.access is not None and inside.access.is_read_only:
        raise RouteError("no_write_permission", fact="P1-13")
    _refuse_other_apps(call, view, folder, elsewhere)
    return folder


def _refuse_team_space(call: Call, view: View, reach: Reach, error: str) -> None:
    """Refuse a destination that is not in the caller's home, if the root is a team space.

    Raises:
        RouteError: ``error``: it is not below the home (P1-14).
        NotImplementedInFake: it is in a team folder.
    """
    if view.tree.space is None or view.base is not view.tree.root:
        return
    start = reach.folder if reach.missing or reach.found is None else reach.found
    above = list(view.above(start))
    if any(type(each) is Mount and each.target.is_of_team for each in above):
        raise missing(call.name, "a team folder")
    is_home = above == [view.tree.home] and not reach.missing
    if is_home or view.tree.home not in above:
        raise RouteError(error, fact="P1-14")


def _created(call: Call, place: Place) -> Folder:
    """Create the folder at a place, as files/create_folder_v2 does.

    Raises:
        RouteError: it cannot be created.
    """
    try:
        return call.world.files.make_folder(place, autorename=False)
    except RouteError as error:
        tag, fact = _WRITE_ERRORS.get(error.tags, ("validation_error", "P1-08"))
        raise RouteError(tag, fact=fact) from None


def _refuse_other_apps(call: Call, view: View, folder: Folder, error: str) -> None:
    """Refuse a destination in the folder of an app, for an app with full access (P1-14).

    Raises:
        RouteError: ``error``.
    """
    assert call.grant is not None
    if call.grant.app.folder is None:
        of_apps = [each for each in view.tree.app_folders.values() if each is not None]
        if any(above in of_apps for above in view.above(folder)):
            raise RouteError(error, fact="P1-14")
