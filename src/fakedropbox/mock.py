"""`mock_dropbox`: a decorator and context manager that activates a new service."""

from __future__ import annotations

import functools
import inspect
import unittest
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeVar, cast, overload

from fakedropbox._base.checks import expect
from fakedropbox._base.public import expect_arguments
from fakedropbox._base.virtual_time import ending, is_virtual
from fakedropbox.service import FakeDropboxService
from fakedropbox.service import options as names_of_options

__all__ = ["mock_dropbox"]

_SERVICE = "dropbox_service"

made: list[Callable[[FakeDropboxService], object]] = []
"""The functions that are called with each new service, such as that of the pytest plugin."""

Target = TypeVar("Target", bound=Callable[..., Any])


class _Mock:
    """A context manager and decorator: `mock_dropbox` with its options."""

    def __init__(self, options: dict[str, Any], *, allow_not_implemented: bool, sleep: str) -> None:
        expect("allow_not_implemented", allow_not_implemented, bool)
        expect_arguments(
            "mock_dropbox", options, {*names_of_options(), "allow_not_implemented", "sleep"}
        )
        self._sleeps_virtually = is_virtual(sleep)
        self._options = options
        self._allow_not_implemented = allow_not_implemented
        self._entered: list[Any] = []

    def __enter__(self) -> FakeDropboxService:
        entered = self._session()
        self._entered.append(entered)
        return entered.__enter__()

    def __exit__(self, *error: object) -> None:
        self._entered.pop().__exit__(*error)

    @contextmanager
    def _session(self) -> Iterator[FakeDropboxService]:
        service = FakeDropboxService(**self._options)
        for tell in made:
            tell(service)
        with service.activate(), ending(service.clock):
            if self._sleeps_virtually:
                service.clock.patch()
            yield service
        service.faults.verify()
        if not self._allow_not_implemented:
            service.calls.check_implemented()

    def __call__(self, target: Target) -> Target:
        return cast("Target", self._mocked(target))

    def _mocked(self, target: Any) -> Any:
        if isinstance(target, type):
            return self._mock_class(target)
        if not callable(target):
            raise TypeError(f"mock_dropbox: expected a function or a class, got {target!r}")
        if inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target):
            raise TypeError(
                f"mock_dropbox: expected a function that returns, got the generator {target!r}; "
                "inside it, use `with mock_dropbox() as service:`"
            )
        given = inspect.signature(target)
        wanted = _SERVICE in given.parameters
        shown = given.replace(
            parameters=[p for name, p in given.parameters.items() if name != _SERVICE]
        )

        def bind(args: Any, kwargs: Any, service: FakeDropboxService) -> inspect.BoundArguments:
            """Insert the service among the arguments at its position in the signature."""
            arguments = shown.bind(*args, **kwargs).arguments
            if wanted:
                arguments[_SERVICE] = service
            in_order = {name: arguments[name] for name in given.parameters if name in arguments}
            return inspect.BoundArguments(given, in_order)

        if inspect.iscoroutinefunction(target):

            @functools.wraps(target)
            async def mocked(*args: Any, **kwargs: Any) -> Any:
                with self._session() as service:
                    bound = bind(args, kwargs, service)
                    return await target(*bound.args, **bound.kwargs)

        else:

            @functools.wraps(target)
            def mocked(*args: Any, **kwargs: Any) -> Any:
                with self._session() as service:
                    bound = bind(args, kwargs, service)
                    return target(*bound.args, **bound.kwargs)

        mocked.__signature__ = shown  # type: ignore[attr-defined]
        return mocked

    def _mock_class(self, target: type) -> type:
        if not issubclass(target, unittest.TestCase):
            raise TypeError(f"mock_dropbox: expected a unittest.TestCase, got {target!r}")
        plain_set_up = target.setUp

        @functools.wraps(plain_set_up)
        def set_up(test: Any) -> None:
            session = self._session()
            setattr(test, _SERVICE, session.__enter__())
            test.addCleanup(session.__exit__, None, None, None)
            plain_set_up(test)

        target.setUp = set_up  # type: ignore[assignment, method-assign]
        return target


@overload
def mock_dropbox(target: Target, /) -> Target: ...
@overload
def mock_dropbox(
    target: None = None,
    /,
    *,
    allow_not_implemented: bool = False,
    sleep: Literal["real", "virtual"] = "real",
    **options: Any,
) -> _Mock: ...
def mock_dropbox(
    target: Any = None,
    /,
    *,
    allow_not_implemented: bool = False,
    sleep: Literal["real", "virtual"] = "real",
    **options: Any,
) -> Any:
    """Run a test against a new `FakeDropboxService`, which every SDK client then talks to.

    Use it as ``@mock_dropbox`` or ``@mock_dropbox(seed=7)`` on functions, async functions
    and `unittest.TestCase` classes, or as ``with mock_dropbox() as service:``. The options
    are those of `FakeDropboxService`. A function that has a parameter ``dropbox_service``
    receives the service; a test case has it as an attribute of that name. A planned fault
    that has happened less often than planned fails the test, and so does a request for something
    that is not faked, unless ``allow_not_implemented`` is True. With ``sleep="virtual"``, the
    code under test sleeps on the service's clock, as `Clock.patch` says.

    >>> import dropbox
    >>> from fakedropbox import mock_dropbox
    >>> @mock_dropbox(files={"/a.txt": b"hello"})
    ... def size(dropbox_service):
    ...     dbx = dropbox.Dropbox(dropbox_service.login.access_token)
    ...     return dbx.files_get_metadata("/a.txt").size
    >>> size()
    5

    Raises:
        TypeError: the decorated class is not a `unittest.TestCase`, or the decorated object
            is a generator function or not callable.
        ValueError: ``sleep`` is neither ``"real"`` nor ``"virtual"``.
        UnfiredFault: at the end, a planned fault had happened less often than planned.
        NotImplementedInFake: at the end, there was a request for something that is not faked.
    """
    mock = _Mock(options, allow_not_implemented=allow_not_implemented, sleep=sleep)
    return mock if target is None else mock(target)
