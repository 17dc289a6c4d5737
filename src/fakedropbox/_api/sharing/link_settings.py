"""The settings requested for a shared link, and the check that the account may have them."""

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
"""The audience of a link, for each audience or visibility that a caller may ask for."""


def is_empty(given: Any) -> bool:
    """Return whether no setting is given; null counts as not given (S2-02)."""
    return given is None or all(value is None for value in _read(given))


def checked(
    call: Call, account: Account, given: Any, before: LinkSettings | None = None
) -> LinkSettings:
    """Return the checked settings of an account's link: ``before`` with the given changes (S6-03).

    Raises:
        RouteError: ``settings_error/not_authorized`` if the plan does not allow a setting,
            otherwise ``settings_error/invalid_settings``.
    """
    require, password, expires, audience, access, visibility, download = _read(given)
    audience, access, visibility = map(_tag, (audience, access, visibility))
    plan = LINK_PLANS[account.plan]
    wants_password = bool(password or require or "password" in (audience, visibility))
    _refuse_first(
        "settings_error/not_authorized",
        ("S2-14", not plan.is_paid and expires is not None),
        ("S2-15", not plan.is_paid and wants_password),
        ("S2-17", not plan.is_paid and download is False),
        ("S2-16", not plan.allows(visibility)),
        ("S2-19", not plan.allows(audience)),
    )
    expires = seconds(expires)
    before = before or LinkSettings()
    _refuse_first(
        "settings_error/invalid_settings",
        ("S2-20", expires is not None and expires <= call.world.clock.seconds),
        ("S2-21", wants_password and not password and before.password is None),
        ("S2-37", len(password or "") > LINK_PASSWORD_CHARACTERS),
        ("S2-22", wants_password and (require is False or visibility == "public")),
        ("S2-22", None not in (audience, visibility) and _conflict(audience, visibility)),
        ("S2-24", access in ("editor", "other")),
        ("S2-38", audience == "members"),
        ("S2-39", audience in ("public_logged_in_only", "other")),
    )
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


def _refuse_first(tags: str, *rules: tuple[str, bool]) -> None:
    """Raise an error with the fact of the first rule that is broken, if there is one."""
    for fact, is_broken in rules:
        if is_broken:
            raise RouteError(tags, fact=fact)


def _tag(union: Any) -> Any:
    return None if union is None else tag_of(union)


def _conflict(audience: str, visibility: str) -> bool:
    """Return whether a visibility contradicts an audience (S2-22)."""
    return _AUDIENCES.get(audience) != _AUDIENCES[visibility]
