"""Tests of invariants: properties that hold after each operation of any history."""

import unicodedata
from importlib.util import find_spec

import pytest
from dropbox.files import DeletedMetadata, FileMetadata
from hypothesis import example, given
from hypothesis import strategies as st
from stone.backends.python_rsrc import stone_serializers as ss
from stone.backends.python_rsrc import stone_validators as bv
from stone.backends.python_rsrc.stone_base import Struct
from tests.support.doors import listed
from tests.support.operations import Actor, histories
from tests.support.personalities import CONSISTENT

from fakedropbox import FakeDropboxService, Personality
from fakedropbox._files.paths import fold, lower

pytestmark = pytest.mark.untraced


class Observer:
    """A second client, which reads everything after each operation."""

    def __init__(self, service):
        self.dbx = service.client()

    def entries(self):
        """Return all entries, including deleted ones, sorted by path."""
        entries = listed(self.dbx, recursive=True, include_deleted=True)
        return sorted(entries, key=lambda entry: entry.path_lower)

    def everything(self):
        """Return all entries, the revisions of files, and the used space."""
        entries = self.entries()
        past = [
            self.dbx.files_list_revisions(entry.path_lower).entries
            for entry in entries
            if isinstance(entry, FileMetadata)
        ]
        return entries, past, self.dbx.users_get_space_usage().used


def live(entries):
    return [entry for entry in entries if not isinstance(entry, DeletedMetadata)]


def structs(answer):
    """Yield the structs of the SDK in an answer, but none that is inside another."""
    if isinstance(answer, Struct):
        yield answer
    elif isinstance(answer, (list, tuple)):
        for one in answer:
            yield from structs(one)


def run(history, personality=None):
    """Carry out a history; yield each operation with its answer and the entries after it."""
    service = FakeDropboxService(0, personality)
    actor, observer = Actor(service.client(), service), Observer(service)
    for op in history:
        yield op, actor.do(op), observer.entries()


@given(histories(), CONSISTENT)
def test_each_path_and_each_id_belongs_to_one_live_entry(history, personality):
    for op, _, entries in run(history, personality):
        living = live(entries)
        assert len({entry.path_lower for entry in entries}) == len(entries), op
        assert len({entry.id for entry in living}) == len(living), op


def _moves(op):
    batch = op["kind"] == "relocate_batch" and op["route"].startswith("move")
    return batch or op["kind"] in ("move", "restore")


@given(histories(), CONSISTENT)
@example(
    [
        {"kind": "create", "path": "/a", "autorename": False},
        {"kind": "relocate_batch", "route": "move_batch", "entries": [("/a", "/b")]}
        | {"autorename": False},
    ],
    Personality.documented,
)
def test_an_id_is_kept_by_moves_and_never_reused(history, personality):
    known = {}
    for op, answer, entries in run(history, personality):
        for entry in live(entries):
            kind, path = known.get(entry.id, (type(entry), entry.path_lower))
            assert kind is type(entry), op
            if not _moves(op):
                assert path == entry.path_lower, op
            known[entry.id] = kind, entry.path_lower
        moved = getattr(answer, "metadata", None)
        if op["kind"] == "move" and moved is not None:
            assert moved.id in known, "a move returned an id that no entry had before"


@given(histories(), CONSISTENT)
def test_a_rev_is_never_reused(history, personality):
    known = {}
    for op, _, entries in run(history, personality):
        for entry in live(entries):
            if isinstance(entry, FileMetadata):
                described = entry.id, entry.path_lower, entry.content_hash
                assert known.setdefault(entry.rev, described) == described, op


@given(histories(), CONSISTENT)
def test_a_failed_call_changes_nothing(history, personality):
    service = FakeDropboxService(0, personality)
    actor, observer = Actor(service.client(), service), Observer(service)
    before = observer.everything()
    for op in history:
        answer = actor.do(op)
        after = observer.everything()
        if isinstance(answer, tuple) and isinstance(answer[0], type):
            assert after == before, op
        before = after


@given(histories(), CONSISTENT)
def test_every_answer_is_equal_after_encoding_and_decoding_by_the_sdk(history, personality):
    for op, answer, entries in run(history, personality):
        for struct in [*structs(answer), *entries]:
            validator = bv.Struct(type(struct))
            validator.validate(struct)
            text = ss.json_encode(validator, struct)
            assert ss.json_decode(validator, text) == struct, op


@given(histories())
def test_stored_paths_are_normalized_and_found_in_both_normal_forms(history):
    service = FakeDropboxService()
    actor, dbx = Actor(service.client(), service), service.client()
    for op in history:
        actor.do(op)
    for entry in live(listed(dbx, recursive=True)):
        assert fold(entry.path_lower) == entry.path_lower
        for path in (entry.path_lower, entry.path_display):
            assert not {"", ".", ".."} & set(path.split("/")[1:])
            for form in ("NFC", "NFD"):
                found = dbx.files_get_metadata(unicodedata.normalize(form, path))
                assert (found.id, found.path_lower) == (entry.id, entry.path_lower)


@given(st.text())
def test_lower_casing_is_idempotent(text):
    assert lower(lower(text)) == lower(text)
    assert fold(fold(text)) == fold(text)


@pytest.mark.skipif(
    find_spec("dropbox.content_hash") is None, reason="this SDK has no module dropbox.content_hash"
)
@given(st.integers(0, 3 * 4 * 1024 * 1024), st.binary(min_size=1, max_size=16))
def test_content_hash_equals_the_hash_of_the_sdk(size, seed):
    from dropbox.content_hash import DropboxContentHasher

    content = (seed * (size // len(seed) + 1))[:size]
    hasher = DropboxContentHasher()
    hasher.update(content)
    service = FakeDropboxService()
    assert service.client().files_upload(content, "/a").content_hash == hasher.hexdigest()
