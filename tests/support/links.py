"""Helpers for tests of shared links: sample files, and functions that create and read links."""

from datetime import datetime

import pytest
from dropbox.sharing import (
    LinkAudience,
    RequestedLinkAccessLevel,
    RequestedVisibility,
    SharedLinkSettings,
)

FILES = {"/Docs/a b.txt": b"0123456789", "/Docs/deep/c.docx": b"c", "/d.zip": b"zip"}
with_files = pytest.mark.dropbox(files=FILES)

_UNIONS = {
    "audience": LinkAudience,
    "access": RequestedLinkAccessLevel,
    "requested_visibility": RequestedVisibility,
}
SECRET = "open sesame"
PASSWORD = {"require_password": True, "link_password": SECRET}
LATER = datetime(2026, 2, 1)  # noqa: DTZ001 -- the SDK's times are naive
"""A month after the beginning of the service's clock."""
NOT_AUTHORIZED, INVALID = "settings_error/not_authorized", "settings_error/invalid_settings"
NOT_FOUND, DENIED = "shared_link_not_found", "shared_link_access_denied"


def settings(**given):
    """Return the settings of a link; tags stand for unions."""
    return SharedLinkSettings(
        **{
            name: _UNIONS[name](value) if name in _UNIONS else value
            for name, value in given.items()
        }
    )


def shared(client, path, **given):
    """Create a link, with settings if there are any, and return its metadata."""
    return client.sharing_create_shared_link_with_settings(
        path, settings(**given) if given else None
    )


def modified(client, link, *, remove_expiration=False, **given):
    """Change the settings of a link, and return its metadata."""
    return client.sharing_modify_shared_link_settings(
        link.url, settings(**given), remove_expiration
    )


def seen(client, link, **how):
    """Return the metadata of a link as a client reads it."""
    return client.sharing_get_shared_link_metadata(link.url, **how)


def data(client, link, **how):
    """Return the content that a client downloads through a link."""
    return client.sharing_get_shared_link_file(link.url, **how)[1].content


def tag(union):
    """Return the tag of a union, or None."""
    return None if union is None else union._tag


def visibility(link):
    """Return the tags of the resolved and the requested visibility of a link."""
    permissions = link.link_permissions
    return tag(permissions.resolved_visibility), tag(permissions.requested_visibility)


def dl(link, value):
    """Return the URL of a link with another value of `dl`, or with another query in its place."""
    return link.url.replace("dl=0", value if "=" in value else f"dl={value}")


def at(link, host, value="0"):
    """Return the URL of a link on another host."""
    return dl(link, value).replace("www.dropbox.com", host)
