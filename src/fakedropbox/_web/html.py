"""The HTML of the pages: simple, without scripts, and with every text escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from fakedropbox._identity.accounts import Account
from fakedropbox._identity.apps import App
from fakedropbox._identity.codes import AccessRequest

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem}"
    "ul{columns:2}fieldset{margin:1rem 0}fieldset label{display:block}"
    "button{font:inherit;padding:.4rem 1.2rem}input[readonly]{font:1rem monospace;width:100%}"
)


class Html(NamedTuple):
    """An HTML document for a browser."""

    text: str


def consent_page(request: AccessRequest, accounts: Iterable[Account]) -> Html:
    """Return the page that asks whether an app may have access, and to which account.

    The form has no address of its own: it is sent to the address of the page, which contains
    everything that the app asked for.
    """
    app = request.app
    where = "all files" if app.folder is None else f"the folder Apps/{app.folder} only"
    scopes = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in sorted(request.scopes))
    choices = "".join(
        f'<label><input type="radio" name="account" value="{escape(account.account_id)}" required'
        f"{'' if place else ' checked'}> {escape(account.display_name)} "
        f"({escape(account.email)})</label>"
        for place, account in enumerate(accounts)
    )
    return _document(
        f"Let {app.name} use your Dropbox?",
        f"<p>It asks for {escape(where)}, and for:</p><ul>{scopes}</ul>"
        f'<form method="post"><fieldset><legend>Account</legend>{choices}</fieldset>'
        '<button name="answer" value="allow" autofocus>Allow</button> '
        '<button name="answer" value="deny">Cancel</button></form>',
    )


def code_page(app: App, code: str) -> Html:
    """Return the page with a code for the user to copy into the app (O2.1-03)."""
    return _document(
        "Your code",
        f'<p><label for="code">Copy it into {escape(app.name)}:</label> '
        f'<input id="code" value="{escape(code)}" readonly autofocus></p>',
    )


def error_page(text: str) -> Html:
    """Return the page that tells the user about an error (O2.1-05)."""
    return _document("Error (400)", f"<p>{escape(text, quote=False)}</p>")


def _document(title: str, body: str) -> Html:
    shown = escape(title)
    return Html(
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{shown}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style></head>\n<body><main><h1>{shown}</h1>\n{body}\n</main>\n"
        "<footer>fakedropbox: a double for tests, not Dropbox</footer></body></html>\n"
    )
