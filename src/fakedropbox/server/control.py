"""The control interface below ``/_fake/``, by which a test in another process controls a service.

Each operation is a POST request with its arguments as a JSON object, and returns JSON. An error has
its text as ``error``, and the reason for each wrong argument in ``fields``.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any, NoReturn

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from fakedropbox import __version__
from fakedropbox._base.checks import expect
from fakedropbox.errors import NotImplementedInFake
from fakedropbox.server.openapi import openapi
from fakedropbox.server.operations import OPERATIONS, WrongArguments, result_to_json
from fakedropbox.server.served import Served

_OLD_NAMES = {
    "faults/plan": "faults/script",
    "faults/list": "faults/planned",
    "accounts/list": "accounts",
    "link": "logins/create",
}
"""The old names of operations, which clients in other languages may still use until 0.3."""


def control_routes(server: Served) -> list[BaseRoute]:
    """Return the routes of a server's control interface."""
    return [
        Route("/openapi.json", _describe, methods=["GET"]),
        Route("/{operation:path}", _Endpoint(server).serve, methods=["POST"]),
    ]


async def health(_request: Request) -> Response:
    """Return the status and the version to anyone, without a token, under any host name."""
    return JSONResponse({"status": "ok", "version": __version__})


async def _describe(_request: Request) -> Response:
    """Return the description of the interface, which is the same for every server."""
    return JSONResponse(openapi())


class _Endpoint:
    """The endpoint of the control interface, for the token of the server or a further service."""

    def __init__(self, server: Served) -> None:
        self._server = server

    async def serve(self, request: Request) -> Response:
        """Respond to one request; without a valid token, with status 401."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        hosted = self._server.services.by_control_token(token)
        is_server = hmac.compare_digest(token.encode(), self._server.control_token.encode())
        if scheme != "Bearer" or not (is_server or hosted):
            return _problem(401, "the control token is missing or wrong")
        name = request.path_params["operation"]
        name = _OLD_NAMES.get(name, name)
        if name not in OPERATIONS:
            return _problem(404, f"{name}: expected one of {', '.join(OPERATIONS)}")
        if hosted and OPERATIONS[name].is_of_the_server:
            return _problem(401, f"{name}: expected the control token of the server itself")
        try:
            arguments = _arguments(await request.body())
            found = await anyio.to_thread.run_sync(self._server.operate, name, arguments, hosted)
        except (TypeError, ValueError, RecursionError, NotImplementedInFake) as error:
            return _problem(400, f"{name}: {error}", _by_field(name, error))
        except OSError as error:  # such as a state file that cannot be written: nothing was done
            return _problem(500, f"{name}: {error}")
        return _json(result_to_json(found))


def _json(value: Any, status: int = 200) -> Response:
    # Not JSONResponse, which cannot encode half of a surrogate pair, as a recorded call may have.
    return Response(json.dumps(value), status, media_type="application/json")


def _problem(status: int, text: str, by_field: Mapping[str, str] | None = None) -> Response:
    return _json({"error": text, "fields": dict(by_field or {})}, status)


def _by_field(name: str, error: Exception) -> Mapping[str, str]:
    """Return the reasons of an error by the arguments that it names."""
    if isinstance(error, WrongArguments):
        return error.by_field
    field, _, reason = str(error).partition(": ")
    return {field: reason} if field in {"body", *OPERATIONS[name].model_fields} else {}


def _arguments(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a body; an empty body is an empty object.

    Raises:
        TypeError, ValueError, RecursionError: it is something else, or not standard JSON.
    """
    found = json.loads(body or b"{}", object_pairs_hook=_unique, parse_constant=_no_constant)
    expect("body", found, dict)
    arguments: dict[str, Any] = found
    return arguments


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"body: expected each key once, got {twice!r} more than once")
    return found


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"body: expected JSON, got {text}")
