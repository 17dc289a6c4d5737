"""The headers of a request to the server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


class Headers(Mapping[str, str]):
    """The headers of a request, which ignore the case of names; of several equal ones the first.

    A request asks for about ten of them, so that a dictionary is made once. Starlette's class of
    this name would encode the name and search all headers each time.

    Args:
        raw: the names in lower case, and the values, as ASGI gives them.
    """

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self._all = tuple([(name.decode("latin-1"), text.decode("latin-1")) for name, text in raw])
        self._first = dict(reversed(self._all))

    def __getitem__(self, name: str) -> str:
        return self._first[name.lower()]

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a header, or the default."""
        return self._first.get(name.lower(), default)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._first

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)

    def __len__(self) -> int:
        return len(self._first)

    def items(self) -> tuple[tuple[str, str], ...]:  # type: ignore[override]  # also equal ones
        """Return the names and values of all headers, in their order."""
        return self._all
