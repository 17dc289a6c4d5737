"""Tests that a batch equals its single calls in sequence, entry by entry.

The older batch routes are different: they carry out all entries or none.
"""

import warnings

import pytest
from dropbox import files
from dropbox.exceptions import ApiError, BadInputError
from dropbox.files import CommitInfo, UploadSessionCursor, UploadSessionFinishArg, WriteMode
from hypothesis import given
from hypothesis import strategies as st
from stone.backends.python_rsrc.stone_validators import ValidationError
from tests.support import batches
from tests.support.doors import chain
from tests.support.operations import Actor, existing, histories, names, plain_paths, targets

from fakedropbox import FakeDropboxService, Personality
from fakedropbox._files.paths import fold

pytestmark = pytest.mark.untraced

REFUSED = (BadInputError, ValidationError, TypeError)
CONTENTS = st.sampled_from([b"", b"x", b"y", b"longer"])


class Twins:
    """Two services with the same history: one gets the batch, the other the single calls."""

    def __init__(self, history):
        self.one, self.other = FakeDropboxService(), FakeDropboxService()
        self.batched = Actor(self.one.client(), self.one)
        self.single = Actor(self.other.client(), self.other)
        for op in history:
            self.batched.do(op)
            self.single.do(op)
        self.cursor = self.batched.dbx.files_list_folder_get_latest_cursor("", recursive=True)
        self.twin = self.single.dbx.files_list_folder_get_latest_cursor("", recursive=True)

    def states(self):
        """Return the visible state of each service, and the entries changed since the history."""
        both = ((self.batched, self.cursor), (self.single, self.twin))
        return [
            (actor.state(), actor.dbx.files_list_folder_continue(found.cursor).entries)
            for actor, found in both
        ]


def _single_result(call, *args, **kwargs):
    """Return the metadata that a single call returns, or the chain of tags of its error."""
    try:
        result = call(*args, **kwargs)
    except ApiError as error:
        return chain(error.error)
    return getattr(result, "metadata", result)


def _entry_result(entry, above=""):
    """Return the metadata of an entry of a batch, or the chain of tags of its error."""
    if entry.is_failure():
        return chain(entry.get_failure()).removeprefix(above)
    success = getattr(entry, "_value", None)
    return getattr(success, "metadata", success)


def _compare(twins, batch, singles, above=""):
    """Compare a batch with its single calls.

    If the batch as a whole is refused as invalid, check that it changed nothing.
    """
    before = twins.states()[0]
    try:
        results = batch(twins.batched.dbx)
    except REFUSED:
        assert twins.states()[0] == before
        return
    assert [_entry_result(entry, above) for entry in results] == singles(twins.single.dbx)
    first, second = twins.states()
    assert first == second


PATH_PAIRS = st.lists(
    st.tuples(existing(), st.one_of(plain_paths(), targets())), min_size=1, max_size=5
)


@given(histories(8), PATH_PAIRS, st.booleans(), st.sampled_from(["copy", "move"]))
def test_batch_of_copies_or_moves_equals_single_calls(history, wanted, autorename, kind):
    twins = Twins(history)
    ends = [tuple(map(twins.batched._path, both)) for both in wanted]
    _compare(
        twins,
        lambda dbx: getattr(batches, kind)(dbx, *ends, autorename=autorename),
        lambda dbx: [
            _single_result(getattr(dbx, f"files_{kind}_v2"), *both, autorename=autorename)
            for both in ends
        ],
        "relocation_error/",
    )


