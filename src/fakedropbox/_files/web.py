"""What lies behind the URLs that `save_url` is told: what a test says, never the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Source = Mapping[str, bytes] | Callable[[str], bytes | None]


class Web:
    """Contents by URL; ``source`` is a table of them, or a function that gives them."""

    def __init__(self) -> None:
        self.source: Source = {}

    def fetch(self, url: str) -> bytes | None:
        """What is at a URL; None where there is nothing.

        Raises:
            TypeError: something that is not bytes.
        """
        source = self.source
        content = source(url) if callable(source) else source.get(url)
        if content is not None and not isinstance(content, bytes):
            raise TypeError(f"web: expected bytes at {url!r}, got {type(content).__name__}")
        return content
