"""The authorize page, where a user approves an app (O2.1-01 to -04, O2.1-51, O2.1-52)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from fakedropbox._api.app_folders import make_ready
from fakedropbox._api.registry import missing
from fakedropbox._base.checks import is_loopback
from fakedropbox._facts import TEAM_SCOPES, hosts, messages
from fakedropbox._facts.limits import ACCESS_TOKEN_SECONDS, STATE_BYTES
from fakedropbox._identity.accounts import Account, Team
from fakedropbox._identity.apps import App, is_redirect_uri
from fakedropbox._identity.codes import AccessRequest, access_request, check_choice
from fakedropbox._web.html import Html, rendered
from fakedropbox._web.registry import Asked, Redirect, page
from fakedropbox.calls import Call
from fakedropbox.errors import AuthorizeRefused, PageRefused

_PATH = "/oauth2/authorize"
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")  # RFC 3986, section 4.3
_SHOWS = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "include_granted_scopes",
    "token_access_type",
    "code_challenge_method",
    "force_reapprove",
    "answer",
)
_ACCESS = ("code_challenge", "code_challenge_method", "token_access_type")
_RESPONSES = ("code", "token")
_CHOICES = {
    "include_granted_scopes": ("user", "team"),
    "require_role": ("personal", "work"),
    "force_reapprove": ("true", "false"),
}
_UNBUILT = (("include_granted_scopes", "team"), ("require_role", "work"))
_OWN_SITE = ("same-origin", "none")
_HTTPS = "https://"


@page("GET", _PATH, hosts=(hosts.WWW,), shows=_SHOWS)
def show(call: Call, asked: Asked) -> Html | Redirect:
    """Ask the user to approve the app, or let it in if the answer is known (O2.1-04)."""
    fields, world = asked.fields, call.world
    request = _request(call, fields)
    accounts = list(world.accounts)
    if _is_for_team(fields):
        accounts = [each for each in accounts if _administered(call, each) is not None]
        if not accounts:
            raise _no_administrator()
    account = accounts[0]
    known = (
        request.redirect_uri is not None
        and len(world.accounts) == 1
        and not _is_for_team(fields)
        and fields.get("force_reapprove") != "true"
        and world.tokens.has_approved(account, request.app, request.scopes)
    )
    if known or request.app.auto_approve:
        return _let_in(call, fields, request, account)
    where = (
        "all files" if request.app.folder is None else f"the folder Apps/{request.app.folder} only"
    )
    page = rendered(
        "consent.html",
        title=f"Let {request.app.name} use your {_target(fields)}?",
        where=where,
        scopes=sorted(request.scopes),
        accounts=accounts,
    )
    return Html(page)


@page("POST", _PATH, hosts=(hosts.WWW,), shows=_SHOWS)
def answer(call: Call, asked: Asked) -> Html | Redirect:
    """Carry out the user's choice of an account and of ``allow`` or ``deny``."""
    fields = asked.fields
    if _is_foreign(asked):
        raise PageRefused("This form was sent by a page of another site.")
    request = _request(call, fields)
    if fields.get("answer") == "deny":
        raise _refused(fields, "access_denied", messages.NOT_ALLOWED, fact="O2.1-02")
    account = call.world.accounts.by_id(fields.get("account", ""))
    if account is None or fields.get("answer") != "allow":
        raise PageRefused("Choose an account, and whether to allow it.")
    if _is_for_team(fields) and _administered(call, account) is None:
        raise _no_administrator()
    return _let_in(call, fields, request, account)


def _is_foreign(asked: Asked) -> bool:
    """Return whether a browser says that a page of another site has sent a form."""
    site, origin = asked.headers.get("Sec-Fetch-Site"), asked.headers.get("Origin")
    if site is not None and site not in _OWN_SITE:
        return True
    if origin == "null":  # our own page sends it, too, as it sends no referrer
        return site is None
    if origin is None:
        return False
    sender = origin.removeprefix(_HTTPS).lower()
    if asked.host is None:  # the server was called at its own address
        return sender != asked.headers.get("Host", "").lower()
    return hosts.served_as(sender) != asked.host


def _request(call: Call, fields: Mapping[str, str]) -> AccessRequest:
    """Return the app's request for access.

    Raises:
        PageRefused: the request is invalid, and the error cannot be sent to the app.
        AuthorizeRefused: the request is invalid; the error is sent to the app.
    """
    client_id = fields.get("client_id", "")
    app = call.world.apps.by_key(client_id)
    if app is None:
        raise PageRefused(messages.UNKNOWN_CLIENT.format(client_id=client_id), fact="O2.1-05")
    redirect_uri = fields.get("redirect_uri")
    if redirect_uri is not None and not _may_redirect(app, redirect_uri):
        is_absolute = _ABSOLUTE.match(redirect_uri) is not None
        text = messages.UNKNOWN_REDIRECT if is_absolute else messages.RELATIVE_REDIRECT
        raise PageRefused(text, fact="O2.1-05")
    if len(fields.get("state", "").encode()) > STATE_BYTES:
        raise PageRefused(f"state: expected at most {STATE_BYTES} bytes")
    response_type = fields.get("response_type")
    if response_type not in _RESPONSES:
        text = f"response_type: expected code or token, got {response_type!r}"
        raise _refused(fields, "unsupported_response_type", text)
    try:
        for name, choices in _CHOICES.items():
            check_choice(name, fields.get(name, choices[0]), choices)
        if response_type == "token":
            _check_implicit(fields)
        request = access_request(
            app, redirect_uri=redirect_uri, **{name: fields.get(name) for name in _ACCESS}
        )
    except ValueError as error:
        raise _refused(fields, "invalid_request", str(error)) from None
    for unbuilt in _UNBUILT:
        if unbuilt in fields.items() and not _is_for_team(fields):
            raise missing(call.name, "=".join(unbuilt))
    return request._replace(scopes=_scopes(fields, app, request.scopes))


