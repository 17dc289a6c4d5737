"""When a queue was last looked at, as its configuration says."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, datetime, timezone

from pydantic import TypeAdapter, ValidationError

from dropspool.errors import BrokenFile
from dropspool.providers._json import decode

_STAMP: TypeAdapter[datetime | None] = TypeAdapter(datetime | None)


def stamp_in(data: bytes) -> datetime | None:
    """When a queue was last looked at, by its configuration; None if it does not say so."""
    try:
        return aware(_STAMP.validate_python(decode("", data).get("last_queue_check")))
    except (BrokenFile, ValidationError):
        return None


def aware(stamp: datetime | None) -> datetime | None:
    """A stamp as an aware moment; those of older systems may not name their zone."""
    if stamp is None or not MINYEAR < stamp.year < MAXYEAR:
        return None  # nobody's clock, and too far off to count on from it
    return (
        stamp.replace(tzinfo=timezone.utc)
        if stamp.tzinfo is None
        else stamp.astimezone(timezone.utc)
    )
