"""The page that asks for the password of a shared link (S1-16, S1-33)."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, NamedTuple
from urllib.parse import unquote, urlencode

from fakedropbox._api.sharing.urls import address_at, leads_to
from fakedropbox._facts import hosts
from fakedropbox._files.shared_links import SharedLink
from fakedropbox._web import cookies, tickets
from fakedropbox._web.html import Html, rendered
from fakedropbox._web.linked import not_found
from fakedropbox._web.registry import Asked, Redirect, page
from fakedropbox.calls import Call

_PAGE, _FORM = "/sm/password", "/sm/auth"
_COOKIE = "sm_auth"


class Json(NamedTuple):
    """JSON for the script of a page, and a cookie that the browser is to keep."""

    body: Mapping[str, Any]
    cookie: str | None = None


@page("GET", _PAGE, hosts=(hosts.WWW,), shows=())
def ask(call: Call, asked: Asked) -> Html:
    """Ask for the password of a link, of which nothing else is shown."""
    _link(call, asked)
    return _form(call, asked, asked.fields.get("cont", ""))


page("HEAD", _PAGE, hosts=(hosts.WWW,), shows=())(ask.handle)


@page("POST", _FORM, hosts=(hosts.WWW,), shows=())
def check(call: Call, asked: Asked) -> Html | Redirect | Json:
    """Let a browser open a link after it has sent the password; answer a script with JSON."""
    cookies.check_form(asked)
    link, is_script = _link(call, asked), asked.fields.get("is_xhr") == "true"
    if not link.settings.accepts(asked.fields.get("password")):
        if is_script:
            return Json({"status": "error"})
        return _form(call, asked, asked.fields.get("url", ""), wrong=True)
    opened = {**_opened(call, asked), str(link.number): _mark(link)}
    kept = cookies.kept(_COOKIE, tickets.ticket(call, _COOKIE, opened))
    if is_script:
        return Json({"status": "authed"}, kept)
    return Redirect(_page_of(link, asked.fields.get("url", "")), kept)


def is_open(call: Call, asked: Asked, link: SharedLink) -> bool:
    """Return whether a link has no password, or a browser has given its present one."""
    if link.settings.password is None:
        return True
    return _opened(call, asked).get(str(link.number)) == _mark(link)


def to_password(call: Call, asked: Asked, link: SharedLink) -> Redirect:
    """Return the redirect to the page that asks for the password of a link (S1-33)."""
    site = "" if asked.host is None else hosts.SITE
    content_id = tickets.ticket(call, _PAGE, link.number)
    cont = {"cont": f"{site}{asked.target}", "content_id": content_id}
    return Redirect(f"{_PAGE}?{urlencode(cont)}")


def _link(call: Call, asked: Asked) -> SharedLink:
    """Return the link that a request is about.

    Raises:
        PageRefused: it does not work.
    """
    known = tickets.fields_of(call, _PAGE, asked.fields.get("content_id", ""))
    link = None if known is None else call.world.files.shared_links.numbered(known[0])
    if link is None:
        raise not_found()
    return link


def _form(call: Call, asked: Asked, url: str, *, wrong: bool = False) -> Html:
    token = cookies.form_token(call, asked)
    text = rendered(
        "password.html",
        title="Dropbox - Password Required",
        token=token,
        content_id=asked.fields["content_id"],
        url=url,
        wrong=wrong,
    )
    return Html(text, cookies.kept_form_token(token))


def _opened(call: Call, asked: Asked) -> dict[str, str]:
    """Return the `_mark` of each link whose password a browser has given, by the link's number."""
    known = tickets.fields_of(call, _COOKIE, cookies.cookie(asked, _COOKIE))
    return {} if known is None else known[0]


def _mark(link: SharedLink) -> str:
    """Return a text that changes when the password of a link is changed or removed."""
    return blake2b(link.settings.password or b"", digest_size=8).hexdigest()


def _page_of(link: SharedLink, url: str) -> str:
    """Return the path and query to go back to: those of ``url`` if it leads into the link.

    Otherwise they are those of the link itself.
    """
    path, _, query = url.removeprefix(hosts.SITE).partition("?")
    if leads_to(address_at(unquote(path), query), link.url):
        return f"{path}?{query}"
    return link.url.removeprefix(hosts.SITE)
