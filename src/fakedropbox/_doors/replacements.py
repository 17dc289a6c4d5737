"""Replacements of attributes in this process, which can all be undone."""

from __future__ import annotations

import os
import sys
import threading
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from weakref import WeakSet

User = TypeVar("User")

_wrappers: WeakSet[Any] = WeakSet()
_Around = Callable[[Any], Any]


def _is_mock(value: Any) -> bool:
    """Return whether a function has been replaced by `unittest.mock`, also with ``autospec``."""
    return isinstance(getattr(value, "mock", value), mocks())


def mocks() -> tuple[type, ...]:
    """Return the base class of mocks; none in a process that has not imported `unittest.mock`."""
    mock = sys.modules.get("unittest.mock")
    return () if mock is None else (mock.NonCallableMock,)


def bound(function: Any, instance: Any) -> Any:
    """Return a function of a class as a method of an instance; a mock stays as it is."""
    bind = getattr(type(function), "__get__", None)
    return function if bind is None else bind(function, instance)


def _wrapper_of(function: Any, around: _Around) -> Any:
    wrapper = around(function)
    _wrappers.add(wrapper)
    return wrapper


def _passes_to_ours(function: Any) -> bool:
    """Return whether a function is a wrapper of ours, or says that it wraps one."""
    while function is not None and function not in _wrappers:
        function = getattr(function, "__wrapped__", None)
    return function is not None


def _without_wrappers(owner: Any, name: str) -> Any:
    """Return a function without our wrappers; remove them from ``owner`` if there are any."""
    function = getattr(owner, name)
    if function in _wrappers:
        while function in _wrappers:
            function = function.__wrapped__
        setattr(owner, name, function)
    return function


@dataclass
class _Wrapped:
    """A wrapped function, and a second wrapper, if `put_first` added one around a replacement."""

    owner: Any
    name: str
    around: _Around
    once_more: Any = None

    def remove(self) -> None:
        """Remove the second wrapper, unless other code has replaced it, too."""
        if self.once_more is not None and getattr(self.owner, self.name) is self.once_more:
            setattr(self.owner, self.name, self.once_more.__wrapped__)


class Replacements:
    """The replaced attributes, whose original values `undo` restores.

    What other code has put in place of one of ours meanwhile stays: it may be in use for longer,
    such as a patch by which a suite keeps all its tests off the network.
    """

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] = []
        self._wrapped: list[_Wrapped] = []

    def replace(self, owner: Any, name: str, value: Any) -> None:
        """Replace an attribute of a module or class."""
        own = name in vars(owner)  # False if a class only inherits it
        real = getattr(owner, name)
        setattr(owner, name, value)

        def restore() -> None:
            if vars(owner).get(name) is not value:
                return
            if own:
                setattr(owner, name, real)
            else:
                delattr(owner, name)

        self._undo.append(restore)

    def wrap(self, owner: Any, name: str, around: _Around) -> None:
        """Replace a function by its wrapper, which has the function as ``__wrapped__``.

        ``around`` returns the wrapper. Other code that also replaces the function, such as
        pytest's `monkeypatch`, may put one of our wrappers back after `undo`. Such old wrappers
        are removed first, so that they do not accumulate.
        """
        function = _without_wrappers(owner, name)
        self.replace(owner, name, _wrapper_of(function, around))

    def wrap_first(self, owner: Any, name: str, around: _Around) -> None:
        """Wrap a function as `wrap` does; `put_first` keeps the wrapper the first to be called."""
        self.wrap(owner, name, around)
        self._wrapped.append(_Wrapped(owner, name, around))

    def put_first(self) -> None:
        """Wrap again the functions that other code has replaced, so that our wrappers come first.

        A wrapper around ours that says so by ``__wrapped__`` passes its calls on, so it stays the
        first; and so does a mock, by which a test replaces this very function.
        """
        for each in self._wrapped:
            function = getattr(each.owner, each.name)
            if not (_passes_to_ours(function) or _is_mock(function)):
                each.once_more = _wrapper_of(function, each.around)
                setattr(each.owner, each.name, each.once_more)

    def undo(self) -> None:
        """Restore the original values, except where other code has replaced ours."""
        while self._wrapped:
            self._wrapped.pop().remove()
        while self._undo:
            self._undo.pop()()


class SharedReplacements(Generic[User]):
    """Replacements that are made for the first of several users, and undone after the last.

    Args:
        users: the list of the present users, which is kept up to date.
        make: the function that makes the replacements.
    """

    def __init__(self, users: list[User], make: Callable[[Replacements], None]) -> None:
        self._users = users
        self._make = make
        self._replaced = Replacements()
        self._begin_forked()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin_forked)

    def _begin_forked(self) -> None:
        """Replace the lock in a forked process, since a thread of the parent may hold it."""
        self._lock = threading.Lock()

    @contextmanager
    def used_by(self, user: User) -> Iterator[None]:
        """Add a user while in the context; users need not leave in reverse order."""
        self.add(user)
        try:
            yield
        finally:
            self.remove(user)

    def add(self, user: User) -> None:
        """Add a user."""
        with self._lock:
            if not self._users:
                self._make(self._replaced)
            self._users.append(user)

    def remove(self, user: User) -> None:
        """Remove a user; of several equal ones, the one that was added last."""
        with self._lock:
            del self._users[len(self._users) - 1 - self._users[::-1].index(user)]
            if not self._users:
                self._replaced.undo()

    def put_first(self) -> None:
        """Put our wrappers first again; see `Replacements.put_first`."""
        with self._lock:
            self._replaced.put_first()


class DirectOs:
    """A replacement for `os` in `urllib.request` that lists hosts which need no proxy.

    Other libraries also ask `urllib.request` for proxies, and a proxy would resolve names for
    them where we cannot see it. The environment itself is not changed, because any thread may
    copy it, patch it for a while or start a process with it.
    """

    def __init__(self, real: Any, domains: Iterable[str]) -> None:
        self._real = real
        self._domains = tuple(domains)

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment, with ``domains`` added to the hosts that need no proxy."""
        real: Mapping[str, str] = self._real.environ
        rules = real.get("no_proxy", real.get("NO_PROXY", ""))
        if rules != "*":  # a lone asterisk means all hosts
            rules = ",".join(filter(None, [rules, *self._domains]))
        return ChainMap({"no_proxy": rules}, real)  # type: ignore[arg-type]  # it is only read

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)
