"""The credentials that a program needs to reach one account or team through one app."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from fakedropbox._base.checks import expect
from fakedropbox._base.public import names_fields


@names_fields
@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """Credentials, as plain strings; an empty string is a missing one. Its `repr` shows no secret.

    - ``app_key``: the app's key
    - ``app_secret``: the app's secret, which an app that uses PKCE does not need
    - ``refresh_token``: the token with which the SDK gets access tokens; it does not expire
    - ``access_token``: the token that each request carries; a generated one expires after four
      hours (O2.2-53), one that was given never does
    - ``account_email``: the e-mail address of the account
    """

    app_key: str = field(default="", repr=False)
    app_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    account_email: str = ""

    def __post_init__(self) -> None:
        for field_ in fields(self):
            expect(field_.name, getattr(self, field_.name), str, secret=True)
