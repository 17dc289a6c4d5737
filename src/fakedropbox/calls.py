"""The types that flow: a call down, a reply up, and the record of both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from fakedropbox.errors import Refusal, RouteError

if TYPE_CHECKING:
    from fakedropbox._base.chance import Chance
    from fakedropbox._files.blobs import Blob, Content
    from fakedropbox._files.places import View
    from fakedropbox._files.store import FileStore
    from fakedropbox._files.web import Web
    from fakedropbox._identity.accounts import Accounts
    from fakedropbox._identity.apps import Apps
    from fakedropbox._identity.tokens import Grant, Tokens
    from fakedropbox.clock import Clock
    from fakedropbox.personality import Personality


class World(NamedTuple):
    """All that is true: the stores, and the leaves they stand on."""

    files: FileStore
    accounts: Accounts
    apps: Apps
    tokens: Tokens
    clock: Clock
    chance: Chance
    personality: Personality
    web: Web


class Wire:
    """How a reply goes out over a socket, where there is one; some faults spoil it.

    ``outcome`` is what the record says of a success. A reply that is ``cut`` breaks off in
    its body, one that is ``stalled`` never begins, and the connection breaks after so many
    seconds; ``seconds`` is how long the body takes. Time is the service's.
    """

    __slots__ = ("cut", "outcome", "seconds", "stalled")

    def __init__(self) -> None:
        self.outcome = "ok"
        self.cut = False
        self.seconds = 0.0
        self.stalled: float | None = None


class Call(NamedTuple):
    """One request on its way to its route or page.

    ``arg`` is the SDK's argument object (for a page, the names and values that are no
    secret), ``content`` the bytes of an upload. ``grant`` and ``view`` are who asks and
    what they see; a page has neither. ``answer`` is the route or page. ``hindered`` is asked
    about each entry of a batch, where a planned fault is about some of them: it gives the
    error of one that is to fail. ``wire`` is there if the reply goes over a socket.
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
    """A route's answer: its result (an SDK type), and the content of a download.

    ``part`` is where the content begins in the file and how many bytes that has, if only a
    range was asked for.
    """

    result: Any
    content: Blob | None = None
    part: tuple[int, int] | None = None


class CallRecord:
    """One line of `service.calls`.

    ``route`` is the name on the wire (``files/upload``, ``oauth2/token``), ``arg`` the
    SDK's argument object, None where the call was refused before it was read; a caller who
    goes on changing the object that it gave to `FakeDropbox.request` changes it here, too.
    ``outcome``
    is ``ok``, a chain of tags (``path/not_found``), or another short word for what the
    caller got. ``fact`` is the id of the fact that says why the call was refused, such as
    ``F4-12``, which ``fakedropbox fact F4-12`` explains; None where no fact is named.
    """

    __slots__ = ("arg", "fact", "outcome", "route")

    def __init__(self, route: str) -> None:
        self.route = route
        self.arg: Any = None
        self.outcome = "under way"
        self.fact: str | None = None

    def failed(self, error: Exception) -> None:
        """Keep what came in place of a reply."""
        if isinstance(error, Refusal):
            self.outcome, self.fact = error.outcome, error.fact
        else:
            self.outcome = type(error).__name__

    def __repr__(self) -> str:
        path = getattr(self.arg, "path", None) or getattr(self.arg, "from_path", None)
        return f"<{self.route}{f' {path}' if path else ''}: {self.outcome}>"


class Calls(Sequence[CallRecord]):
    """Everything that was asked of the service, in order, refused and failed calls too.

    ``len()`` is the number of requests. Set ``recording`` to False to save the memory.
    """

    def __init__(self) -> None:
        self.recording = True
        self.missing: Counter[str] = Counter()
        """What SDK clients asked for that the double does not have, in its words."""
        self._records: list[CallRecord] = []

    def open(self, route: str) -> CallRecord:
        """Begin the record of one call."""
        record = CallRecord(route)
        if self.recording:
            self._records.append(record)
        return record

    def clear(self) -> None:
        """Forget all calls so far."""
        self._records = []
        self.missing.clear()

    def state(self) -> tuple[list[CallRecord], int]:
        """What `resume` needs to go on from here."""
        return self._records, len(self._records)

    def resume(self, state: tuple[list[CallRecord], int]) -> None:
        """Go on from where `state` was taken."""
        self._records, length = state
        del self._records[length:]

    def of(self, route: str) -> list[CallRecord]:
        """The calls of one route."""
        return [record for record in self._records if record.route == route]

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
