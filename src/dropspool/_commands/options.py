"""The type of an option for an age, and examples for the help of a command."""

from __future__ import annotations

import re
from datetime import timedelta

import click

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGE = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")


def age(text: str) -> timedelta:
    """Return the age in an argument such as ``30d``."""
    found = _AGE.fullmatch(text)
    if found is None:
        raise click.BadParameter(
            f"expected a number and s, m, h, d or w, such as 30d; got {text!r}"
        )
    try:
        return timedelta(**{_UNITS[found[2]]: float(found[1])})
    except OverflowError as error:
        raise click.BadParameter(f"expected at most {timedelta.max.days}d, got {text!r}") from error


def examples(*lines: str) -> str:
    """Return the end of a command's help: examples, one per line."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
