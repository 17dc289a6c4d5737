"""The services that are active in this process; SDK clients use the innermost one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the guard uses this module without the SDK
    from fakedropbox._core.service import Service

active: list[Service] = []


def innermost() -> Service | None:
    """Return the innermost active service, or None if there is none.

    The list is read only once, because another thread may end an activation meanwhile.
    """
    return next(iter(active[-1:]), None)
