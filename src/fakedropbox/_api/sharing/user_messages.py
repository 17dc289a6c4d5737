"""Texts for people in errors, in the locale of the caller (S8-19, S8-26)."""

from __future__ import annotations

from collections.abc import Mapping

from fakedropbox.calls import Call

_HEADER = "Dropbox-API-User-Locale"
_FALLBACK = "en"


def user_message(call: Call, texts: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the locale and the text for the caller, given the texts that are known by locale.

    The locale is the one that the caller asks for, or else that of the account. If the text is not
    known in it, return the English one, or None if that is not known either (S8-26).
    """
    own = _FALLBACK if call.grant is None else call.grant.account.locale
    asked = call.headers.get(_HEADER) or own
    for locale in (asked, asked.partition("-")[0], _FALLBACK):
        if locale in texts:
            return locale, texts[locale]
    return None
