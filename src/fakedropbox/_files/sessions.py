"""Upload sessions: data that arrives in pieces (F4.1-01 to -09)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fakedropbox._base.kept import Key, Values
from fakedropbox._base.undo import UndoLog
from fakedropbox._facts.limits import (
    FILE_BYTES,
    SESSION_BLOCK_BYTES,
    SESSION_SECONDS,
)
from fakedropbox._files.blobs import Content, Spool, piece_of
from fakedropbox.clock import SECOND, Clock
from fakedropbox.errors import RouteError

_COPY_BYTES = 4 * 1024 * 1024


class Session:
    """An upload in progress: the piece at each offset; no more may come once it is ``closed``.

    A sequential session has no gaps; a concurrent one receives its pieces in any order.
    ``size`` is the offset at which its last piece ends. The bytes are in ``arrived``, in order of
    arrival; ``pieces`` maps an offset to the start and end of its piece in ``arrived``. ``ends`` is
    the time when the session expires, in microseconds.
    """

    __slots__ = ("arrived", "closed", "concurrent", "ends", "namespace_id", "pieces", "size")

    def __init__(self, namespace_id: int, ends: int, *, concurrent: bool) -> None:
        self.namespace_id = namespace_id
        self.ends = ends
        self.concurrent = concurrent
        self.closed = False
        self.arrived = Spool()
        self.pieces: dict[int, tuple[int, int]] = {}
        self.size = 0

    def content(self) -> Content:
        """Return the joined pieces; if two overlap, the one with the earlier offset is used.

        Raises:
            RouteError: ``concurrent_session_missing_data``.
        """
        if len(self.arrived) == self.size and all(
            offset == start for offset, (start, _) in self.pieces.items()
        ):
            return self.arrived.content()
        ordered = Spool()
        for offset in sorted(self.pieces):
            start, stop = self.pieces[offset]
            if offset > len(ordered):
                raise RouteError("concurrent_session_missing_data")
            known = len(ordered) - offset
            for at in range(start + known, stop, _COPY_BYTES):
                ordered.append(self.arrived.read(at, min(at + _COPY_BYTES, stop)))
        return ordered.content()


class UploadSessions:
    """All upload sessions of the service, by id."""

    parts = ("session", "piece")

    def __init__(self, clock: Clock, undo: UndoLog) -> None:
        self._clock = clock
        self._undo = undo
        self._by_id: dict[str, Session] = {}

    def open(self) -> list[tuple[str, Session]]:
        """Return all sessions that have not become a file yet, with their ids, oldest first."""
        return list(self._by_id.items())

    def start(
        self, name: str, namespace_id: int, data: Content, *, closed: bool, concurrent: bool
    ) -> None:
        """Start a session with the id `name`."""
        ends = self._clock.micros + SESSION_SECONDS * SECOND
        session = self._by_id[name] = Session(namespace_id, ends, concurrent=concurrent)
        self._undo.change(("session", name), self._by_id.pop, name)
        if data:
            self._put(name, session, 0, data)
        session.closed = closed

    def append(
        self, name: str, namespace_id: int, offset: int, data: Content, *, close: bool
    ) -> None:
        """Append a piece, and close the session if it is the last.

        Raises:
            RouteError: with the tags of an `UploadSessionAppendError`.
        """
        session = self._at(name, namespace_id, offset)
        if session.closed:
            raise RouteError("closed", fact="F4.1-06")
        if session.concurrent and offset % SESSION_BLOCK_BYTES:
            raise RouteError("concurrent_session_invalid_offset", fact="F4.1-08")
        if session.concurrent and len(data) % SESSION_BLOCK_BYTES and not close:
            raise RouteError("concurrent_session_invalid_data_size", fact="F4.1-08")
        if offset + len(data) > FILE_BYTES:
            raise RouteError("too_large", fact="F4.1-09")
        self._put(name, session, offset, data)
        if close:
            self._undo.change(("session", name), setattr, session, "closed", session.closed)
            session.closed = True

    def complete(
        self, name: str, namespace_id: int, offset: int, data: Content, *, only_closed: bool = False
    ) -> Content:
        """Add the last piece and return the whole content.

        A sequential session need not be closed, unless ``only_closed`` is True (F4.1-06).

        The session keeps that piece: if the content cannot be committed, the caller can try again
        without sending it (F4.1-05).

        Raises:
            RouteError: with the tags of an `UploadSessionFinishError`.
        """
        try:
            session = self._at(name, namespace_id, offset)
        except RouteError as error:
            raise error.under("lookup_failed") from None
        if session.closed and data and not session.concurrent:
            raise RouteError("lookup_failed/closed", fact="F4.1-06")
        if only_closed and not session.closed and not session.concurrent:
            raise RouteError("lookup_failed/not_closed", fact="F4.1-06")
        if offset + len(data) > FILE_BYTES:
            raise RouteError("lookup_failed/too_large", fact="F4.1-09")
        if session.concurrent:
            if data:
                raise RouteError("concurrent_session_data_not_allowed", fact="F4.1-08")
            if not session.closed:
                raise RouteError("concurrent_session_not_closed", fact="F4.1-08")
            if offset != session.size:
                raise _incorrect(session).under("lookup_failed")
        else:
            self._put(name, session, offset, data)
        return session.content()

    def end(self, name: str) -> None:
        """Remove a session whose content has been committed (F4.1-07)."""
        session = self._by_id.pop(name)
        self._undo.change(("session", name), self._by_id.__setitem__, name, session)
        for offset in session.pieces:
            self._undo.change(("piece", name, offset), _nothing)

    def _at(self, name: str, namespace_id: int, offset: int) -> Session:
        session = self._by_id.get(name)
        if session is None or session.namespace_id != namespace_id:
            raise RouteError("not_found")
        if session.ends <= self._clock.micros:
            raise RouteError("not_found")
        # Checked before `closed`, so that a repeated last piece gets this error, too (F4.1-04).
        if not session.concurrent and offset != session.size:
            raise _incorrect(session)
        return session

    def _put(self, name: str, session: Session, offset: int, data: Content) -> None:
        if not data:
            return
        before = session.pieces.get(offset)
        key = ("piece", name, offset)
        self._undo.change(key, self._unput, session, offset, before, session.size)
        start = len(session.arrived)
        for at in range(0, len(data), _COPY_BYTES):
            session.arrived.append(piece_of(data, at, at + _COPY_BYTES))
        session.pieces[offset] = (start, start + len(data))
        session.size = max(session.size, offset + len(data))

    def _unput(
        self, session: Session, offset: int, before: tuple[int, int] | None, size: int
    ) -> None:
        session.size = size
        if before is None:
            del session.pieces[offset]
        else:
            session.pieces[offset] = before

    # Records

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        for name, session in self._by_id.items():
            yield "session", name
            for offset in session.pieces:
                yield "piece", name, offset

    def record(self, key: Key) -> Values | None:
        """Return a session without its data, or one piece of that."""
        part, name, *rest = key
        session = self._by_id.get(name)
        if session is None:
            return None
        if part == "session":
            return session.namespace_id, session.ends, session.concurrent, session.closed
        place = session.pieces.get(rest[0])
        return None if place is None else (session.arrived.read(*place),)

    def load(self, part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Add sessions that have not expired, or their pieces."""
        for (_, name, *rest), values in rows:
            if part == "session":
                namespace_id, ends, concurrent, closed = values
                if ends > self._clock.micros:
                    session = Session(namespace_id, ends, concurrent=concurrent)
                    session.closed = closed
                    self._by_id[name] = session
            elif name in self._by_id:
                self._put(name, self._by_id[name], *rest, *values)


def _nothing() -> None:
    """Undo nothing: a piece that was removed with its session comes back with the session."""


def _incorrect(session: Session) -> RouteError:
    return RouteError("incorrect_offset", {"correct_offset": session.size}, fact="F4.1-03")
