"""Cookies of the pages, and the token by which a form proves that it is on one of our pages."""

from __future__ import annotations

from hmac import compare_digest

from fakedropbox._facts import messages
from fakedropbox._web.registry import Asked
from fakedropbox.calls import Call
from fakedropbox.errors import PageRefused

_FORM = "t"


def kept(name: str, value: str) -> str:
    """Return the header by which a browser keeps a cookie for the host of a page."""
    return f"{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax"


def cookie(asked: Asked, name: str) -> str:
    """Return the value of a cookie that a browser sent; an empty text if it sent none."""
    pairs = (pair.strip().partition("=") for pair in asked.headers.get("Cookie", "").split(";"))
    return next((value for key, _, value in pairs if key == name), "")


def form_token(call: Call, asked: Asked) -> str:
    """Return the token for the forms of a browser: the one that it has, or a new one (S1-33)."""
    return cookie(asked, _FORM) or call.world.chance.token("form", 18)


def kept_form_token(token: str) -> str:
    """Return the header by which a browser keeps the token of forms."""
    return kept(_FORM, token)


def check_form(asked: Asked) -> None:
    """Check that a form has the token that the browser keeps, as other sites cannot read it.

    Raises:
        PageRefused: it does not.
    """
    sent, known = asked.fields.get(_FORM, "").encode(), cookie(asked, _FORM).encode()
    if not known or not compare_digest(sent, known):
        raise PageRefused(messages.UNVERIFIED, "forbidden", fact="S1-38")
