"""The source code of the call in the user's test, with the argument that repeats one run."""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Callable
from itertools import islice
from types import FrameType
from typing import Any, NamedTuple

_OURS = "fakedropbox"
_UNIT = 2
"""The number of bytes of an instruction: `f_lasti` counts bytes, `co_positions` instructions."""


class Place(NamedTuple):
    """The place of a call in a source file: its lines and columns, as in the syntax tree."""

    file: str
    start: tuple[int | None, int | None]
    end: tuple[int | None, int | None]


def calling() -> Place:
    """Return the place of the call by which the program entered this package."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 -- the only way to the caller
    while frame is not None and _is_ours(frame.f_globals.get("__name__", "")) and frame.f_back:
        frame = frame.f_back
    assert frame is not None
    code = frame.f_code
    line, end_line, column, end_column = next(
        islice(code.co_positions(), frame.f_lasti // _UNIT, None)
    )
    return Place(code.co_filename, (line, column), (end_line, end_column))


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == _OURS


def source_of(place: Place, named: str) -> str:
    """Return the source of the call at a place, in one line.

    Return ``named`` if it is not available, as in an interactive session, or was changed since, or
    if the call passes on the arguments of another one, as those of executors do.
    """
    try:
        tree = ast.parse("".join(linecache.getlines(place.file)))
    except SyntaxError:
        return named
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
            if (start, end) == (place.start, place.end):
                passes_on = any(isinstance(each, ast.Starred) for each in node.args)
                return named if passes_on else ast.unparse(node)
    return named


def changed(source: str, **arguments: str | None) -> str:
    """Return the source of a call with other values of some arguments.

    An argument that the call does not name may come from a mapping or a `functools.partial`. So
    the new values come after those of the mappings, and replace them.

    Args:
        source: the source of the call.
        **arguments: the new value of each argument; None to remove it from the call, or to pass
            None if the call does not name it.
    """
    call = ast.parse(source, mode="eval").body
    assert isinstance(call, ast.Call)
    names = {each.arg for each in call.keywords}
    new = {
        name: ast.Constant(value)
        for name, value in arguments.items()
        if value is not None or name not in names
    }
    kept = [each for each in call.keywords if each.arg not in (None, *arguments)]
    mappings = [each.value for each in call.keywords if each.arg is None]
    if mappings:
        keys: list[ast.expr | None] = [*(None for _ in mappings), *map(ast.Constant, new)]
        kept.append(ast.keyword(None, ast.Dict(keys, [*mappings, *new.values()])))
    else:
        kept += [ast.keyword(name, value) for name, value in new.items()]
    return ast.unparse(ast.Call(call.func, call.args, kept))


def name_of(function: Callable[..., Any] | None) -> str:
    """Return the name of a function; ``...`` for one without a name, such as a lambda."""
    name = "None" if function is None else getattr(function, "__name__", "...")
    return name if name.isidentifier() else "..."
