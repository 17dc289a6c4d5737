"""The page by which a browser signs in, for links that are not for everybody (S1-34)."""

from __future__ import annotations

from urllib.parse import urlencode

from fakedropbox._facts import hosts
from fakedropbox._identity.accounts import Account
from fakedropbox._web import cookies, tickets
from fakedropbox._web.html import Html, rendered
from fakedropbox._web.registry import Asked, Redirect, page
from fakedropbox.calls import Call
from fakedropbox.errors import PageRefused

_PATH = "/login"
_COOKIE = "session"


@page("GET", _PATH, hosts=(hosts.WWW,), shows=())
def show(call: Call, asked: Asked) -> Html:
    """Ask for the account that a browser is to use."""
    token = cookies.form_token(call, asked)
    cont = _own_path(asked.fields.get("cont", ""))
    accounts = call.world.accounts
    text = rendered(
        "sign_in.html", title="Sign in to Dropbox", token=token, cont=cont, accounts=accounts
    )
    return Html(text, cookies.kept_form_token(token))


page("HEAD", _PATH, hosts=(hosts.WWW,), shows=())(show.handle)


@page("POST", _PATH, hosts=(hosts.WWW,), shows=())
def sign_in(call: Call, asked: Asked) -> Redirect:
    """Sign in the chosen account, and lead back to the page that asked for it."""
    cookies.check_form(asked)
    account = call.world.accounts.by_id(asked.fields.get("account", ""))
    if account is None:
        raise PageRefused("Choose an account.")
    session = cookies.kept(_COOKIE, tickets.ticket(call, _COOKIE, account.account_id))
    return Redirect(_own_path(asked.fields.get("cont", "")), session)


def signed_in(call: Call, asked: Asked) -> Account | None:
    """Return the account that a browser has signed in, or None."""
    found = tickets.fields_of(call, _COOKIE, cookies.cookie(asked, _COOKIE))
    return None if found is None else call.world.accounts.by_id(found[0])


def to_sign_in(target: str) -> Redirect:
    """Return the redirect to this page, which leads back to a path and query of the site."""
    return Redirect(f"{_PATH}?{urlencode({'cont': target})}")


def _own_path(cont: str) -> str:
    """Return the path to lead back to; that of this page if ``cont`` leads to another site."""
    path = cont.removeprefix(hosts.SITE)
    is_own = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_own and path.isprintable() else _PATH
