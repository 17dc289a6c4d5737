"""The factory of services, for a client that was given none.

A service makes clients, so a client must not know the service's module; the package hands the
factory in when it is imported, which is before any client can be made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

new_service: Callable[..., Any]
