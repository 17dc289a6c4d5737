"""The keeper of a service: it loads a state file, and writes each change of the service to it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from stone.backends.python_rsrc.stone_validators import ValidationError

from fakedropbox._base.kept import Key, Values
from fakedropbox._core.records import Records, stores_of
from fakedropbox._core.service import Service
from fakedropbox._files.blobs import SPILL_BYTES, Blob
from fakedropbox._files.kept_files import KeptFiles, KeptPast, forget_past
from fakedropbox._files.nodes import File
from fakedropbox.calls import World
from fakedropbox.clock import SECOND, RunningClock
from fakedropbox.control import fault_from_json, fault_to_json
from fakedropbox.errors import SnapshotInvalid
from fakedropbox.login import Login
from fakedropbox.server.kept_calls import PART as CALL
from fakedropbox.server.kept_calls import KeptCalls
from fakedropbox.server.state import Inventory, PastRow, StateFile, StateRefused

if TYPE_CHECKING:
    from fakedropbox._base.undo import Mark
    from fakedropbox.faults._plan import State

KEPT_REVISIONS = 100
"""The number of past revisions that are kept of each file."""

_DAYS, _MOST_DAYS = {"basic": 30}, 180
"""The days for which past revisions are kept, by the plan of the account, and on other plans."""

_SLACK = 10
"""The number of further past revisions of a file after which the oldest ones are removed."""

_WRONG_RECORDS = (
    *(AssertionError, AttributeError, LookupError, StopIteration, TypeError, ValueError),
    ValidationError,  # of a type that differs in another version of the SDK
)
Rows = list[tuple[Key, str, bytes]]

_LOG = logging.getLogger("fakedropbox.server")

_CHANCE, _CLOCK, _FAULTS, _LOGIN = "chance", "clock", "faults", "login"
_values_of_login = attrgetter(*Login.__slots__)


class Keeper:
    """The keeper of one service, whose state is in a file from the beginning.

    The main file has the first state, so that it can be used without its WAL file.

    ``keep_calls`` is the number of the last calls that are kept. With ``only_to_read`` the
    service is loaded, but nothing is written: expired data is not removed, and changes are not
    kept.

    Raises:
        StateRefused: the file is damaged.
        OSError: the file cannot be written.
    """

    def __init__(
        self,
        file: StateFile,
        service: Service,
        *,
        keep_calls: int = 0,
        only_to_read: bool = False,
    ) -> None:
        self.keep_calls = keep_calls
        self._calls = KeptCalls(service.calls, keep_calls)
        self._file = file
        self._service = service
        self._kept: Mark | None = None
        """The state of the service that is in the file; None while it is being written."""

        self._others: dict[str, Values] = {}
        self._has_warned = False
        self._planned: State = []
        """All planned faults at the last save; the file has only those without a function."""

        self._forgotten: set[bytes] = set()
        """The hashes of the contents of past revisions that were removed since the last change."""

        loaded = None if file.is_empty else self._load()
        if only_to_read:
            return
        file.begin_to_write()
        if loaded is None:
            self._follow(service.gate.world)
            with service.gate.lock:
                self._save_all()
            file.merge()
        else:
            self._go_on(*loaded)
        service.gate.keep(self.save)

    def close(self) -> None:
        """Write all changes since the last save, and the state of the random generator."""
        with self._service.gate.lock:
            self.save(at_the_end=True)

    # Saving

    def save(self, *, at_the_end: bool = False, can_wait: bool = False) -> None:
        """Write all changes since the last time; the caller holds the lock of the service.

        A request that only draws random numbers writes nothing; they are written with the next
        change, or ``at_the_end``. A forked process writes nothing. What cannot be written is
        written with the next change if it ``can_wait``, or is only the record of calls.

        Raises:
            OSError: the file cannot be written; the changes are undone.
        """
        if not self._file.is_of_this_process:
            return  # the service in a fork is a copy, which ends with the process
        world = self._service.gate.world
        if world is not self._world:
            if not can_wait:  # otherwise the reset, which is still under way, will save it
                self._save_reset(world)
            return
        undo = world.files.undo
        assert undo.changed is not None
        others, known_calls = self._different(), self._calls.state()
        calls = list(self._calls.changes(self._records)) if self.keep_calls else []
        has_changed = bool(undo.changed or others or at_the_end)
        if not (has_changed or calls):
            return
        others[_CHANCE] = _drawn(world)
        try:
            large = self._large_contents(undo.changed)
            if large:
                self._file.put_contents(large)
            with self._file.transaction():
                self._put(undo.changed)
                self._put_others(others)
                self._put_calls(calls)
        except BaseException as error:
            self._calls.resume(known_calls)
            # A call that has been carried out must not end in an error only because its record
            # cannot be written: the SDK would repeat it.
            if isinstance(error, OSError) and (can_wait or not has_changed):
                self._warn(error)
                return
            self._undo(others)
            raise
        self._others |= others
        self._has_warned = False
        self._all_is_saved()

    def _warn(self, error: OSError) -> None:
        """Log the error, unless no save has succeeded since the last one that was logged."""
        if not self._has_warned:
            self._has_warned = True
            _LOG.warning("%s", error)

    def _undo(self, others: Iterable[str]) -> None:
        """Go back to the last save, also with those of the other records that have changed.

        A restored snapshot cannot be undone: the next save tries again to write its changes.
        """
        undo, service = self._world.files.undo, self._service
        assert self._kept is not None
        assert undo.changed is not None
        with suppress(SnapshotInvalid):
            undo.back_to(self._kept)
            undo.changed.clear()
            if _FAULTS in others:
                service.faults.resume(self._planned)
            if _CLOCK in others:
                _resume_clock(service, self._others[_CLOCK])
            if _LOGIN in others:
                service.login = _login_of(self._others[_LOGIN])

    def _save_reset(self, world: World) -> None:
        """Write the whole state that a reset has made; the reset undoes itself if this fails."""
        before, known_calls = self._world, self._calls.state()
        self._follow(world)
        self._calls.begin_again()
        try:
            self._save_all()
        except BaseException:
            self._follow(before)
            self._calls.resume(known_calls)
            raise

    def _save_all(self) -> None:
        others = {**self._found_others(), _CHANCE: _drawn(self._world)}
        self._file.put_contents(self._world.files.blobs.held())
        with self._file.transaction():
            self._file.clear()
            for store in self._stores:
                self._put(store.keys())
            self._put_others(others)
        self._others = others
        self._all_is_saved()
        with suppress(OSError):  # the state is written; the next start removes unused contents
            self._remove_unused(self._file.contents())

    def _put(self, keys: Iterable[Key]) -> None:
        for key in keys:
            part = key[0]
            if part == "content":
                self._put_content(key[1])
                continue
            values = self._store_of[part].record(key)
            if part == "past":
                self._put_past(key, values)
            elif values is None:
                self._file.drop(key)
            else:
                self._file.put(key, *self._records.written(values))

    def _large_contents(self, keys: Iterable[Key]) -> list[Blob]:
        """Return the contents among changed records that are too large for one transaction."""
        digests = (bytes.fromhex(key[1]) for key in keys if key[0] == "content")
        found = map(self._world.files.blobs.get, digests)
        return [blob for blob in found if blob is not None and blob.size > SPILL_BYTES]

    def _put_content(self, digest: str) -> None:
        blob = self._world.files.blobs.get(bytes.fromhex(digest))
        if blob is None:
            self._file.drop_content(bytes.fromhex(digest))
        else:
            self._file.put_content(blob)

    def _put_past(self, key: Key, values: Values | None) -> None:
        _, number, rev = key
        if values is None:
            self._file.drop_past(number, rev)
            return
        namespace_id, path_lower, *_, blob = values
        text, _ = self._records.written(values)
        file = self._world.files.nodes[number]
        assert isinstance(file, File)
        is_logged = self._world.files.trees[namespace_id].has_logged(file, rev)
        place = namespace_id, path_lower, is_logged
        self._file.put_past(PastRow(number, rev, *place, blob.digest, text))
        if len(file.past or ()) > KEPT_REVISIONS + _SLACK:
            self._forget(file)

    def _forget(self, file: File) -> None:
        """Remove the oldest past revisions of a file, also from the memory."""
        gone = forget_past(self._world.files, file, KEPT_REVISIONS)
        self._file.drop_past(file.number, gone[-1].rev, older_too=True)
        self._forgotten |= {revision.blob.digest for revision in gone}

    def _different(self) -> dict[str, Values]:
        """Return the changed records of the clock, the planned faults and the login."""
        found = self._found_others()
        return {name: each for name, each in found.items() if each != self._others.get(name)}

    def _found_others(self) -> dict[str, Values]:
        service = self._service
        clock, login = service.clock, service.login
        assert isinstance(clock, RunningClock)
        return {
            _CLOCK: (clock.skipped,),
            _FAULTS: tuple(planned_faults(service)),
            _LOGIN: _values_of_login(login),
        }

    def _put_calls(self, calls: Iterable[tuple[Key, tuple[str, bytes] | None]]) -> None:
        for key, found in calls:
            if found is None:
                self._file.drop(key)
            else:
                self._file.put(key, *found)

    def _put_others(self, others: dict[str, Values]) -> None:
        for name, values in others.items():
            self._file.put((name,), *self._records.written(values))

    def _all_is_saved(self) -> None:
        undo = self._world.files.undo
        self._kept = None  # without a reference to the old mark, its steps can be dropped
        self._kept = undo.mark()
        undo.changed = {}
        self._planned = self._service.faults.state()
        if self._forgotten:
            forgotten, self._forgotten = self._forgotten, set()
            with suppress(OSError):  # the change is written; the next start removes unused contents
                self._remove_unused(forgotten)

    def _remove_unused(self, digests: Iterable[bytes]) -> None:
        """Remove the given contents, except those to which something still refers."""
        blobs = self._world.files.blobs
        unused = [digest for digest in digests if blobs.get(digest) is None]
        if unused:
            with self._file.transaction():
                for digest in unused:
                    self._file.drop_content(digest)
            self._file.shrink()

    # Loading

    def _follow(self, world: World) -> None:
        """Write the changes of this world to the file from now on."""
        self._world = world
        self._records = Records(world)
        self._stores = stores_of(world)
        self._store_of = {part: store for store in self._stores for part in store.parts}
        world.files.blobs.join(self._file.read_content)

    def _load(self) -> tuple[Inventory, Rows, list[Key]]:
        """Load the service; return the inventory, the calls, and the keys of expired records."""
        service, file = self._service, self._file
        try:
            rows, plain = file.rows(), Records(service.gate.world)
            inventory = file.inventory()
            others = {
                name: plain.values(*rows[name][0][1:])
                for name in (_CHANCE, _CLOCK, _FAULTS, _LOGIN)
            }
            life, drawn = others[_CHANCE]
            _resume_clock(service, others[_CLOCK])
            world = service.gate.empty_world(life)
            world.chance.resume(json.loads(drawn))
            self._follow(world)
            expired: list[Key] = []
            for store in self._stores:
                found = [(part, rows.pop(part, [])) for part in store.parts]
                for part, given in found:
                    store.load(part, self._values(given))
                if not isinstance(store, KeptFiles):
                    known = set(store.keys())
                    expired += [key for _, given in found for key, *_ in given if key not in known]
            past = _Past(file, self._records, inventory.past_files)
            world.files.tables.archive = KeptPast(world.files, past)
            service.faults.resume([(fault_from_json(each), *n) for each, *n in others[_FAULTS]])
            service.login = _login_of(others[_LOGIN])
        except StateRefused:
            raise
        except _WRONG_RECORDS as error:
            raise file.refusal(f"its records do not belong together ({error!r})") from error
        self._check_contents(inventory)
        service.gate.world = world
        service.calls.clear()
        return inventory, rows.pop(CALL, []), expired

    def _go_on(self, inventory: Inventory, calls: Rows, expired: list[Key]) -> None:
        """Keep a service that was loaded, without what has expired."""
        file = self._file
        held = {blob.digest for blob in self._world.files.blobs.held()}
        has_unused = bool(inventory.sizes.keys() - inventory.past_contents - held)
        has_old = self._remove_old(expired)
        self._load_calls(calls)
        self._others = self._found_others()
        self._all_is_saved()
        if has_old or has_unused:
            self._remove_unused(inventory.sizes.keys() - file.past_contents())

    def _load_calls(self, rows: Rows) -> None:
        if self.keep_calls:
            self._calls.load(self._values(rows))
        elif rows:
            with self._file.transaction():
                for key, *_ in rows:
                    self._file.drop(key)

    def _remove_old(self, expired: Iterable[Key]) -> bool:
        """Remove expired records, and past revisions that are too old for their plan.

        Return whether a past revision was removed.
        """
        world, count = self._world, 0
        with self._file.transaction():
            for key in expired:
                self._file.drop(key)
            for tree in world.files.trees.values():
                owner = world.accounts.by_id(tree.owner)
                # A namespace without an account belongs to a team.
                days = _MOST_DAYS if owner is None else _DAYS.get(owner.plan, _MOST_DAYS)
                before = self._service.clock.micros - days * 24 * 3600 * SECOND
                count += self._file.drop_replaced_past(tree.namespace_id, before)
        return bool(count)

    def _check_contents(self, inventory: Inventory) -> None:
        """Check that the file has all contents to which records refer.

        Raises:
            StateRefused: some content is missing or has another size.
        """
        known, past, _ = inventory
        held = {blob.digest: blob.size for blob in self._world.files.blobs.held()}
        wrong = [digest for digest, size in held.items() if known.get(digest) != size]
        wrong += past - known.keys()
        if wrong:
            raise self._file.refusal(f"it is damaged (no content {wrong[0].hex()})")

    def _values(self, rows: Iterable[tuple[Key, str, bytes]]) -> Iterator[tuple[Key, Values]]:
        for key, text, data in rows:
            yield key, self._records.values(text, data)


class _Past:
    """The past revisions in a state file, in the form that `KeptPast` asks for."""

    def __init__(self, file: StateFile, records: Records, numbers: set[int]) -> None:
        self._file = file
        self._records = records
        self._numbers = numbers

    def has(self, number: int) -> bool:
        return number in self._numbers

    def of(self, number: int) -> Iterator[Values]:
        for text in self._file.past_of(number):
            yield self._records.values(text, b"")

    def at(self, namespace_id: int, path_lower: str) -> list[int]:
        return self._file.files_at(namespace_id, path_lower)

    def file_of(self, namespace_id: int, rev: int) -> int | None:
        return self._file.file_of(namespace_id, rev)


def _drawn(world: World) -> Values:
    """Return the state of the random generator, with its many counters as one text, for speed."""
    return world.chance.life, json.dumps(world.chance.state())


def planned_faults(service: Service) -> Iterator[tuple[Any, int, int]]:
    """Yield the planned faults that are data: those with functions end with this process."""
    for fault, left, skips in service.faults.state():
        try:
            yield fault_to_json(fault), left, skips
        except TypeError:
            continue


def _resume_clock(service: Service, values: Values) -> None:
    clock = service.clock
    assert isinstance(clock, RunningClock)
    (clock.skipped,) = values


def _login_of(values: Values) -> Login:
    return Login(**dict(zip(Login.__slots__, values, strict=True)))
