"""`mock_dropbox`: a decorator and context manager that activates a new service."""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import traceback
import unittest
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any, Literal, TypeVar, cast, overload

from fakedropbox._base.checks import expect
from fakedropbox._base.public import expect_arguments
from fakedropbox._base.real_files import real_files
from fakedropbox._base.virtual_time import ending, is_virtual
from fakedropbox._core.unknown_logins import advice
from fakedropbox._page.html_files import VARIABLE, directory_of_variable, write_page
from fakedropbox._page.used import Used, printable, watch
from fakedropbox.service import FakeDropboxService
from fakedropbox.service import options as names_of_options

__all__ = ["mock_dropbox"]

_SERVICE = "dropbox_service"
_OWN_FILES = (f"{Path(__file__).parent}{os.sep}", contextlib.__file__)
"""The beginnings of the paths of files whose functions are no tests."""

_TOLD_ERRORS = {"addError", "addFailure", "addSubTest"}

made: list[Callable[[FakeDropboxService], object]] = []
"""The functions that are called with each new service and report on it if its test fails.

The pytest plugin adds one. Without any, the advice is added to the error of the test itself.
"""


def _begin_of_paths() -> str:
    try:
        return f"{Path.cwd()}{os.sep}"
    except FileNotFoundError:  # the working directory has been deleted
        return ""


_DIRECTORY = _begin_of_paths()
"""The beginning of the paths of files in the working directory, which a test may change later."""

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
        entered = self._session(place=_place_of_caller())
        self._entered.append(entered)
        return entered.__enter__()

    def __exit__(self, *error: object) -> None:
        self._entered.pop().__exit__(*error)

    @contextmanager
    def _session(
        self, test: str = "", place: str = "", *, verifies: bool = True
    ) -> Iterator[FakeDropboxService]:
        """Yield a new service for a test; ``place`` names the test if its error does not."""
        service = FakeDropboxService(**self._options)
        for tell in made:
            tell(service)
        if directory_of_variable() is not None:
            watch(service)
        try:
            with service.activate(), ending(service.clock):
                if self._sleeps_virtually:
                    service.clock.patch()
                yield service
            if verifies:
                self._verify(service)
        except unittest.SkipTest:  # the test has not failed
            raise
        except Exception as error:
            _report(service, error, test, place)
            raise

    def _verify(self, service: FakeDropboxService) -> None:
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
        place = _place(getattr(target, "__code__", None))
        shown = given.replace(
            parameters=[p for name, p in given.parameters.items() if name != _SERVICE]
        )

        def bind(args: Any, kwargs: Any, service: FakeDropboxService) -> inspect.BoundArguments:
            """Insert the service among the arguments at its position in the signature."""
            # Partially: a decorator of the target, such as `mock.patch`, may add the rest.
            arguments = shown.bind_partial(*args, **kwargs).arguments
            if wanted:
                arguments[_SERVICE] = service
            in_order = {name: arguments[name] for name in given.parameters if name in arguments}
            return inspect.BoundArguments(given, in_order)

        if inspect.iscoroutinefunction(target):

            @functools.wraps(target)
            async def mocked(*args: Any, **kwargs: Any) -> Any:
                with self._session(place=place) as service:
                    bound = bind(args, kwargs, service)
                    return await target(*bound.args, **bound.kwargs)

        else:

            @functools.wraps(target)
            def mocked(*args: Any, **kwargs: Any) -> Any:
                with self._session(place=place) as service:
                    bound = bind(args, kwargs, service)
                    return target(*bound.args, **bound.kwargs)

        mocked.__signature__ = shown  # type: ignore[attr-defined]
        return mocked

    def _mock_class(self, target: type) -> type:
        if not issubclass(target, unittest.TestCase):
            raise TypeError(f"mock_dropbox: expected a unittest.TestCase, got {target!r}")
        plain_run: Callable[..., Any] = target.run
        plain_set_up = target.setUp
        running: dict[int, _Result] = {}

        @functools.wraps(plain_run)
        def run(test: Any, result: Any = None) -> Any:
            if result is None:
                result = test.defaultTestResult()
                result.startTestRun()
                try:
                    return run(test, result)
                finally:
                    result.stopTestRun()
            running[id(test)] = _Result(result, test.id(), self._verify)
            try:
                plain_run(test, running[id(test)])
            finally:
                del running[id(test)]
            return result

        @functools.wraps(plain_set_up)
        def set_up(test: Any) -> None:
            seen = running.get(id(test))  # absent in `TestCase.debug`, which ends at an error
            session = self._session(test.id(), verifies=seen is None)
            service = session.__enter__()
            setattr(test, _SERVICE, service)
            if seen is not None:
                seen.service = service
            test.addCleanup(session.__exit__, None, None, None)
            plain_set_up(test)

        # The new methods override the inherited ones in this class only, not in its base classes.
        target.run = run  # type: ignore[assignment, method-assign]
        target.setUp = set_up  # type: ignore[assignment, method-assign]
        return target


