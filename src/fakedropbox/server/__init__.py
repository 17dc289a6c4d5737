"""A server of a service over HTTPS, for other languages and other processes.

- `Server`: a server of one service, which `FakeDropboxService.serve` returns

It needs the extra ``server`` (``pip install 'fakedropbox[server]'``).
`fakedropbox.control` controls a server from another process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakedropbox._base.extras import missing_extra
from fakedropbox._base.public import no_attribute

if TYPE_CHECKING:
    from fakedropbox.server.running import Server as Server

try:
    import starlette  # noqa: F401 -- imported only to see if it is installed
    import trustme  # noqa: F401 -- the same
    import uvicorn  # noqa: F401 -- the same
except ImportError as missing:
    raise missing_extra(__name__, missing, "server") from missing

__all__ = ["Server"]


def __getattr__(name: str) -> Any:
    if name != "Server":
        raise no_attribute(__name__, name)
    from fakedropbox.server import running

    globals()[name] = running.Server
    return running.Server


def __dir__() -> list[str]:
    return list(__all__)
