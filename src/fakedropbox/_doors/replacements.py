"""What stands in the place of something else in this process, until all is put back."""

from __future__ import annotations

import functools
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from weakref import WeakSet

_wrappers: WeakSet[Any] = WeakSet()


class Replacements:
    """Attributes that were replaced, and how they were."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] = []

    def replace(self, owner: Any, name: str, value: Any) -> None:
        """Set an attribute of a module or class."""
        own = name in vars(owner)  # a class may only have inherited it
        real = getattr(owner, name)
        setattr(owner, name, value)
        self._undo.append(
            functools.partial(setattr, owner, name, real)
            if own
            else functools.partial(delattr, owner, name)
        )

    def wrap(self, owner: Any, name: str, around: Callable[[Any], Any]) -> None:
        """Set a function to what ``around`` makes of it, which has it as ``__wrapped__``.

        Whoever has replaced it meanwhile, as pytest's `monkeypatch` does, may put ours back
        when all is over; it is taken off then, lest they pile up.
        """
        function = getattr(owner, name)
        if function in _wrappers:
            while function in _wrappers:
                function = function.__wrapped__
            setattr(owner, name, function)
        wrapper = around(function)
        _wrappers.add(wrapper)
        self.replace(owner, name, wrapper)

    def undo(self) -> None:
        """Put all back."""
        while self._undo:
            self._undo.pop()()


class DirectOs:
    """The `os` module of `urllib.request`, which knows hosts that need no proxy.

    Others ask `urllib.request` for proxies too, and a proxy would look names up for them, out
    of sight. The environment itself stays as it is: any thread may copy it, patch it for a
    while or start a process with it.
    """

    def __init__(self, real: Any, domains: Iterable[str]) -> None:
        self._real = real
        self._domains = tuple(domains)

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment, with a rule more."""
        real: Mapping[str, str] = self._real.environ
        rules = real.get("no_proxy", real.get("NO_PROXY", ""))
        if rules != "*":  # which means all only where it stands alone
            rules = ",".join(filter(None, [rules, *self._domains]))
        return ChainMap({"no_proxy": rules}, real)  # type: ignore[arg-type]  # nobody writes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)
