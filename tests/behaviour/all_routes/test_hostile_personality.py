"""Tests of the `hostile` personality: lag, resets and failures stay within their limits."""

from collections import Counter
from itertools import chain as chain_of
from itertools import groupby, pairwise

import pytest
from dropbox.exceptions import ApiError, HttpError, RateLimitError
from dropbox.files import RelocationPath, WriteMode
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.doors import chain, listed, paths, refusal, rest_of
from tests.support.mirror import Mirror
from tests.support.operations import Actor, histories

from fakedropbox import FakeDropboxService, Personality

SEEDED = [f"/{number}" for number in range(4)]
LAGGING = Personality(lag_entries=3, lag_seconds=10)


def journal(service):
    """Return the journal of all changes."""
    (tree,) = service.gate.world.files.trees.values()
    return list(tree.journal)


@pytest.mark.evidence("F9-08")
@pytest.mark.dropbox(personality=LAGGING, files={"/seeded": b""})
class TestLag:
    @pytest.mark.dropbox(files=dict.fromkeys(SEEDED, b""))
    def test_seeded_files_are_listed_without_a_lag(self, dbx):
        assert paths(listed(dbx)) == SEEDED

    def test_a_second_account_can_list_several_pages(self, service):
        account = service.accounts.create("other@example.com")
        service.seed_files(dict.fromkeys(SEEDED, b""), account=account)
        other = service.client(account=account)
        assert paths(listed(other, limit=1)) == SEEDED

    def test_a_new_cursor_is_not_behind_an_earlier_one_after_a_restore(self, dbx, service):
        for number in range(12):
            dbx.files_create_folder_v2(f"/{number}")
            with service.scratch():
                for _ in range(7):
                    cursor = dbx.files_list_folder_get_latest_cursor("").cursor
                cursor = dbx.files_list_folder(f"/{number}").cursor
            assert dbx.files_list_folder_continue(cursor).entries == []

    @pytest.mark.evidence("F6.2-08", "F6.1-08")
    @pytest.mark.parametrize("deleted_children", [True, False])
    def test_tombstones_are_listed_after_the_lag(self, deleted_children):
        answers = []
        for lag in ({}, {"lag_entries": 3, "lag_seconds": 10}):
            personality = Personality(deleted_children=deleted_children, **lag)
            service = FakeDropboxService(personality=personality, files={"/a/b/c": b"", "/d": b""})
            dbx = service.client()
            dbx.files_delete_v2("/a")
            dbx.files_move_v2("/d", "/e")
            service.clock.advance(10)
            answers.append(listed(dbx, recursive=True, include_deleted=True))
        assert answers[0] == answers[1]
        assert len(answers[0]) == 5

    def test_a_listing_lags_within_its_limits_and_never_goes_back(self, dbx):
        ends = set()
        for round_ in range(30):
            folder = f"/{round_}"
            dbx.files_create_folder_v2(folder)
            for number in range(6):
                dbx.files_upload(b"", f"{folder}/{number}")
            lengths = [len(listed(dbx, folder)) for _ in range(7)]
            assert lengths == sorted(lengths)
            assert lengths[0] >= 3  # at most `lag_entries` behind
            assert lengths[6] == 6
            # Two listings later, at least one more entry is shown.
            assert all(a < b or b == 6 for a, b in zip(lengths, lengths[2:], strict=False))
            ends.add(lengths[0])
        assert ends == {3, 4, 5, 6}

    def test_a_listing_is_complete_after_lag_seconds(self, dbx, service):
        for number in range(3):
            dbx.files_upload(b"", f"/{number}")
        service.clock.advance(10)
        assert len(listed(dbx)) == 4

    def test_a_lagging_listing_shows_an_earlier_revision(self, dbx, service):
        old = [dbx.files_upload(b"1", "/a")]
        service.clock.advance(10)
        listed(dbx)
        old.append(dbx.files_upload(b"2", "/a", mode=WriteMode.overwrite))
        old.append(dbx.files_upload(b"3", "/a", mode=WriteMode.overwrite))
        seen = [listed(dbx)[-1] for _ in range(5)]
        assert all(entry in old for entry in seen)
        assert seen[-1] == old[-1] == dbx.files_get_metadata("/a")

    def test_reads_new_folders_and_deletions_by_path_have_no_lag(self, dbx):
        dbx.files_upload(b"x", "/a")
        assert dbx.files_get_metadata("/a").size == 1
        assert dbx.files_download("/a")[1].content == b"x"
        assert refusal(dbx.files_create_folder_v2, "/a") == "path/conflict/file"
        dbx.files_delete_v2("/a")
        assert refusal(dbx.files_get_metadata, "/a") == "path/not_found"

    @pytest.mark.evidence("F9-06")
    def test_a_listing_shows_a_move_completely_or_not_at_all(self, dbx):
        for number in range(8):
            dbx.files_upload(b"", f"/a/{number}")
        for _ in range(7):
            listed(dbx)
        for here, there in [("/a", "/b"), ("/b", "/a")] * 6:
            while True:
                try:
                    dbx.files_move_v2(here, there)
                except ApiError:
                    continue
                break
            found = paths(listed(dbx, "", recursive=True))
            assert len(found) == 10
            assert ("/a" in found) != ("/b" in found)

    @pytest.mark.parametrize("relocate", ["files_move_v2", "files_copy_v2"])
    def test_a_move_or_copy_may_fail_to_find_a_new_file_at_first(self, dbx, service, relocate):
        refused, tags = Counter(), set()
        for number in range(20):
            dbx.files_upload(b"x", f"/{number}")
            before = service.files, journal(service)
            for attempt in range(7):
                try:
                    getattr(dbx, relocate)(f"/{number}", f"/moved/{number}")
                    break
                except ApiError as error:
                    tags.add(chain(error.error))
                    refused[attempt] += 1
                assert (service.files, journal(service)) == before
            else:
                pytest.fail(f"/{number}: still not found at the seventh attempt")
        assert tags == {"from_lookup/not_found"}
        assert 0 < refused[0] < 20
        assert not refused[6]

    def test_get_metadata_may_fail_to_find_a_new_id_at_first(self, dbx):
        answers = Counter()
        for number in range(20):
            meta = dbx.files_create_folder_v2(f"/{number}").metadata
            for _ in range(7):
                try:
                    answers[dbx.files_get_metadata(meta.id).name == str(number)] += 1
                    break
                except ApiError as error:
                    answers[chain(error.error)] += 1
            else:
                pytest.fail(f"/{number}: its id is still unknown at the seventh attempt")
        assert answers[True] == 20
        assert answers["path/not_found"]

    def test_a_lagging_cursor_reports_each_change_once_and_in_order(self, dbx):
        cursor = dbx.files_list_folder_get_latest_cursor("").cursor
        reported = []
        for number in range(20):
            dbx.files_upload(b"", f"/{number}")
            page = dbx.files_list_folder_continue(cursor)
            reported += paths(page.entries)
            cursor = page.cursor
        for _ in range(6):
            entries, cursor = rest_of(dbx, dbx.files_list_folder_continue(cursor))
            reported += paths(entries)
        assert reported == [f"/{number}" for number in range(20)]

    def test_the_lag_is_the_same_after_a_restore(self, dbx, service):
        for number in range(20):
            dbx.files_upload(b"", f"/{number}")
            with service.scratch():
                first = [paths(listed(dbx)) for _ in range(3)]
            assert paths(listed(dbx)) == first[0]

    @pytest.mark.evidence("F6.3-01")
    def test_longpoll_lags_like_continue(self, dbx):
        cursor = dbx.files_list_folder_get_latest_cursor("").cursor
        dbx.files_upload(b"", "/a")
        assert dbx.files_list_folder_longpoll(
            cursor
        ).changes  # the poll lasts until the lag is over
        assert paths(dbx.files_list_folder_continue(cursor).entries) == ["/a"]

    @pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")
    @pytest.mark.parametrize(
        "batch", ["copy_batch_v2", "move_batch_v2", "copy_batch", "move_batch"]
    )
    def test_an_entry_of_a_batch_may_use_the_result_of_an_earlier_entry(self, dbx, service, batch):
        steps = ["/seeded", *(f"/{number}" for number in range(8))]
        ends = [RelocationPath(*pair) for pair in pairwise(steps)]
        getattr(dbx, f"files_{batch}")(ends)
        assert "/7" in service.files

    @pytest.mark.dropbox(personality=LAGGING, app_folder="Mine")
    def test_a_listing_of_an_app_folder_lags_too(self, dbx):
        dbx.files_upload(b"x", "/a/b")
        for _ in range(5):
            found = paths(listed(dbx, "", recursive=True))
            assert found in ([], ["/a"], ["/a", "/a/b"])
        assert found == ["/a", "/a/b"]


