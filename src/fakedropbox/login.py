"""The credentials that a program needs to reach one account through one app."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from fakedropbox._base.checks import expect


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """Credentials, as plain strings. Its `repr` shows no secret."""

    app_key: str = field(default="", repr=False)
    app_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    account_email: str = ""

    def __post_init__(self) -> None:
        for field_ in fields(self):
            expect(field_.name, getattr(self, field_.name), str, secret=True)
