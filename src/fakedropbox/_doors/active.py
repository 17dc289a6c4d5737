"""The services that are active in this process; the innermost one counts."""

from __future__ import annotations

from fakedropbox._core.service import Service

active: list[Service] = []


def innermost() -> Service | None:
    """The service that counts: looked up once, as another thread may end its activation."""
    return next(iter(active[-1:]), None)
