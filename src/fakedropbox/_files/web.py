"""The data behind the URLs of `save_url`: defined by the test, never fetched from the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Source = Mapping[str, bytes] | Callable[[str], bytes | None]


class Web:
    """Data by URL; ``source`` is a mapping, or a function that returns the data.

    ``unknown`` are the URLs that were fetched, but have no data.
    """

    def __init__(self) -> None:
        self.source: Source = {}
        self.unknown: set[str] = set()

    def state(self) -> tuple[Source, Mapping[str, bytes]]:
        """Return the source, and the data in it if it is a dict, for `resume`."""
        return self.source, dict(self.source) if isinstance(self.source, dict) else {}

    def resume(self, state: tuple[Source, Mapping[str, bytes]]) -> None:
        """Go back to a state that `state` returned; a dict gets the data that it had then."""
        self.source, data = state
        if isinstance(self.source, dict) and self.source != data:
            self.source.clear()
            self.source.update(data)

    def fetch(self, url: str) -> bytes | None:
        """Return the data at a URL; None if there is none.

        Raises:
            TypeError: the data is not bytes.
        """
        source = self.source
        content = source(url) if callable(source) else source.get(url)
        if content is not None and not isinstance(content, bytes):
            raise TypeError(f"web: expected bytes at {url!r}, got {type(content).__name__}")
        if content is None:
            self.unknown.add(url)
        return content
