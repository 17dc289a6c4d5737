"""The types of a call of the service, its reply, and the record of both.

- `Calls`: all requests to a service, as `FakeDropboxService.calls`
- `CallRecord`: the record of one request
- `Call`: a request on its way to its route, which a fault of your own receives
- `Door`: the type of `CallRecord.door`
- `Reply`: the reply of a route, which such a fault may return
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, overload

from fakedropbox._base.checks import expect, expect_name
from fakedropbox._base.forks import Guard
from fakedropbox._base.public import nearest, refusing
from fakedropbox._files.paths import fold
from fakedropbox._identity.accounts import Account
from fakedropbox.clock import EPOCH
from fakedropbox.errors import NotImplementedInFake, Refusal, RouteError

if TYPE_CHECKING:
    from fakedropbox._base.chance import Chance
    from fakedropbox._files.blobs import Blob, Content
    from fakedropbox._files.places import View
    from fakedropbox._files.store import FileStore
    from fakedropbox._files.web import Web
    from fakedropbox._identity.accounts import Accounts
    from fakedropbox._identity.apps import Apps
    from fakedropbox._identity.contacts import Contacts
    from fakedropbox._identity.groups import Groups
    from fakedropbox._identity.photos import Photos
    from fakedropbox._identity.team_log import TeamLog
    from fakedropbox._identity.teams import Teams
    from fakedropbox._identity.tokens import Grant, Tokens
    from fakedropbox.clock import Clock
    from fakedropbox.personality import Personality

__all__ = ["Call", "CallRecord", "Calls", "Door", "Reply"]

if not TYPE_CHECKING:  # type checkers would accept any name of the module
    __getattr__ = refusing(__name__)

Door = Literal["direct", "sdk", "https"]


class CallsState(NamedTuple):
    """The state of `Calls`, which `Calls.resume` restores.

    ``earlier`` is the number of the calls that were made before `Calls.mark`, which had been called
    ``marks`` times.
    """

    kept: deque[CallRecord]
    total: int
    earlier: int = 0
    marks: int = 0


class World(NamedTuple):
    """The state of the service, without calls and faults: its stores, and what they use."""

    files: FileStore
    accounts: Accounts
    teams: Teams
    groups: Groups
    apps: Apps
    tokens: Tokens
    contacts: Contacts
    photos: Photos
    team_log: TeamLog
    clock: Clock
    chance: Chance
    personality: Personality
    web: Web


class Wire:
    """The transport of a response over a socket, which some faults disturb.

    ``outcome`` is the outcome to record if the route succeeds. ``cut`` is True if the connection
    is to break in the middle of the body. ``stalled`` is None, or the number of seconds after
    which the connection breaks without a response. ``seconds`` is the time that the body takes.
    All times are on the service's clock.
    """

    __slots__ = ("cut", "outcome", "seconds", "stalled")

    def __init__(self) -> None:
        self.outcome = "ok"
        self.cut = False
        self.seconds = 0.0
        self.stalled: float | None = None


class Call(NamedTuple):
    """One request on its way to its route or page.

    ``name`` is the name on the wire, such as ``files/upload``. ``arg`` is the SDK's argument object
    (for a page, the names and values that are not secret), ``content`` the bytes of an upload.
    ``headers`` are the HTTP headers that matter to a route. ``grant`` has the account and app of
    the caller, ``view`` the files that it sees; both are None for a page, and for an app that
    calls without a user. A route of teams has a ``grant`` with the team, and no ``view``.
    ``world`` is the state of the service.
    ``answer`` is the function of the route or page.
    ``record`` is the record of the call, None outside the gate.
    ``hindered`` is called with each entry of a batch if a planned fault concerns only some of
    them: it returns the error of an entry that is to fail, otherwise None. ``wire`` is set if the
    response goes over a socket.
    """

    name: str
    arg: Any
    content: Content | None
    grant: Grant | None
    view: View | None
    world: World
    headers: Mapping[str, str]
    answer: Callable[[Call], Any]
    hindered: Callable[[Any], RouteError | None] | None = None
    wire: Wire | None = None
    record: CallRecord | None = None


class Reply(NamedTuple):
    """The reply of a route, or of a page that sends data.

    ``result`` is an SDK object, for a route. ``content`` is the data of a download, otherwise None.
    If only a range was requested, ``part`` is the offset of the range in the file and the size of
    the whole file.
    """

    result: Any
    content: Blob | None = None
    part: tuple[int, int] | None = None


_PATHS = ("path", "from_path", "to_path", "file")
_WITH_PATH = ("commit", "commit_info", "options")
"""The fields of arguments that hold a structure with a path."""
_BEGINNINGS = re.compile(r"[/*?[]|(id|rev|ns):|\Z")
"""The beginning of a text that Dropbox accepts as a path, or of a pattern for paths."""
_BATCHES = ("entries", "paths", "files")
"""The fields of arguments that hold the entries of a batch; a test compares them with `Route`."""


def paths_of(asked: Any) -> list[str]:
    """Return the paths in an argument, or in an entry of a batch; such an entry may be a path."""
    resource = getattr(asked, "resource", None)  # of a thumbnail: a path or a link
    found = [
        asked if isinstance(asked, str) else None,
        *(getattr(asked, name, None) for name in _PATHS),
        *(getattr(getattr(asked, name, None), "path", None) for name in _WITH_PATH),
        resource.get_path() if resource is not None and resource.is_path() else None,
    ]
    return [path for path in found if isinstance(path, str)]


def all_paths(arg: Any) -> list[str]:
    """Return the paths in an argument and in the entries of its batch."""
    return [path for asked in _with_entries(arg) for path in paths_of(asked)]


def _with_entries(arg: Any) -> list[Any]:
    return [arg, *(each for name in _BATCHES for each in getattr(arg, name, None) or ())]


def expect_path_pattern(argument: str, pattern: str) -> None:
    """Check that a path of a call can be the given one, or match the given pattern.

    Raises:
        ValueError: none can.
    """
    if not _BEGINNINGS.match(fold(pattern)):
        raise ValueError(
            f"{argument}: expected a path or pattern that begins with '/', '*', 'id:', 'rev:' or "
            f"'ns:', such as {'/' + pattern!r}, got {pattern!r}"
        )


def has_path(asked: Any, pattern: str) -> bool:
    """Return whether a path of an argument is the given one, or matches a pattern (``/a/*``)."""
    wanted, folded = fold(pattern), [fold(path) for path in paths_of(asked)]
    return any(path == wanted or fnmatchcase(path, wanted) for path in folded)


class CallRecord:
    """One entry of `Calls`: a request, without its credentials and its content.

    Attributes:
        number: the number of the request, from 1 on, since the last `Calls.clear`.
        route: the name on the wire (``files/upload``, ``oauth2/token``).
        arg: the SDK's argument object, or None if the call was refused before the argument was
            read; a caller that later changes the object it passed to `FakeDropbox.request`
            changes it here, too. ``…`` stands for a password.
        outcome: ``ok``, a chain of tags (``path/not_found``), or another short word for the
            result.
        account: the `Account` of the caller, or of the member that a team's token selected; None
            if the call was refused before that was known or needs no account.
        app: the key of the app that made the request, None if it is not known.
        door: the way by which the request arrived: ``direct`` for a client in memory, ``sdk``
            for `requests` in this process, ``https`` for a server.
        size: the number of bytes that were uploaded or downloaded, None for other calls.
        fault: the planned or random `Fault` that happened to the call, None without one.
        fact: the id of the fact that explains a refusal, such as ``F4-12``, which
            ``fakedropbox fact F4-12`` prints; None if no fact is named.
        stub: True if the answer was that of `FakeDropboxService.stub`.
    """

    __slots__ = (
        *("_micros", "account", "app", "arg", "door", "fact", "fault", "number", "outcome"),
        *("route", "size", "stub"),
    )

    def __init__(self, number: int, route: str, door: Door, micros: int) -> None:
        self.number = number
        self.route = route
        self.door: Door = door
        self._micros = micros
        self.arg: Any = None
        self.outcome = "under way"
        self.account: Account | None = None
        self.app: str | None = None
        self.size: int | None = None
        self.fault: Any = None
        self.fact: str | None = None
        self.stub = False

    @property
    def time(self) -> datetime:
        """The time at which the request arrived, in UTC, on the service's clock."""
        return EPOCH + timedelta(microseconds=self._micros)

    def failed(self, error: Exception) -> None:
        """Record the error that took the place of a reply."""
        if isinstance(error, Refusal):
            self.outcome, self.fact = error.outcome, error.fact
        else:
            self.outcome = type(error).__name__

    def __repr__(self) -> str:
        stub = ["(stub)"] if self.stub else []
        words = [self.route, *stub, *[path for path in paths_of(self.arg)[:1] if path]]
        return f"<{' '.join(words)}: {self.outcome}>"


class Calls(Sequence[CallRecord]):
    """The requests to a service, in order, including refused and failed ones.

    It is a sequence of `CallRecord`; ``len()`` is the number of requests. The last ones are kept,
    as many as ``max_calls`` of `FakeDropboxService` says. Asking for all of them when some are no
    longer kept raises `LookupError`; ``service.calls[-20:]`` has the last ones, and `kept` returns
    all that are kept. Set ``recording`` to False to save memory.

    >>> from fakedropbox import FakeDropboxService
    >>> service = FakeDropboxService()
    >>> _ = service.client().files_upload(b"1", "/a.txt")
    >>> list(service.calls)
    [<files/upload /a.txt: ok>]
    >>> service.calls.of("files/upload")[0].arg.path
    '/a.txt'
    >>> service.calls.where(outcome="path/*")
    []
    """

    def __init__(
        self,
        names: Collection[str],
        tags: Callable[[], Collection[str]],
        accounts: Callable[[], Accounts],
        clock: Clock,
        max_calls: int | None = None,
    ) -> None:
        self.recording = True
        self.missing: Counter[str] = Counter()
        """The number of requests for what is not faked, by error message.

        `clear` keeps it, as these requests made a program go on without an answer of Dropbox.
        """
        self._reported: Counter[str] = Counter()
        self._names = names
        self._tags = tags
        self._accounts = accounts
        self._clock = clock
        self._guard = Guard("calls")
        self._total = 0
        self._earlier = self._marks = 0
        self._kept: deque[CallRecord] = deque(maxlen=max_calls)

    def open(self, route: str, door: Door) -> CallRecord:
        """Start the record of one call."""
        micros = self._clock.micros
        with self._guard.lock:
            number = self._total + 1
            record = CallRecord(number, route, door, micros)
            if self.recording:
                self._total = number
                self._kept.append(record)
        return record

    @property
    def dropped(self) -> int:
        """The number of calls that are no longer kept: the oldest ones."""
        return self._total - len(self._kept)

    def kept(self) -> list[CallRecord]:
        """Return the calls that are kept, in order; they may be the last ones only."""
        with self._guard.lock:
            return list(self._kept)

    def clear(self) -> None:
        """Remove all calls recorded so far."""
        with self._guard.lock:
            self._kept, self._total = deque(maxlen=self._kept.maxlen), 0
            self._earlier = 0

    def mark(self) -> None:
        """Let `earlier` from now on be the number of the calls that were made until now."""
        with self._guard.lock:
            self._earlier, self._marks = self._total, self._marks + 1

    @property
    def earlier(self) -> int:
        """The number of the recorded calls that were made before `mark`; `clear` removes them."""
        return self._earlier

    def check_implemented(self) -> None:
        """Check that no request since the last check was for what is not faked.

        Raises:
            NotImplementedInFake: there were such requests; the message lists them.
        """
        unreported = self.missing - self._reported
        if unreported:
            self._reported += unreported
            listed = "; ".join(f"{text} ({count} times)" for text, count in unreported.items())
            raise NotImplementedInFake(
                f"requests for what is not faked, whatever became of their errors: {listed}. "
                "Give an answer by FakeDropboxService.stub, or permit such requests by "
                "allow_not_implemented=True, an argument of the marker and of mock_dropbox"
            )

    def forget_missing(self) -> None:
        """Forget the requests for what is not faked, also those that were reported."""
        self.missing.clear()
        self._reported.clear()

    def state(self) -> CallsState:
        """Return the state from which `resume` continues."""
        with self._guard.lock:
            return CallsState(self._kept, self._total, self._earlier, self._marks)

    def resume(self, state: CallsState) -> None:
        """Remove the calls that were recorded after `state` returned this state."""
        with self._guard.lock:
            self._kept, self._total = state.kept, state.total
            # All calls of a state from before the mark were made before it.
            self._earlier = state.earlier if state.marks == self._marks else state.total
            while self._kept and self._kept[-1].number > self._total:
                self._kept.pop()

    def of(self, route: str) -> list[CallRecord]:
        """Return the calls of one route, given by its name on the wire (``files/upload``).

        Raises:
            LookupError: calls are no longer kept.
            ValueError: Dropbox has no such route or page; the message names the nearest one.
        """
        expect("route", route, str)
        found = [record for record in self._all() if record.route == route]
        if not found:
            for_patterns = f"where(route={route!r})"
            expect_name("route", route, self._names, patterns=False, for_patterns=for_patterns)
        return found

    def where(
        self,
        *,
        route: str | None = None,
        outcome: str | None = None,
        path: str | None = None,
        account: Account | str | None = None,
    ) -> list[CallRecord]:
        """Return the calls that have all given properties.

        Args:
            route: the name of a route on the wire, or a pattern (``files/*``).
            outcome: an outcome (``ok``), or a pattern (``path/*``).
            path: a path, or a pattern (``/queue/*``), that one of the call's paths matches.
            account: an account of the service, or its e-mail address, in upper or lower case.

        Raises:
            LookupError: calls are no longer kept.
            ValueError: there is no such route, page, error or account, and the message names the
                nearest one; or no path of a call can match ``path``.
        """
        for name, value in (("route", route), ("outcome", outcome), ("path", path)):
            expect(name, value, str, type(None))
        expect("account", account, Account, str, type(None))
        found: list[CallRecord] = self._all()
        if route is not None:
            found = [each for each in found if fnmatchcase(each.route, route)]
            if not found:
                expect_name("route", route, self._names)
        if outcome is not None:
            found = [each for each in found if fnmatchcase(each.outcome, outcome)]
            if not found and "/" in outcome:
                expect_name("outcome", outcome, self._tags())
        if path is not None:
            found = [each for each in found if _concerns(each, path)]
            if not found:
                expect_path_pattern("path", path)
        if account is not None:
            wanted = self._account(account)
            found = [each for each in found if each.account == wanted]
        return found

    def _account(self, wanted: Account | str) -> Account:
        accounts = self._accounts()
        if isinstance(wanted, Account):
            if wanted not in accounts:
                raise ValueError(f"account: expected one of this service, got {wanted!r}")
            return wanted
        account = accounts.by_email(wanted)
        if account is None:
            near = nearest(wanted, [each.email for each in accounts])
            raise ValueError(f"account: expected one such as {near!r}, got {wanted!r}")
        return account

    def _all(self) -> list[CallRecord]:
        with self._guard.lock:
            if self.dropped:
                raise self._lost()
            return list(self._kept)

    def _lost(self) -> LookupError:
        return LookupError(
            f"calls: the first {self.dropped} of {self._total} are no longer kept. Keep more by "
            f"FakeDropboxService(max_calls=…), which is {self._kept.maxlen} here, or ask for the "
            f"last ones only, such as calls[-{self._kept.maxlen}:]"
        )

    @overload
    def __getitem__(self, index: int) -> CallRecord: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[CallRecord]: ...
    def __getitem__(self, index: int | slice) -> CallRecord | Sequence[CallRecord]:
        with self._guard.lock:
            wanted = range(self._total)[index]
            positions = wanted if isinstance(wanted, range) else range(wanted, wanted + 1)
            if positions and min(positions[0], positions[-1]) < self.dropped:
                raise self._lost()
            kept = [self._kept[position - self.dropped] for position in positions]
        return kept if isinstance(wanted, range) else kept[0]

    def __len__(self) -> int:
        return self._total

    def __iter__(self) -> Iterator[CallRecord]:
        return iter(self._all())

    def __repr__(self) -> str:
        return f"<{self._total} calls>"


def _concerns(record: CallRecord, path: str) -> bool:
    return any(has_path(asked, path) for asked in _with_entries(record.arg))