@pytest.mark.evidence("F9-08", "F9-06")
@given(
    before=histories(6),
    history=histories(12),
    personality=st.builds(
        Personality,
        lag_entries=st.sampled_from([1, 3, 40]),
        lag_seconds=st.sampled_from([1, 10]),
        deleted_children=st.booleans(),
    ),
    seed=st.integers(0, 5),
)
def test_a_lagging_listing_is_an_earlier_state_within_the_lag(before, history, personality, seed):
    service = FakeDropboxService(seed, personality)
    (view,) = service.gate.world.files.views.values()
    tree, states = view.tree, []

    def record_state():
        nodes = [node for node in tree.subtree(tree.root) if node.parent is not None]
        state = {view.paths(node)[0]: (tree.id_text(node), revision(node)) for node in nodes}
        states.append((len(tree.journal), state))

    def revision(node):
        return tree.rev_text(node.rev) if hasattr(node, "rev") else None

    log = tree.log

    def log_and_record(entry, rev):
        log(entry, rev)
        record_state()

    record_state()
    tree.log = (
        log_and_record  # to record the state after each change, because a call may make several
    )
    dbx = service.client()
    actor, last_shown = Actor(dbx, service), 0
    for op in [*before, *history]:
        actor.do(op)
        record_state()
        page = dbx.files_list_folder("", recursive=True, limit=2000)
        found = {e.path_lower: (e.id, getattr(e, "rev", None)) for e in page.entries}
        least = len(tree.journal) - personality.lag_entries
        matching = [
            index
            for index, (length, state) in enumerate(states)
            if index >= last_shown and length >= least and state == found
        ]
        assert matching
        last_shown = matching[0]


