"""The argument of a recorded call as values of JSON."""

from __future__ import annotations

from typing import Any

from stone.backends.python_rsrc.stone_serializers import json_compat_obj_encode

from fakedropbox._api.registry import SDK_ROUTES
from fakedropbox.calls import CallRecord


def argument_of(call: CallRecord) -> Any:
    """Return the argument of a call as values of JSON."""
    route = SDK_ROUTES.get(call.route)
    if route is None or call.arg is None:
        return call.arg
    return json_compat_obj_encode(route.arg_type, call.arg)