@given(histories(8), PATH_PAIRS, st.booleans(), st.sampled_from(["copy", "move"]))
def test_older_batch_route_carries_out_all_entries_or_none(history, wanted, autorename, kind):
    twins = Twins(history)
    ends = [tuple(map(twins.batched._path, both)) for both in wanted]
    before = twins.states()[0]
    dbx = twins.batched.dbx
    launch, check = (getattr(dbx, f"files_{kind}_batch{end}") for end in ("", "_check"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            status = batches.outcome(check, launch(batches.pairs(*ends), autorename=autorename))
        except REFUSED:
            assert twins.states()[0] == before
            return
    call = getattr(twins.single.dbx, f"files_{kind}_v2")
    results_of_calls = [_single_result(call, *both, autorename=autorename) for both in ends]
    failures = [each for each in results_of_calls if isinstance(each, str)]
    if failures:
        assert chain(status.get_failed()) == failures[0]
        assert twins.states()[0] == before
    else:
        assert [entry.metadata for entry in status.get_complete().entries] == results_of_calls
        first, second = twins.states()
        assert first == second


@given(histories(8), st.lists(existing(), max_size=5), st.data())
def test_batch_of_deletions_equals_single_calls(history, wanted, data):
    twins = Twins(history)
    revs = st.sampled_from([None, None, *twins.batched.known.rev[-3:]])
    args = [(twins.batched._path(path), data.draw(revs)) for path in wanted]
    _compare(
        twins,
        lambda dbx: batches.delete(dbx, *(files.DeleteArg(*arg) for arg in args)),
        lambda dbx: [_single_result(dbx.files_delete_v2, *arg) for arg in args],
    )


@given(histories(8), st.lists(st.one_of(plain_paths(), targets()), max_size=5), st.booleans())
def test_batch_of_new_folders_equals_single_calls(history, wanted, autorename):
    twins = Twins(history)
    asked = [twins.batched._path(path) for path in wanted]

    def singles(dbx):
        results_of_calls = {}
        for path in asked:  # a repeated path is created only once (F8-02)
            if fold(path) not in results_of_calls:
                result = _single_result(dbx.files_create_folder_v2, path, autorename=autorename)
                results_of_calls[fold(path)] = result
        return [results_of_calls[fold(path)] for path in asked]

    _compare(twins, lambda dbx: batches.create(dbx, *asked, autorename=autorename), singles)


PLANS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from([0, 0, 0, 1, 6]), targets(), st.booleans()),
    max_size=5,
)
MODES = st.sampled_from([WriteMode.add, WriteMode.overwrite])


@given(histories(8), st.lists(CONTENTS, min_size=1, max_size=4), PLANS, MODES)
def test_batch_of_finished_sessions_equals_single_calls(history, contents, plans, mode):
    twins = Twins(history)
    sessions = [
        (actor.dbx.files_upload_session_start(content, close=True).session_id, len(content))
        for content in contents
        for actor in (twins.batched, twins.single)
    ]

    def args(first):
        """Yield finish arguments: most offsets are right, some are a few bytes too far."""
        for number, off, path, autorename in plans:
            name, size = sessions[first::2][number % len(contents)]
            commit = CommitInfo(twins.batched._path(path), mode=mode, autorename=autorename)
            yield UploadSessionFinishArg(UploadSessionCursor(name, size + off), commit)

    _compare(
        twins,
        lambda dbx: dbx.files_upload_session_finish_batch_v2(list(args(0))).entries,
        lambda dbx: [
            _single_result(dbx.files_upload_session_finish, b"", arg.cursor, arg.commit)
            for arg in args(1)
        ],
    )


PERSONALITIES = st.builds(
    Personality,
    async_batches=st.sampled_from(["recorded", "always", "never"]),
    async_checks=st.integers(0, 3),
)


@given(st.lists(st.tuples(names(), names()), min_size=1, max_size=5), st.booleans(), PERSONALITIES)
def test_async_job_has_the_same_result_as_an_immediate_answer(ends, autorename, personality):
    ends = [(f"/{source}", f"/{target}") for source, target in ends]
    answers = []
    for service in (FakeDropboxService(), FakeDropboxService(0, personality)):
        service.seed_files({"/a": b"a", "/b/c": b"c"})
        try:
            answers.append(batches.copy(service.client(), *ends, autorename=autorename))
        except REFUSED as error:
            answers.append(type(error))
    assert answers[0] == answers[1]
