"""Activation, which makes every SDK client of the process talk to one service.

For that, `requests.adapters.HTTPAdapter.send` is replaced, and `requests.Session.get_adapter`, so
that no mock of a session hides it. This covers clients that were built before, sessions passed to
them, the OAuth helpers and plain `requests`. While a service is active, the guard refuses all other
connections to Dropbox's hosts, and the SDK takes its time and its random numbers from the service.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar, cast

import dropbox
import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from fakedropbox._base.environ import changed_environ
from fakedropbox._core.service import Service
from fakedropbox._doors.active import active, innermost
from fakedropbox._doors.adapter import AdapterChoice, exchange, host_of, own_adapter
from fakedropbox._doors.guard import decision, refusing
from fakedropbox._doors.replacements import Replacements, SharedReplacements, bound
from fakedropbox._doors.sdk_modules import STAND_INS
from fakedropbox._facts.hosts import UNREACHABLE

AnyService = TypeVar("AnyService", bound=Service)

# SDK modules that use `time`, `random` or `datetime`; the oldest SDK lacks `file_transfer`.
_CLOCKED_MODULES = ("dropbox_client", "file_transfer", "oauth")


def _caught(real_send: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    @functools.wraps(real_send)
    def send(
        adapter: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        host = host_of(request.url, request.method)
        service = innermost()
        if host is None or service is None:
            return cast("requests.Response", bound(real_send, adapter)(request, *args, **kwargs))
        return exchange(service, request, host)

    return send


def _adapter_for(session: requests.Session, url: str) -> BaseAdapter | None:
    """Return the session's adapter for a host of Dropbox, with our `send`; None for another host.

    Other libraries, such as `responses`, may have replaced `send` since the activation began.
    """
    if innermost() is None or host_of(url) is None:
        return None
    _replaced.put_first()
    return own_adapter(session, url)


def _install(replaced: Replacements) -> None:
    replaced.wrap_first(HTTPAdapter, "send", _caught)
    session = requests.Session
    replaced.replace(session, "get_adapter", AdapterChoice(_adapter_for, session.get_adapter))
    for module_name in _CLOCKED_MODULES:
        module = getattr(dropbox, module_name, None)
        for name, shim in STAND_INS.items():
            if hasattr(module, name):
                replaced.replace(module, name, shim)


_replaced = SharedReplacements(active, _install)


@contextmanager
def activated(service: AnyService, *, block_children: bool = False) -> Iterator[AnyService]:
    """Make ``service`` the innermost active service, which every SDK client of the process uses.

    With ``block_children``, the SDK cannot reach Dropbox in processes that are started meanwhile.

    Raises:
        RuntimeError: at the end, if an activation that began later has not ended yet.
    """
    with ExitStack() as stack:
        if block_children:
            stack.enter_context(changed_environ(UNREACHABLE))
        # This turns the guard on, which refuses Dropbox while a service is active.
        stack.enter_context(refusing(decision()))
        stack.enter_context(_replaced.used_by(service))
        try:
            yield service
        finally:
            if innermost() is not service:
                raise RuntimeError(
                    "activate(): a service was deactivated before one that was activated later; "
                    "end the activations in reverse order"
                )