FORGETFUL = Personality(reset_one_in=5)


@pytest.mark.evidence("F6.2-02")
@pytest.mark.dropbox(personality=FORGETFUL, files={f"/{number}": b"" for number in range(8)})
class TestCursorResets:
    def outcomes(self, dbx, call, times=50):
        for _ in range(times):
            cursor = dbx.files_list_folder_get_latest_cursor("").cursor
            try:
                call(cursor)
                yield "ok"
            except ApiError as error:
                yield chain(error.error)

    @pytest.mark.parametrize("route", ["continue", "longpoll"])
    def test_one_call_in_five_resets_the_cursor(self, dbx, service, route):
        dbx.files_upload(b"", "/new")  # so that longpoll has a change to report
        found = list(self.outcomes(dbx, getattr(dbx, f"files_list_folder_{route}")))
        assert Counter(found) == {"ok": 40, "reset": 10}
        assert max(len(list(run)) for outcome, run in groupby(found) if outcome == "reset") <= 2
        recorded = [call.outcome for call in service.calls.of(f"files/list_folder/{route}")]
        assert recorded == found

    def test_a_listing_not_read_to_its_end_is_never_reset(self, dbx):
        for _ in range(10):
            page = dbx.files_list_folder("", limit=1)
            for _ in range(7):
                page = dbx.files_list_folder_continue(page.cursor)
            assert not page.has_more

    def test_a_malformed_cursor_is_always_refused_as_invalid(self, dbx):
        for _ in range(12):
            with pytest.raises(Exception, match="Invalid"):
                dbx.files_list_folder_continue("garbage")


