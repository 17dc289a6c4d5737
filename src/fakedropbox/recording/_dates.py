"""The dates of exchanges, between 1970 and the last year that a service's clock can show."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from fakedropbox.clock import EPOCH, LAST_YEAR

_END = datetime(LAST_YEAR, 1, 1, tzinfo=timezone.utc)


def in_utc(moment: datetime) -> datetime:
    """Return an aware time in UTC.

    Raises:
        ValueError: a clock cannot show it.
    """
    if not EPOCH <= moment < _END:
        raise ValueError(f"expected a time from 1970 on and before {LAST_YEAR}")
    return moment.astimezone(timezone.utc)


def date_in(text: object) -> datetime:
    """Return the time in the text of a ``Date`` header, in UTC.

    Raises:
        ValueError: it is not one, or a clock cannot show it.
    """
    try:
        found = parsedate_to_datetime(str(text))
    except (ValueError, OverflowError):
        raise ValueError("expected a date such as Thu, 01 Jan 2026 00:00:00 GMT") from None
    return in_utc(found if found.tzinfo else found.replace(tzinfo=timezone.utc))
