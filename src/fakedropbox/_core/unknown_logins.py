"""Advice for a failing test whose calls had credentials that are not those of its service.

The report of pytest shows it; elsewhere `mock_dropbox` adds it to the error of the test.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakedropbox.calls import CallRecord

_ACCESS_TOKEN = ("an access token", "access_token")
_REFRESH_TOKEN = ("a refresh token", "refresh_token")
_APP = ("an app key or app secret", "app_key", "app_secret")

_MEANINGS = {
    ("invalid_access_token", "F1.5-01"): _ACCESS_TOKEN,
    ("400", "F1.4-10"): _ACCESS_TOKEN,
    ("invalid_grant", "O2.2-04"): _REFRESH_TOKEN,
    ("invalid_grant", "O2.2-05"): _REFRESH_TOKEN,
    ("invalid_client", "O2.2-06"): _APP,
    ("invalid_access_token", None): _APP,
}
"""The credentials that a call's outcome and fact are about, and the fields of `Login` for them."""


def advice(records: Iterable[CallRecord], *, whole_run: bool) -> list[str]:
    """Return a line for each kind of unknown credentials, without the credentials.

    With ``whole_run``, the service is that of `--fake-dropbox`, and no marker configures it.
    """
    asked = [_MEANINGS.get((record.outcome, record.fact)) for record in records]
    way_out = _option if whole_run else _login
    return [
        f"a call had {what} that this service does not know, or no longer: {way_out(fields)}"
        for what, *fields in dict.fromkeys(filter(None, asked))
    ]


def _option(fields: list[str]) -> str:
    return f"set the variable that the code reads by --fake-dropbox-env NAME={'|'.join(fields)}"


def _login(fields: list[str]) -> str:
    given = ", ".join(f"{field}=…" for field in fields)
    return (
        f"let the service know it by @pytest.mark.dropbox(login=Login({given})) or "
        f"FakeDropboxService(login=Login({given})) or mock_dropbox(login=Login({given})), "
        f"or let the code use {' and '.join(f'service.login.{field}' for field in fields)}"
    )
