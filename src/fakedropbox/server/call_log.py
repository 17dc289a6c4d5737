"""The log of a server: one line for each call, in the form ``name=value``."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from fakedropbox._core.gate import Next, Request, Wrapper
from fakedropbox.calls import CallRecord, paths_of


def logged(log: Callable[[str], None], service: str | None = None) -> Wrapper:
    """Return an observer of a gate that passes a line about each call to ``log``, at its end.

    A line that ``log`` cannot write is lost. ``service`` is the name of a further service of the
    server.
    """

    def wrap(call_next: Next) -> Next:
        def write(request: Request) -> Any:
            try:
                return call_next(request)
            finally:
                line = line_of(request.record, service)
                # The call has been carried out. An error of the log, such as a full disk, would
                # replace its response, and the SDK repeats a call after a status of 500.
                with suppress(OSError):
                    log(line)

        return write

    return wrap


def line_of(record: CallRecord, service: str | None = None) -> str:
    """Return the line about a call, without secrets; values with special characters are quoted."""
    values = {
        "time": record.time.isoformat(timespec="milliseconds"),
        "service": service,
        "call": record.number,
        "route": record.route,
        "path": next((path for path in paths_of(record.arg) if path), None),
        "outcome": record.outcome,
        "account": None if record.account is None else record.account.email,
        "app": record.app,
        "size": record.size,
        "fault": record.fault,
        "fact": record.fact,
        "stub": record.stub or None,
    }
    return " ".join(f"{name}={_quoted(v)}" for name, v in values.items() if v is not None)


def _quoted(value: object) -> str:
    text = str(value)
    is_plain = text.isascii() and text.isprintable() and not set(text) & {" ", '"', "=", "\\"}
    return text if is_plain and text else json.dumps(text)
