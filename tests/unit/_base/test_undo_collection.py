"""Tests of snapshots that the garbage collector removes, which can happen at any moment."""

import gc

from fakedropbox import FakeDropboxService
from fakedropbox._base import undo as _undo


def test_an_undo_mark_can_be_garbage_collected_while_the_next_one_is_created(monkeypatch):
    log, state = _undo.UndoLog(), []
    old, real = log.mark(), _undo.Mark

    def add(value):
        state.append(value)
        log.note(state.pop)

    def mark_during_a_collection(*arguments):
        log._forget(old.serial)
        return real(*arguments)

    add(1)
    add(2)
    monkeypatch.setattr(_undo, "Mark", mark_during_a_collection)
    new = log.mark()
    add(3)
    log.back_to(new)
    assert state == [1, 2]


def test_snapshots_in_cycles_are_collected_while_others_are_restored():
    service = FakeDropboxService(files={"/a": b"0"})
    begin = service.snapshot()
    before = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(200):
            cycle = [service.snapshot()]
            cycle.append(cycle)
            del cycle
            service.seed_files({"/b": b"1"})
            service.restore(begin)
            assert service.files == {"/a": b"0"}
    finally:
        gc.set_threshold(*before)
