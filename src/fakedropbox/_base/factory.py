"""The factory of services, for a client that is created without a service.

A service makes clients, so the client module must not import the service module. The package
sets the factory when it is imported, which is before any client can be created.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

new_service: Callable[..., Any]
