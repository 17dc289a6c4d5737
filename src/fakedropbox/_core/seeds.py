"""Seeds: the initial data of a service, from a file or a function of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from fakedropbox._base.real_files import real_files

SeedFunction = Callable[[Any], object]
"""A function that takes a service, and fills it."""

_HERE = Path()
SUFFIXES = (".toml", ".json")
"""The ends of the names of seed files."""

_EXPECTED = (
    "expected int, a file whose name ends in .toml or .json, a function that takes the service, or "
    "its dotted name such as 'package.module.function'"
)


class Seed(NamedTuple):
    """A seed: the number from which values are generated, and the function that fills a service.

    ``fill`` is None if the service begins without data.
    """

    chance: int = 0
    fill: SeedFunction | None = None


def seed_of(
    given: object, chance: int | None = None, folder: Path = _HERE, otherwise: int = 0
) -> Seed:
    """Return the seed for an argument: a number, a file, a function or its dotted name.

    Args:
        given: the argument.
        chance: the number to use with a function, or in place of that of a file.
        folder: the directory to which the path of a file is relative.
        otherwise: the number to use with a file that has none.

    Raises:
        TypeError: the argument has another type.
        ValueError: there is no such file or function, or the file is not a seed file.
    """
    if isinstance(given, Seed):
        return given
    if isinstance(given, int) and not isinstance(given, bool):
        return Seed(given)
    if callable(given):
        return Seed(chance or 0, given)
    if not isinstance(given, (str, Path)):
        raise TypeError(f"seed: {_EXPECTED}, got {given!r}")
    name = str(given)
    if Path(name).suffix in SUFFIXES:
        # A test may use a file system in memory; the seed file is in the real one.
        with real_files():
            # Imported late, as it imports pydantic, which takes long.
            from fakedropbox._core.seed_filling import Filling

            filling = Filling(folder / Path(name))
        if chance is None:
            chance = otherwise if filling.chance is None else filling.chance
        return Seed(chance, filling)
    return Seed(chance or 0, _named(name))


def _named(name: str) -> SeedFunction:
    """Return the function with a dotted name; a colon may stand before the last part.

    Raises:
        ValueError: there is none.
    """
    module, _, function = name.replace(":", ".").rpartition(".")
    # A dot at the beginning would mean a relative import, such as that of './seed.yaml'.
    is_absolute = module and not module.startswith(".")
    try:
        found: object = getattr(import_module(module), function) if is_absolute else None
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"seed: {_EXPECTED}, got {name!r}: {error}") from error
    if callable(found):
        return found
    raise ValueError(f"seed: {_EXPECTED}, got {name!r}")
