"""Comparisons of the metadata of shared links with the model (S3-01 to S3-29)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fakedropbox.machines._calls import chain
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._entries import Entry
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._names import fold, name_of
from fakedropbox.machines._shared_links import Link, Person, Settings

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 -- the SDK's times are naive
_PREVIEWS = {"txt": "text", "docx": "doc", "zip": "archive", "csv": "excel"}


def moment(seconds: int) -> datetime:
    """Return a time in the form of the SDK: naive, in UTC."""
    return _EPOCH + timedelta(seconds=seconds)


def check(
    machine: Kernel, link: Link, meta: Any, reader: Person | None, item: Entry | None = None
) -> None:
    """Compare the metadata of a link, as a reader sees it, with the model.

    With ``item``, which is something in the linked folder, the metadata describes that (S5-08).

    Raises:
        Mismatch: they differ.
    """
    entry, settings, pairs = item or link.linked, link.settings, machine.example.pairs
    assert entry is not None, "the link works"
    pairs.pair("link", link.number, meta.url)
    kind = "Folder" if entry.content is None else "File"
    expect(f"{kind}LinkMetadata", type(meta).__name__)
    expect(entry.name, meta.name)
    pairs.pair("id", entry.id, meta.id)
    expect(None if settings.expires is None else moment(settings.expires), meta.expires)
    key = fold(machine.accounts.examples[link.owner.name].folder) + entry.key
    expect(key if reader is link.owner else None, meta.path_lower)
    if reader is link.owner:
        expect(_of_owner(settings, link.owner.plan), _shown(meta.link_permissions))
    else:
        expect(_of_others(settings), _shown(meta.link_permissions))
    _check_team(link.owner, meta.team_member_info, reader)
    if entry.content is not None:
        pairs.check_revision(entry, entry.content, meta)
        expect(_PREVIEWS.get(entry.key.rpartition(".")[2]), meta.preview_type)


def check_old(machine: Kernel, link: Link, meta: Any) -> None:
    """Compare the metadata that the deprecated routes return (S7-01, S7-07, S7-14).

    The older union of visibilities has no tag for the audience ``no_one``.

    Raises:
        Mismatch: they differ.
    """
    entry, settings = link.linked, link.settings
    assert entry is not None, "the link works"
    machine.example.pairs.pair("link", link.number, meta.url)
    if settings.audience != "no_one":
        expect(settings.visibility, chain(meta.visibility))
    expect(None if settings.expires is None else moment(settings.expires), meta.expires)
    expect(fold(machine.accounts.examples[link.owner.name].folder) + entry.key, fold(meta.path))
    expect(entry.name, name_of(meta.path))


def _shown(permissions: Any) -> dict[str, Any]:
    """Return the fields of permissions that are compared; no fact describes the others."""
    options = permissions.audience_options
    return {
        "resolved": _tag(permissions.resolved_visibility),
        "requested": _tag(permissions.requested_visibility),
        "revoke": permissions.can_revoke,
        "why not": _tag(permissions.revoke_failure_reason),
        "audience": _tag(permissions.effective_audience),
        "level": _tag(permissions.link_access_level),
        "policies": [
            (_tag(each.policy), each.allowed, _tag(each.disallowed_reason))
            for each in permissions.visibility_policies
        ],
        "options": options
        and [(_tag(each.audience), each.allowed, _tag(each.disallowed_reason)) for each in options],
        "set expiry": permissions.can_set_expiry,
        "remove expiry": permissions.can_remove_expiry,
        "download": permissions.allow_download,
        "allow download": permissions.can_allow_download,
        "disallow download": permissions.can_disallow_download,
        "comments": permissions.allow_comments,
        "restricts comments": permissions.team_restricts_comments,
        "set password": permissions.can_set_password,
        "remove password": permissions.can_remove_password,
    }


def _tag(union: Any) -> str | None:
    return None if union is None else chain(union)


def _of_owner(settings: Settings, plan: str) -> dict[str, Any]:
    """Return the permissions that the owner sees (S3-12 to S3-17, S3-27, S3-29)."""
    is_paid, is_team = plan != "basic", plan == "business"
    team = (is_team, None if is_team else "user_not_on_team")
    password = (is_paid, None if is_paid else "user_account_type")
    visibility = settings.visibility
    return {
        **_of_all(settings),
        "requested": {"team_and_password": "team_only", "no_one": None}.get(visibility, visibility),
        "revoke": True,
        "why not": None,
        "policies": [("public", True, None), ("team_only", *team), ("password", *password)],
        "options": [
            ("public", True, None),
            ("team", *team),
            ("password", *password),
            ("no_one", True, None),
        ],
        "set expiry": is_paid,
        "remove expiry": True,
        "allow download": True,
        "disallow download": is_paid,
        "set password": is_paid,
        "remove password": is_paid,
    }


def _of_others(settings: Settings) -> dict[str, Any]:
    """Return the permissions that everybody else sees (S3-23, S3-28)."""
    rights = ("set expiry", "remove expiry", "allow download", "disallow download")
    return {
        **_of_all(settings),
        "requested": None,
        "revoke": False,
        "why not": "owner_only",
        "policies": [],
        "options": None,
        **dict.fromkeys((*rights, "set password", "remove password"), False),
    }


def _of_all(settings: Settings) -> dict[str, Any]:
    """Return the permissions that are the same for all readers (S3-20, S3-21)."""
    return {
        "resolved": settings.visibility,
        "audience": settings.audience if settings.shows_audience else None,
        "level": "viewer" if settings.shows_audience else None,
        "download": settings.allow_download,
        "comments": True,
        "restricts comments": False,
    }


def _check_team(owner: Person, info: Any, reader: Person | None) -> None:
    """Compare the team that a link belongs to; only teammates get the member's id (S3-18)."""
    if not owner.team:
        expect(None, info)
        return
    is_mate = reader is not None and reader.team == owner.team
    expect((owner.team, is_mate), (info.team_info.id, info.member_id is not None))
