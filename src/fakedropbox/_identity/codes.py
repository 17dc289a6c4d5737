"""An app's request for access to an account, and the authorization code (O2.1-51, O2.1-52)."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from fakedropbox._base.checks import expect
from fakedropbox._facts import OPENID_SCOPES
from fakedropbox._identity.accounts import Account, Team
from fakedropbox._identity.apps import App, checked_scopes

_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636, section 4.2


class AccessRequest(NamedTuple):
    """The access that an app requests. ``challenge`` is the PKCE challenge and its method."""

    app: App
    scopes: frozenset[str]
    redirect_uri: str | None
    challenge: tuple[str, str] | None
    access_type: str

    def __repr__(self) -> str:
        return f"<AccessRequest of {self.app.key}>"


class Code(NamedTuple):
    """An authorization code: the request, and the account whose owner approved it.

    ``expires`` is in microseconds; ``since`` and ``team`` have the same meaning as in `AppLink`.
    """

    request: AccessRequest
    account: Account
    expires: int
    since: int
    team: Team | None = None

    def answers(self, verifier: str | None) -> bool:
        """Return whether the challenge, if any, was derived from this code verifier (RFC 7636)."""
        if self.request.challenge is None:
            return True
        challenge, method = self.request.challenge
        if verifier is None or method == "plain":
            return verifier == challenge
        digest = sha256(verifier.encode()).digest()
        return urlsafe_b64encode(digest).decode().rstrip("=") == challenge


def access_request(
    app: App,
    scopes: Iterable[str] | None = None,
    *,
    redirect_uri: str | None = None,
    code_challenge: str | None = None,
    code_challenge_method: str | None = None,
    token_access_type: str | None = None,
) -> AccessRequest:
    """Return the checked request of an app; the arguments are those of the authorize page.

    Without ``scopes`` the app requests all scopes that were enabled for it; OpenID's have to be
    requested by name, which is a guess.

    Raises:
        TypeError, ValueError: an argument is wrong; the message names it.
    """
    expect("redirect_uri", redirect_uri, str, type(None))
    expect("code_challenge", code_challenge, str, type(None))
    if code_challenge is not None and not _CHALLENGE.fullmatch(code_challenge):
        raise ValueError("code_challenge: expected 43 to 128 letters, digits, or any of -._~")
    method = code_challenge_method or "plain"  # RFC 7636's default
    check_choice("code_challenge_method", method, ("S256", "plain"))
    access_type = token_access_type or "online"
    check_choice("token_access_type", access_type, ("offline", "online", "legacy"))
    return AccessRequest(
        app=app,
        scopes=app.scopes - OPENID_SCOPES if scopes is None else checked_scopes(scopes),
        redirect_uri=redirect_uri,
        challenge=None if code_challenge is None else (code_challenge, method),
        access_type=access_type,
    )


def check_choice(argument: str, value: object, choices: tuple[str, ...]) -> None:
    """Check that an argument is one of a few words.

    Raises:
        ValueError: it is not one of ``choices``.
    """
    if value not in choices:
        raise ValueError(f"{argument}: expected one of {', '.join(choices)}, got {value!r}")
