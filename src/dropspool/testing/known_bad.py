"""Providers with one realistic mistake each, for the contract to find.

A suite that lets one of them pass proves nothing of what it calls good. Each is ours but for
the lines that are shown in these modules, and the last two are the system that `dropspool`
replaces: as it is, and as it would be if it had an answer where nothing is queued.
"""

from __future__ import annotations

from dropspool.testing import _bad_queues, _bad_records  # noqa: F401 -- they make the list
from dropspool.testing._bad import KNOWN_BAD, KnownBad

__all__ = ["KNOWN_BAD", "KnownBad"]
