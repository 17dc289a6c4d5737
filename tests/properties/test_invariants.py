"""What holds at every moment, whatever was done before."""

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
    """A second client, which looks at everything after each step."""

    def __init__(self, service):
        self.dbx = service.client()

    def entries(self):
        """All entries, the deleted ones too, by path."""
        entries = listed(self.dbx, recursive=True, include_deleted=True)
        return sorted(entries, key=lambda entry: entry.path_lower)

    def everything(self):
        """All that a failure must not change."""
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
    """All of the SDK's objects in an answer."""
    if isinstance(answer, Struct):
        yield answer
    elif isinstance(answer, (list, tuple)):
        for one in answer:
            yield from structs(one)


def run(history, personality=None):
    """Do a history; after each step, what it answered and all entries."""
    service = FakeDropboxService(0, personality)
    actor, observer = Actor(service.client(), service), Observer(service)
    for op in history:
        yield op, actor.do(op), observer.entries()


@given(histories(), CONSISTENT)
def test_a_path_and_an_id_name_one_living_thing(history, personality):
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
def test_an_id_survives_moves_and_nothing_else_gets_it(history, personality):
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
            assert moved.id in known, "the id of a move's result was there before"


@given(histories(), CONSISTENT)
def test_a_rev_is_never_used_again(history, personality):
    known = {}
    for op, _, entries in run(history, personality):
        for entry in live(entries):
            if isinstance(entry, FileMetadata):
                what = entry.id, entry.path_lower, entry.content_hash
                assert known.setdefault(entry.rev, what) == what, op


@given(histories(), CONSISTENT)
def test_a_failure_changes_nothing(history, personality):
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
def test_every_answer_passes_the_sdks_validators_both_ways(history, personality):
    for op, answer, entries in run(history, personality):
        for struct in [*structs(answer), *entries]:
            validator = bv.Struct(type(struct))
            validator.validate(struct)
            text = ss.json_encode(validator, struct)
            assert ss.json_decode(validator, text) == struct, op


@given(histories())
def test_no_stored_path_is_odd_and_both_normal_forms_find_it(history):
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


@pytest.mark.skipif(find_spec("dropbox.content_hash") is None, reason="this SDK hashes nothing")
@given(st.integers(0, 3 * 4 * 1024 * 1024), st.binary(min_size=1, max_size=16))
def test_the_content_hash_is_the_sdks(size, seed):
    from dropbox.content_hash import DropboxContentHasher

    content = (seed * (size // len(seed) + 1))[:size]
    hasher = DropboxContentHasher()
    hasher.update(content)
    service = FakeDropboxService()
    assert service.client().files_upload(content, "/a").content_hash == hasher.hexdigest()