class _Result:
    """A wrapper of the result of a test case, which sees each error before the result does.

    The service of a test that succeeds is verified, and only that: no cleanup can know whether its
    test has failed, was skipped, or is expected to fail.
    """

    def __init__(
        self, result: Any, test: str, verify: Callable[[FakeDropboxService], None]
    ) -> None:
        self._result = result
        self._test = test
        self._verify = verify
        self.service: FakeDropboxService | None = None

    def __getattr__(self, name: str) -> Any:
        tell = getattr(self._result, name)
        return partial(self._tell, tell) if name in _TOLD_ERRORS else tell

    def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802 -- the name of unittest
        """Verify the service after the cleanups, and call a method of the result."""
        try:
            if self.service is not None:
                self._verify(self.service)
        except Exception as error:  # noqa: BLE001 -- the result gets it
            is_failure = isinstance(error, test.failureException)
            tell = self._result.addFailure if is_failure else self._result.addError
            self._tell(tell, test, (type(error), error, error.__traceback__))
        else:
            self._result.addSuccess(test)

    def _tell(self, tell: Callable[..., object], *arguments: Any) -> None:
        """Call a method of the result; the last argument is the error, or None if there is none."""
        test, *subtest, error = arguments
        # A test of a class whose base class is decorated, too, has two services, and uses the last.
        service = self.service if getattr(test, _SERVICE, None) is self.service else None
        if isinstance(error, tuple) and service is not None:
            _report(service, error[1], subtest[0].id() if subtest else self._test)
        tell(*arguments)


def _report(
    service: FakeDropboxService, error: BaseException, test: str = "", place: str = ""
) -> None:
    """Add advice about unknown credentials to an error, unless the report of pytest has it.

    Write the page of the ``test``, too, if the environment variable asks for it. Without a name of
    the test, it is the test case that runs, the function that raised the error, or ``place``.
    """
    case = None if made or test else _running_case()
    if made or (case is not None and _is_expected_to_fail(case)):
        return
    used = Used(service, 0)
    advised = advice(used.records, whole_run=False)
    _add_notes(error, advised)
    directory = directory_of_variable()
    if directory is not None:
        name = test or _id_of(case) or _place_of(error) or place
        _add_notes(error, [_written(directory, used, error, name, advised)])


def _add_notes(error: BaseException, lines: Iterable[str]) -> None:
    told = getattr(error, "__notes__", ())
    for line in lines:
        if line not in told:
            error.add_note(line)


def _written(
    directory: Path, used: Used, error: BaseException, name: str, advised: list[str]
) -> str:
    """Write the page of a failed test, and return a line about it."""
    failure = "".join(traceback.format_exception(error))
    try:
        with real_files():  # for the templates, if the test has replaced the file system
            from fakedropbox._page.dump import dump

            path = write_page(VARIABLE, directory, name, dump(used, name, failure, advised))
    except Exception as reason:  # noqa: BLE001 -- the test's own error must be shown
        return printable(f"fake Dropbox: the page of the test cannot be written: {reason!r}")
    return f"fake Dropbox: {path.absolute().as_uri()}"


def _running_case() -> unittest.TestCase | type[unittest.TestCase] | None:
    """Return the test case that runs, or its class while that is set up; None if there is none."""
    frame = inspect.currentframe()
    while frame is not None:
        code = frame.f_code
        owner = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
        # `type` and not `isinstance`, which a mock with a spec would pass.
        is_class = issubclass(type(owner), type)
        if issubclass(cast("type", owner) if is_class else type(owner), unittest.TestCase):
            return cast("unittest.TestCase | type[unittest.TestCase]", owner)
        frame = frame.f_back
    return None


def _id_of(case: unittest.TestCase | type[unittest.TestCase] | None) -> str:
    """Return the unique name of a test case, or of the class of several ones; empty without."""
    if case is None or isinstance(case, unittest.FunctionTestCase):
        return ""  # the id of the latter is the name of its function, without the module
    return f"{case.__module__}.{case.__qualname__}" if isinstance(case, type) else case.id()


def _is_expected_to_fail(case: unittest.TestCase | type[unittest.TestCase]) -> bool:
    """Return whether a test or its class is decorated by `unittest.expectedFailure`."""
    mark = "__unittest_expecting_failure__"  # there is no public way to ask for it
    if isinstance(case, type):
        return False
    method = getattr(case, case.id().rpartition(".")[2], None)
    return bool(getattr(case, mark, False) or getattr(method, mark, False))


def _place_of(error: BaseException) -> str:
    """Return the name of the function of the test that raised an error, or called code that did.

    It is empty if the error was raised at the end of the test, by the check of its service.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return next((_place(frame.f_code) for frame in frames if _is_foreign(frame.f_code)), "")


def _place_of_caller() -> str:
    """Return the name of the function that has called this package."""
    frame = inspect.currentframe()
    while frame is not None and not _is_foreign(frame.f_code):
        frame = frame.f_back
    return _place(None if frame is None else frame.f_code)


def _is_foreign(code: CodeType) -> bool:
    return not code.co_filename.startswith(_OWN_FILES)


def _place(code: CodeType | None) -> str:
    """Return the name of a function, and the path of its file, relative to the working directory.

    The path is absolute if the file is elsewhere.
    """
    if code is None:
        return "test"
    path = code.co_filename.removeprefix(_DIRECTORY).replace(os.sep, "/")
    return f"{path}::{code.co_qualname}"


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

    If the environment variable ``FAKEDROPBOX_DUMP`` names a directory, each failed test gets a page
    there, one HTML file with its calls and files. Under pytest, ``--fake-dropbox-dump`` does that.

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
