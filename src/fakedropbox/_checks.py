"""The one way to say that an argument is of a wrong type."""

from __future__ import annotations

import reprlib


def expect(argument: str, value: object, *kinds: type, secret: bool = False) -> None:
    """Check an argument's type; a `bool` is no number here.

    Raises:
        TypeError: it names the argument, what was expected, and, unless it is ``secret``,
            the value.
    """
    if isinstance(value, kinds) and not (isinstance(value, bool) and bool not in kinds):
        return
    expected = " or ".join("None" if kind is type(None) else kind.__name__ for kind in kinds)
    given = type(value).__name__ if secret else reprlib.repr(value)
    raise TypeError(f"{argument}: expected {expected}, got {given}")
