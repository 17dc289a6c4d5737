"""The form of a row in the table of a namespace: a valid and an invalid call of a route."""

from typing import Any, NamedTuple

NO_CHANGE: dict[str, Any] = {}


class Row(NamedTuple):
    """A valid and an invalid call of a route, both functions of a client and a `Given`.

    ``call`` returns ``answer`` and makes the ``change``. ``bad_call`` is refused: ``error`` is
    its chain of tags, or the text of the 400 after the name of the route. ``kept`` is the
    change that the refused call makes nevertheless. A route that refuses no argument has no
    ``bad_call``.
    """

    route: str
    call: Any
    answer: Any
    change: dict[str, Any]
    bad_call: Any = None
    error: str = ""
    kept: dict[str, Any] = NO_CHANGE
