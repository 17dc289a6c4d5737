"""The settings that a caller asks for a shared link, and whether the account may have them."""

from __future__ import annotations

from typing import Any

from dropbox import sharing

from fakedropbox._api.files.metadata import seconds
from fakedropbox._api.sharing.plans import LINK_PLANS
from fakedropbox._api.structs import reader, tag_of
from fakedropbox._facts.limits import LINK_PASSWORD_CHARACTERS
from fakedropbox._files.shared_links import Audience, LinkSettings, digest
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_read = reader(
    sharing.SharedLinkSettings,
    "require_password",
    "link_password",
    "expires",
    "audience",
    "access",
    "requested_visibility",
    "allow_download",
)
_AUDIENCES: dict[str | None, Audience] = {
    "public": "public",
    "password": "public",
    "team": "team",
    "team_only": "team",
    "no_one": "no_one",
}
"""The audience of each audience and visibility that a caller may ask for."""
_REFUSED = ("members", "public_logged_in_only", "other")
"""The audiences that nobody may ask for (S2-38, S2-39)."""


def is_empty(given: Any) -> bool:
    """Return whether no setting is given; null counts as not given (S2-02)."""
    return given is None or all(value is None for value in _read(given))


def checked(
    call: Call, account: Account, given: Any, before: LinkSettings | None = None
) -> LinkSettings:
    """Return the settings of a link of an account: those ``before``, with the given ones (S6-03).

    Raises:
        RouteError: ``settings_error/not_authorized`` if the plan does not allow a setting,
            otherwise ``settings_error/invalid_settings``.
    """
    require, password, expires, audience, access, visibility, download = _read(given)
    audience, access, visibility = map(_tag, (audience, access, visibility))
    plan = LINK_PLANS[account.plan]
    wants_password = bool(password or require or "password" in (audience, visibility))
    costs = wants_password or expires is not None or download is False
    if (costs and not plan.is_paid) or not (plan.allows(audience) and plan.allows(visibility)):
        raise RouteError("settings_error/not_authorized", fact="S2-14")
    expires = seconds(expires)
    before = before or LinkSettings()
    if (
        (expires is not None and expires <= call.world.clock.seconds)  # S2-20
        or (wants_password and not password and before.password is None)  # S2-21
        or (password and len(password) > LINK_PASSWORD_CHARACTERS)
        or (wants_password and (require is False or visibility == "public"))  # S2-22
        or (audience is not None and visibility is not None and _conflict(audience, visibility))
        or access in ("editor", "other")  # S2-24
        or audience in _REFUSED
    ):
        raise RouteError("settings_error/invalid_settings", fact="S2-22")
    kept = before.password
    if password:
        kept = digest(password)
    elif require is False or visibility == "public":
        kept = None  # S6-09
    return LinkSettings(
        _AUDIENCES.get(audience or visibility, before.audience),
        kept,
        before.expires if expires is None else expires,
        before.allow_download if download is None else download,
        before.shows_audience or audience is not None or access is not None,
    )


def _tag(union: Any) -> Any:
    return None if union is None else tag_of(union)


def _conflict(audience: str, visibility: str) -> bool:
    """Return whether a visibility contradicts an audience (S2-22)."""
    return _AUDIENCES.get(audience) != _AUDIENCES[visibility]