def _is_for_team(fields: Mapping[str, str]) -> bool:
    """Return whether the app asks, by the name of a scope, for access to a team (P4-23)."""
    return not TEAM_SCOPES.isdisjoint(fields.get("scope", "").split())


def _target(fields: Mapping[str, str]) -> str:
    return "team's Dropbox" if _is_for_team(fields) else "Dropbox"


def _administered(call: Call, account: Account) -> Team | None:
    """Return the team of which an account is an administrator, or None."""
    member = call.world.teams.of(account)
    return member.team if member is not None and member.is_admin else None


def _no_administrator() -> PageRefused:
    return PageRefused(
        "The app asks for access to a team, which only an administrator of the team can give.",
        fact="P4-16",
    )


def _scopes(fields: Mapping[str, str], app: App, default: frozenset[str]) -> frozenset[str]:
    """Return the requested scopes; refuse those that the app is not enabled for (a guess)."""
    if "scope" not in fields:
        return default
    wanted = frozenset(fields["scope"].split())
    if not wanted <= app.scopes:
        unknown = " ".join(sorted(wanted - app.scopes))
        raise _refused(fields, "invalid_scope", f"scope: the app is not enabled for {unknown}")
    return wanted


def _check_implicit(fields: Mapping[str, str]) -> None:
    """Check that the parameters are valid with the response type ``token``.

    Raises:
        ValueError: a parameter is missing or not allowed; the message names it.
    """
    if "redirect_uri" not in fields:
        raise ValueError("redirect_uri: expected one with response_type token")
    for name, value in (("token_access_type", "offline"), ("code_challenge", None)):
        if name in fields and value in (None, fields[name]):
            raise ValueError(f"{name}: expected no {value or 'challenge'} with response_type token")


def _may_redirect(app: App, redirect_uri: str) -> bool:
    """Return whether a redirect URI is registered or on this machine (O2.1-51)."""
    if redirect_uri in app.redirect_uris:
        return True
    return is_redirect_uri(redirect_uri) and is_loopback(urlsplit(redirect_uri).hostname or "")


def _let_in(
    call: Call, fields: Mapping[str, str], request: AccessRequest, account: Account
) -> Html | Redirect:
    """Return the page or redirect with the code or the token of an approval (O2.1-01)."""
    tokens = call.world.tokens
    team = _administered(call, account) if _is_for_team(fields) else None
    if "include_granted_scopes" in fields:
        granted = tokens.granted(account, request.app, team)
        if not granted:  # according to the SDK's documentation
            text = "include_granted_scopes: expected none from a user who never linked the app"
            raise _refused(fields, "invalid_request", text)
        request = request._replace(scopes=request.scopes | granted)
    since = make_ready(call.world, account, request.app)
    if fields["response_type"] == "token":
        found = tokens.let_in(account, request, since, team)
        given = {
            "access_token": found.access_token,
            "token_type": "bearer",
            **({"account_id": account.account_id} if team is None else {"team_id": team.team_id}),
            "uid": account.uid,
        }
        if found.expires:  # RFC 6749, section 4.2.2
            given["expires_in"] = str(ACCESS_TOKEN_SECONDS)
        return Redirect(_location(fields, given))
    code = tokens.approve(account, request, since, team)
    if request.redirect_uri is None:
        return Html(rendered("code.html", title="Your code", app=request.app, code=code))
    return Redirect(_location(fields, {"code": code}))


def _refused(
    fields: Mapping[str, str], error: str, description: str, *, fact: str | None = None
) -> AuthorizeRefused:
    """Return a refusal that goes to the app's redirect URI, or to the user if there is none."""
    if "redirect_uri" not in fields:
        return AuthorizeRefused(error, description, fact=fact)
    values = {"error": error, "error_description": description}
    return AuthorizeRefused(error, description, _location(fields, values), fact=fact)


def _location(fields: Mapping[str, str], values: Mapping[str, str]) -> str:
    """Return the redirect URI with values added: to its query, or for a token as its fragment."""
    uri = fields["redirect_uri"]
    state = {"state": fields["state"]} if "state" in fields else {}
    mark = "&" if "?" in uri else "?"
    if fields.get("response_type") == "token":
        mark = "#"
    return uri + mark + urlencode({**values, **state})
