"""The types of a call of the service, its reply, and the record of both.

- `Calls`: all requests to a service, as `FakeDropboxService.calls`
- `CallRecord`: the record of one request
- `Call`: a request on its way to its route, which a fault of your own receives
- `Reply`: the reply of a route, which such a fault may return
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from fakedropbox._base.checks import expect, expect_name
from fakedropbox.errors import NotImplementedInFake, Refusal, RouteError

if TYPE_CHECKING:
    from fakedropbox._base.chance import Chance
    from fakedropbox._files.blobs import Blob, Content
    from fakedropbox._files.places import View
    from fakedropbox._files.store import FileStore
    from fakedropbox._files.web import Web
    from fakedropbox._identity.accounts import Account, Accounts
    from fakedropbox._identity.apps import Apps
    from fakedropbox._identity.tokens import Grant, Tokens
    from fakedropbox.clock import Clock
    from fakedropbox.personality import Personality

__all__ = ["Call", "CallRecord", "Calls", "Reply"]


class World(NamedTuple):
    """The whole state of the service: its stores, and the basic objects that they use."""

    files: FileStore
    accounts: Accounts
    apps: Apps
    tokens: Tokens
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
    calls without a user. ``world`` is the state of
    the service.
    ``answer`` is the function of the route or page.
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


class Reply(NamedTuple):
    """The reply of a route.

    ``result`` is an SDK type, ``content`` the data of a download, None for any other route.
    If only a range was requested, ``part`` is the offset of the range in the file and the size of
    the whole file.
    """

    result: Any
    content: Blob | None = None
    part: tuple[int, int] | None = None


class CallRecord:
    """One entry of `Calls`: a request, without its credentials and its content.

    ``route`` is the name on the wire (``files/upload``, ``oauth2/token``). ``arg`` is the SDK's
    argument object, or None if the call was refused before the argument was read; a caller that
    later changes the object it passed to `FakeDropbox.request` changes it here, too. ``outcome``
    is ``ok``, a chain of tags (``path/not_found``), or another short word for the result.
    ``fact`` is the id of the fact that explains a refusal, such as ``F4-12``, which
    ``fakedropbox fact F4-12`` prints; None if no fact is named. ``stub`` is True if the answer
    was that of `FakeDropboxService.stub`. ``account`` is the `Account` of
    the caller, None if the call was refused before that was known or needs no account. In ``arg``,
    ``…`` stands for a password.
    """

    __slots__ = ("account", "arg", "fact", "outcome", "route", "stub")

    def __init__(self, route: str) -> None:
        self.route = route
        self.account: Account | None = None
        self.arg: Any = None
        self.outcome = "under way"
        self.fact: str | None = None
        self.stub = False

    def failed(self, error: Exception) -> None:
        """Record the error that took the place of a reply."""
        if isinstance(error, Refusal):
            self.outcome, self.fact = error.outcome, error.fact
        else:
            self.outcome = type(error).__name__

    def __repr__(self) -> str:
        path = getattr(self.arg, "path", None) or getattr(self.arg, "from_path", None)
        words = [self.route, *(["(stub)"] if self.stub else []), *([path] if path else [])]
        return f"<{' '.join(words)}: {self.outcome}>"


class Calls(Sequence[CallRecord]):
    """All requests to a service, in order, including refused and failed ones.

    It is a sequence of `CallRecord`; ``len()`` is the number of requests. Set ``recording`` to
    False to save memory.

    >>> from fakedropbox import FakeDropboxService
    >>> service = FakeDropboxService()
    >>> _ = service.client().files_upload(b"1", "/a.txt")
    >>> list(service.calls)
    [<files/upload /a.txt: ok>]
    >>> service.calls.of("files/upload")[0].arg.path
    '/a.txt'
    """

    def __init__(self, names: Collection[str]) -> None:
        self.recording = True
        self.missing: Counter[str] = Counter()
        """The number of requests for routes and pages that are not faked, by error message.

        `clear` keeps it, as these requests made a program go on without an answer of Dropbox.
        """
        self._names = names
        self._records: list[CallRecord] = []

    def open(self, route: str) -> CallRecord:
        """Start the record of one call."""
        record = CallRecord(route)
        if self.recording:
            self._records.append(record)
        return record

    def clear(self) -> None:
        """Remove all calls recorded so far."""
        self._records = []

    def check_implemented(self) -> None:
        """Check that no request was for a route or page that is not faked.

        Raises:
            NotImplementedInFake: there were such requests; the message lists them.
        """
        if self.missing:
            listed = "; ".join(f"{text} ({count} times)" for text, count in self.missing.items())
            raise NotImplementedInFake(
                f"requests for what is not faked, whatever became of their errors: {listed}. "
                "Give an answer by FakeDropboxService.stub, or permit such requests by "
                "allow_not_implemented=True, an argument of the marker and of mock_dropbox"
            )

    def state(self) -> tuple[list[CallRecord], int]:
        """Return the state from which `resume` continues."""
        return self._records, len(self._records)

    def resume(self, state: tuple[list[CallRecord], int]) -> None:
        """Remove the calls that were recorded after `state` returned this state."""
        self._records, length = state
        del self._records[length:]

    def of(self, route: str) -> list[CallRecord]:
        """Return the calls of one route, given by its name on the wire (``files/upload``).

        Raises:
            ValueError: Dropbox has no such route or page; the message names the nearest one.
        """
        expect("route", route, str)
        found = [record for record in self._records if record.route == route]
        if not found:
            expect_name("route", route, self._names, patterns=False)
        return found

    @overload
    def __getitem__(self, index: int) -> CallRecord: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[CallRecord]: ...
    def __getitem__(self, index: int | slice) -> CallRecord | Sequence[CallRecord]:
        return self._records[index]

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[CallRecord]:
        return iter(self._records)

    def __repr__(self) -> str:
        return f"<{len(self._records)} calls>"