FAILING = Personality(fail_one_in=4)


@pytest.mark.dropbox(personality=FAILING)
class TestFailures:
    @pytest.mark.evidence("F1.5-06", "F1.5-07", "F1.5-08", "F9-01", "F9-02")
    def test_one_write_in_four_fails_and_changes_nothing(self, connect, service):
        dbx = connect(max_retries_on_error=0, max_retries_on_rate_limit=0)
        counts = Counter()
        for number in range(200):
            before = service.files, journal(service)
            try:
                dbx.files_upload(b"x", f"/{number}")
                counts["ok"] += 1
                continue
            except ApiError as error:
                counts[chain(error.error)] += 1
            except RateLimitError as error:
                counts[error.error.reason._tag] += 1
            except HttpError as error:
                counts[error.status_code] += 1
            assert (service.files, journal(service)) == before
        assert counts.pop("ok") == 150  # exactly one in four fails
        assert set(counts) == {
            *(500, 503, "too_many_requests", "too_many_write_operations"),
            "path/too_many_write_operations",
        }
        outcomes = Counter(call.outcome for call in service.calls.of("files/upload"))
        assert outcomes == {"ok": 150} | {str(error): count for error, count in counts.items()}

    @pytest.mark.evidence("F9-02", "F4.1-10")
    def test_at_most_one_entry_of_a_copy_batch_fails(self, connect, service):
        dbx = connect()
        numbers_of_failures = Counter()
        for number in range(60):
            ends = [RelocationPath(f"/{number}/{name}", f"/to/{number}{name}") for name in "abc"]
            service.seed_files({each.from_path: b"x" for each in ends})
            launched = dbx.files_copy_batch_v2(ends)
            job = launched.get_async_job_id()
            while (found := dbx.files_copy_batch_check_v2(job)).is_in_progress():
                pass
            entries = found.get_complete().entries
            tags = {chain(entry.get_failure()) for entry in entries if entry.is_failure()}
            numbers_of_failures[sum(entry.is_failure() for entry in entries)] += 1
            assert tags <= {"too_many_write_operations"}
        assert set(numbers_of_failures) == {0, 1}

    def test_at_most_one_entry_of_a_batch_fails_even_with_glob_characters_in_names(self, connect):
        dbx = connect()
        numbers_of_failures = Counter()
        for number in range(60):
            names = [f"/{number}{name}" for name in ("*", "?", "[!x]", "ab")]
            done = dbx.files_create_folder_batch(names).get_complete().entries
            numbers_of_failures[sum(entry.is_failure() for entry in done)] += 1
        assert set(numbers_of_failures) == {0, 1}

    def test_a_read_fails_with_any_of_three_errors_and_the_sdk_retries_it(self, connect, service):
        service.seed_files({"/a": b""})
        dbx = connect()  # the SDK itself retries
        for _ in range(150):
            dbx.files_get_metadata("/a")
        found = [call.outcome for call in service.calls.of("files/get_metadata")]
        assert set(found) == {"ok", "500", "503", "too_many_requests"}
        runs = [
            len(list(run))
            for failed, run in groupby(outcome != "ok" for outcome in found)
            if failed
        ]
        assert max(runs) <= 2
        assert found.count("ok") == 150

    def test_one_call_in_four_fails_for_each_route(self, dbx, service):
        for number in range(60):
            dbx.users_get_space_usage()
            if number % 3 == 0:
                dbx.users_get_current_account()
        for route in ("users/get_space_usage", "users/get_current_account"):
            failed = [call.outcome != "ok" for call in service.calls.of(route)]
            windows = [failed[at : at + 4] for at in range(0, len(failed) - 3, 4)]
            assert all(sum(window) == 1 for window in windows)

    def test_planned_faults_come_before_random_failures(self, connect, service):
        dbx = connect(max_retries_on_error=0, max_retries_on_rate_limit=0)
        service.faults.server_error("files/create_folder_v2", 502, times=12)
        for _ in range(12):
            with pytest.raises(HttpError) as caught:
                dbx.files_create_folder_v2("/a")
            assert caught.value.status_code == 502

    def test_the_failures_are_the_same_after_a_restore(self, connect, service):
        dbx = connect(max_retries_on_error=0, max_retries_on_rate_limit=0)

        def outcomes_and_files():
            for number in range(30):
                try:
                    dbx.files_upload(b"x", f"/{number}")
                except (ApiError, HttpError, RateLimitError):
                    continue
            return [call.outcome for call in service.calls], sorted(service.files)

        with service.scratch():
            first = outcomes_and_files()
        assert outcomes_and_files() == first


