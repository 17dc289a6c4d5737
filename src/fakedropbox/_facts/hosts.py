"""The hosts of the real service (F1.1-01 to F1.1-03), and the rule that recognizes them."""

from __future__ import annotations

import re

API = "api.dropboxapi.com"
CONTENT = "content.dropboxapi.com"
NOTIFY = "notify.dropboxapi.com"
WWW = "www.dropbox.com"
BARE = "dropbox.com"
"""The site's host without ``www`` (S1-13)."""

DOWNLOAD = "dl.dropboxusercontent.com"
"""The host of temporary links (F5-08), and of shared links as direct downloads (S1-31)."""

OLD_DOWNLOAD = "dl.dropbox.com"
"""The older name of the host for direct downloads, which redirects to it (S1-31)."""

PHOTOS = "dl-web.dropbox.com"
"""The host of profile photos (P2-02)."""

_CONTENT_OF_LINKS = re.compile(rf"uc[0-9a-f]{{26}}\.{re.escape(DOWNLOAD)}")  # S1-28
BELOW_DOWNLOAD = f"*.{DOWNLOAD}"
"""The hosts that a download of a shared link is redirected to, as a certificate names them."""

OF_ROUTES = {"api": API, "content": CONTENT, "notify": NOTIFY}
"""The hosts of routes, by the names that the route table uses."""

OLD_NAMES = {"api.dropbox.com": API, "api-content.dropbox.com": CONTENT}
"""The API's hosts by their old names, which still lead to them (F1.4-23)."""

CONTROL = "/_fake"
"""The path on a server of ours below which the control interface is."""

OF_TOKENS = (API, WWW)
"""The hosts of the token endpoint (O2.2-51)."""

ALL = (API, CONTENT, NOTIFY, WWW, BARE, DOWNLOAD, OLD_DOWNLOAD, PHOTOS, *OLD_NAMES)
"""The hosts that a server serves, besides those of the content of links."""

DOMAINS = ("dropboxapi.com", "dropbox.com", "dropboxusercontent.com")
"""Dropbox's domains: all hosts below them are Dropbox's."""

SITE = f"https://{WWW}"

OF_VARIABLES = {
    "DROPBOX_API_HOST": API,
    "DROPBOX_API_CONTENT_HOST": CONTENT,
    "DROPBOX_API_NOTIFY_HOST": NOTIFY,
    "DROPBOX_WEB_HOST": WWW,
}
"""The hosts that the SDK replaces by the values of environment variables (O0-12)."""

# A part of a host name has at most 63 characters. Python refuses a longer one before it looks
# anything up, and shows it in the error.
_IMPOSSIBLE = "dropbox-is-blocked-by-fakedropbox-since-the-parent-process-uses-a-fake-one"
UNREACHABLE = {
    variable: f"{host.partition('.')[0]}.{_IMPOSSIBLE}" for variable, host in OF_VARIABLES.items()
}
"""Values of these variables with which the SDK reaches nothing."""


def name_of(host: object) -> str:
    """Return the name that a resolver would look up for ``host``, in lower case.

    As the `socket` module does, it takes text, also in other scripts' letters, and bytes. What
    is not the name of a host gives an empty text.
    """
    if isinstance(host, str):
        try:
            # The methods of `str` itself: a subclass may have others, which `socket` ignores.
            name = str.encode(host, "ascii" if str.isascii(host) else "idna")
        except UnicodeError:
            return ""
    elif isinstance(host, (bytes, bytearray)):
        name = bytes(memoryview(host))
    else:
        return ""
    # The resolver reads up to a null character, and a name may end with a dot.
    return name.partition(b"\0")[0].decode("ascii", "replace").lower().rstrip(".")


def content_of_links(number: str) -> str:
    """Return one of the hosts with the content of links; ``number`` has 26 hex digits (S1-28)."""
    return f"uc{number}.{DOWNLOAD}"


def served_as(host: str) -> str | None:
    """Return the present name of a host, given any of its names; None if the double lacks it."""
    if _CONTENT_OF_LINKS.fullmatch(host):
        return DOWNLOAD
    return OLD_NAMES.get(host, host) if host in ALL else None


def is_dropbox(host: object) -> bool:
    """Return whether a host belongs to Dropbox."""
    name = name_of(host)
    return any(name == domain or name.endswith(f".{domain}") for domain in DOMAINS)
