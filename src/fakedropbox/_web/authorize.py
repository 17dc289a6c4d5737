"""The authorize page: an owner lets an app in, or not (O2.1-01 to -04, O2.1-51, O2.1-52)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from fakedropbox._api.app_folders import make_ready
from fakedropbox._api.registry import missing
from fakedropbox._base.checks import is_loopback
from fakedropbox._facts import hosts, messages
from fakedropbox._facts.limits import ACCESS_TOKEN_SECONDS, STATE_BYTES
from fakedropbox._identity.accounts import Account
from fakedropbox._identity.apps import App, is_redirect_uri
from fakedropbox._identity.codes import AccessRequest, access_request, check_choice
from fakedropbox._web.html import Html, code_page, consent_page
from fakedropbox._web.registry import Asked, page
from fakedropbox.calls import Call
from fakedropbox.errors import AuthorizeRefused, PageRefused

_PATH = "/oauth2/authorize"
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


class Redirect(NamedTuple):
    """Where the browser is sent."""

    location: str


@page("GET", _PATH, hosts=(hosts.WWW,), shows=_SHOWS)
def show(call: Call, asked: Asked) -> Html | Redirect:
    """Ask the owner; or send the browser on, if the answer is known (O2.1-04)."""
    fields, world = asked.fields, call.world
    request = _request(call, fields)
    account = world.accounts.default
    known = (
        request.redirect_uri is not None
        and len(world.accounts) == 1
        and fields.get("force_reapprove") != "true"
        and world.tokens.has_approved(account, request.app, request.scopes)
    )
    if known or request.app.auto_approve:
        return _let_in(call, fields, request, account)
    return consent_page(request, world.accounts)


@page("POST", _PATH, hosts=(hosts.WWW,), shows=_SHOWS)
def answer(call: Call, asked: Asked) -> Html | Redirect:
    """Do as the owner says, who has chosen an account and ``allow`` or ``deny``."""
    fields = asked.fields
    if asked.headers.get("Sec-Fetch-Site", _OWN_SITE[0]) not in _OWN_SITE:
        raise PageRefused("This form was sent by a page of another site.")
    request = _request(call, fields)
    if fields.get("answer") == "deny":
        raise _sent_back(fields, "access_denied", messages.NOT_ALLOWED, fact="O2.1-02")
    account = call.world.accounts.by_id(fields.get("account", ""))
    if account is None or fields.get("answer") != "allow":
        raise PageRefused("Choose an account, and whether to allow it.")
    return _let_in(call, fields, request, account)


def _request(call: Call, fields: Mapping[str, str]) -> AccessRequest:
    """What the app asks for.

    Raises:
        PageRefused: nobody is known to whom the error could be sent.
        AuthorizeRefused: it is sent to the app.
    """
    client_id = fields.get("client_id", "")
    app = call.world.apps.by_key(client_id)
    if app is None:
        raise PageRefused(messages.UNKNOWN_CLIENT.format(client_id=client_id))
    redirect_uri = fields.get("redirect_uri")
    if redirect_uri is not None and not _may_go(app, redirect_uri):
        raise PageRefused(messages.UNKNOWN_REDIRECT)
    if len(fields.get("state", "").encode()) > STATE_BYTES:
        raise PageRefused(f"state: expected at most {STATE_BYTES} bytes")
    response_type = fields.get("response_type")
    if response_type not in _RESPONSES:
        text = f"response_type: expected code or token, got {response_type!r}"
        raise _sent_back(fields, "unsupported_response_type", text)
    try:
        for name, choices in _CHOICES.items():
            check_choice(name, fields.get(name, choices[0]), choices)
        if response_type == "token":
            _check_implicit(fields)
        request = access_request(
            app, redirect_uri=redirect_uri, **{name: fields.get(name) for name in _ACCESS}
        )
    except ValueError as error:
        raise _sent_back(fields, "invalid_request", str(error)) from None
    for unbuilt in _UNBUILT:
        if unbuilt in fields.items():
            raise missing(call.name, "=".join(unbuilt))
    return request._replace(scopes=_scopes(fields, app, request.scopes))


def _scopes(fields: Mapping[str, str], app: App, default: frozenset[str]) -> frozenset[str]:
    """The scopes that are asked for; only what the app was enabled for can be, a guess."""
    if "scope" not in fields:
        return default
    wanted = frozenset(fields["scope"].split())
    if not wanted <= app.scopes:
        unknown = " ".join(sorted(wanted - app.scopes))
        raise _sent_back(fields, "invalid_scope", f"scope: the app is not enabled for {unknown}")
    return wanted


def _check_implicit(fields: Mapping[str, str]) -> None:
    """Check what only a code can be asked with.

    Raises:
        ValueError: naming the parameter.
    """
    if "redirect_uri" not in fields:
        raise ValueError("redirect_uri: expected one with response_type token")
    for name, value in (("token_access_type", "offline"), ("code_challenge", None)):
        if name in fields and value in (None, fields[name]):
            raise ValueError(f"{name}: expected no {value or 'challenge'} with response_type token")


def _may_go(app: App, redirect_uri: str) -> bool:
    """Return whether an app may be told there: registered, or on this machine (O2.1-51)."""
    if redirect_uri in app.redirect_uris:
        return True
    return is_redirect_uri(redirect_uri) and is_loopback(urlsplit(redirect_uri).hostname or "")


def _let_in(
    call: Call, fields: Mapping[str, str], request: AccessRequest, account: Account
) -> Html | Redirect:
    """The code or the token for a yes (O2.1-01)."""
    tokens = call.world.tokens
    if "include_granted_scopes" in fields:
        granted = tokens.granted(account, request.app)
        if not granted:  # so says the SDK
            text = "include_granted_scopes: expected none from a user who never linked the app"
            raise _sent_back(fields, "invalid_request", text)
        request = request._replace(scopes=request.scopes | granted)
    since = make_ready(call.world, account, request.app)
    if fields["response_type"] == "token":
        found = tokens.let_in(account, request, since)
        given = {
            "access_token": found.access_token,
            "token_type": "bearer",
            "account_id": account.account_id,
            "uid": account.uid,
        }
        if found.expires:  # RFC 6749, section 4.2.2
            given["expires_in"] = str(ACCESS_TOKEN_SECONDS)
        return Redirect(_back(fields, given))
    code = tokens.approve(account, request, since)
    if request.redirect_uri is None:
        return code_page(request.app, code)
    return Redirect(_back(fields, {"code": code}))


def _sent_back(
    fields: Mapping[str, str], error: str, description: str, *, fact: str | None = None
) -> AuthorizeRefused:
    """The refusal that the app is told, or the user, where the app gave no address."""
    if "redirect_uri" not in fields:
        return AuthorizeRefused(error, description, fact=fact)
    told = {"error": error, "error_description": description}
    return AuthorizeRefused(error, description, _back(fields, told), fact=fact)


def _back(fields: Mapping[str, str], told: Mapping[str, str]) -> str:
    """The app's address with what it is told: in the query, or in the fragment for a token."""
    uri = fields["redirect_uri"]
    state = {"state": fields["state"]} if "state" in fields else {}
    mark = "&" if "?" in uri else "?"
    if fields.get("response_type") == "token":
        mark = "#"
    return uri + mark + urlencode({**told, **state})