class RetryingClient:
    """A client that retries failed writes, and starts a new listing after a reset."""

    def __init__(self, dbx, service):
        self.dbx = dbx
        self.service = service
        self.mirror, self.cursor = None, None

    def write(self, call, *args, **options):
        """Call a writing method, with at most two retries after `too_many_write_operations`."""
        for _ in range(3):
            try:
                return call(*args, **options)
            except ApiError as error:
                tags = chain(error.error)
                if "too_many_write_operations" not in tags:
                    return tags
        raise AssertionError("too_many_write_operations at three attempts in a row")

    def read(self):
        """Update the mirror, and start again with a new listing after a reset."""
        for _ in range(6):
            try:
                return self._read_on()
            except ApiError as error:
                if chain(error.error) != "reset":
                    raise
                self.mirror = None
        raise AssertionError("the cursor was reset at six attempts in a row")

    def _read_on(self):
        if self.mirror is None:
            self.mirror = Mirror()
            page = self.dbx.files_list_folder("", recursive=True)
        else:
            page = self.dbx.files_list_folder_continue(self.cursor)
        self.mirror.apply(page.entries)
        entries, self.cursor = rest_of(self.dbx, page)
        self.mirror.apply(entries)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("files_upload"), st.sampled_from([b"x", b"y"]), st.sampled_from("abcd")),
        st.tuples(st.just("files_delete_v2"), st.sampled_from("abcd")),
        st.tuples(st.just("files_move_v2"), st.sampled_from("abcd"), st.sampled_from("abcd")),
        st.tuples(st.just("read")),
    ),
    max_size=20,
)


def converge(steps, seed):
    service = FakeDropboxService(seed, Personality.hostile)
    client = RetryingClient(service.client(), service)
    for kind, *args in steps:
        if kind == "read":
            client.read()
        elif kind == "files_upload":
            path = f"/{args[1]}/f"
            client.write(client.dbx.files_upload, args[0], path, mode=WriteMode.overwrite)
        else:
            client.write(getattr(client.dbx, kind), *[f"/{name}" for name in args])
    service.clock.advance(Personality.hostile.lag_seconds)
    client.read()
    client.read()
    (view,) = service.gate.world.files.views.values()
    nodes = [node for node in view.tree.subtree(view.tree.root) if node.parent is not None]
    assert {path: entry[1] for path, entry in client.mirror.entries.items()} == {
        view.paths(node)[0]: view.tree.id_text(node) for node in nodes
    }


@pytest.mark.evidence("F6.2-02", "F6.2-09", "F9-02", "F9-08")
@given(steps=STEPS, seed=st.integers(0, 50))
def test_a_retrying_client_ends_with_the_right_mirror(steps, seed):
    converge(steps, seed)


@pytest.mark.campaign
@settings(max_examples=5000)
@given(
    steps=st.lists(STEPS, max_size=6).map(lambda each: [*chain_of.from_iterable(each)]),
    seed=st.integers(0, 999),
)
def test_a_retrying_client_ends_with_the_right_mirror_after_long_histories(steps, seed):
    converge(steps, seed)
