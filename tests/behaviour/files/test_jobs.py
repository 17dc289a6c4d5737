"""Tests of asynchronous jobs: checks, access, expiry, and the personality."""

import re

import pytest
from dropbox.files import DeleteArg
from tests.support.batches import entries, pairs
from tests.support.doors import refusal

from fakedropbox import Personality

WEEK = 7 * 24 * 3600
IN_PROGRESS = {".tag": "in_progress"}

KINDS = {
    "copy_batch": "files_copy_batch_check",
    "copy_batch_v2": "files_copy_batch_check_v2",
    "move_batch": "files_move_batch_check",
    "move_batch_v2": "files_move_batch_check_v2",
    "create_folder_batch": "files_create_folder_batch_check",
    "delete_batch": "files_delete_batch_check",
    "upload_session_finish_batch": "files_upload_session_finish_batch_check",
}
WITHOUT_V2 = {"copy_batch", "move_batch", "upload_session_finish_batch"}
pytestmark = pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")


def launch(dbx, kind):
    """Start a batch of the given kind, such as `move_batch_v2`, and return the answer."""
    call = getattr(dbx, f"files_{kind}")
    if kind.startswith(("copy", "move")):
        return call(pairs(("/gone", "/there")))
    if kind == "create_folder_batch":
        return call(["/a", "/b"], force_async=True)
    return call([DeleteArg("/gone")] if kind == "delete_batch" else [])


@pytest.fixture
def job(dbx):
    return dbx.files_delete_batch([DeleteArg("/gone")]).get_async_job_id()


@pytest.mark.evidence("F2.1-05", "F10-15")
@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_starts_a_job_that_is_in_progress_at_the_first_check(dbx, kind):
    check = getattr(dbx, KINDS[kind])
    name = launch(dbx, kind).get_async_job_id()
    assert re.fullmatch(r"dbjid:AA[\w-]{86}", name)
    assert check(name).is_in_progress()
    done = check(name)
    assert not done.is_in_progress()
    assert check(name) == done  # a finished job can be checked again
    assert launch(dbx, kind).get_async_job_id() != name


@pytest.mark.evidence("F10-15")
def test_a_job_in_progress_and_a_complete_one_have_the_json_of_dropbox(wire):
    arg = {"entries": [{"from_path": "/gone", "to_path": "/b"}]}
    launched = wire.rpc("files/move_batch_v2", arg).json()
    assert list(launched) == [".tag", "async_job_id"]
    job = {"async_job_id": launched["async_job_id"]}
    assert wire.rpc("files/move_batch/check_v2", job).json() == IN_PROGRESS
    done = wire.rpc("files/move_batch/check_v2", job).json()
    assert list(done) == [".tag", "entries"]
    lookup = {".tag": "from_lookup", "from_lookup": {".tag": "not_found"}}
    error = {".tag": "relocation_error", "relocation_error": lookup}
    assert done["entries"] == [{".tag": "failure", "failure": error}]


def test_a_failed_batch_of_the_first_version_has_the_json_of_dropbox(wire):
    arg = {"entries": [{"from_path": "/gone", "to_path": "/b"}]}
    job = {"async_job_id": wire.rpc("files/move_batch", arg).json()["async_job_id"]}
    assert wire.rpc("files/move_batch/check", job).json() == IN_PROGRESS
    assert wire.rpc("files/move_batch/check", job).json() == {
        ".tag": "failed",
        "failed": {".tag": "from_lookup", "from_lookup": {".tag": "not_found"}},
    }


def test_the_changes_are_visible_before_the_first_check(dbx, service):
    dbx.files_upload(b"1", "/a")
    dbx.files_move_batch_v2(pairs(("/a", "/b")))
    assert service.files == {"/b": b"1"}


def test_the_result_of_a_job_does_not_show_later_changes(dbx, service):
    service.seed_files({"/a": b"1"})
    launched = dbx.files_copy_batch_v2(pairs(("/a", "/b")))
    copied = dbx.files_get_metadata("/b")
    dbx.files_delete_v2("/b")
    (result,) = entries(dbx.files_copy_batch_check_v2, launched)
    assert result.get_success() == copied
    result.get_success().name = "mine"
    (result,) = entries(dbx.files_copy_batch_check_v2, launched)
    assert result.get_success() == copied


@pytest.mark.evidence("F7-11")
@pytest.mark.parametrize("kind", KINDS)
def test_a_check_accepts_only_jobs_of_its_kind(dbx, kind):
    name = launch(dbx, kind).get_async_job_id()
    for other, check in KINDS.items():
        if other != kind:
            assert refusal(getattr(dbx, check), name) == "invalid_async_job_id"
    getattr(dbx, KINDS[kind])(name)


@pytest.mark.evidence("F7-11")
@pytest.mark.parametrize("name", ["x", "dbjid:", "dbjid:" + "A" * 88, "id:x", "\u00e9"])
def test_an_unknown_job_id_is_refused(dbx, name):
    for check in KINDS.values():
        assert refusal(getattr(dbx, check), name) == "invalid_async_job_id"


def test_an_empty_job_id_is_refused(wire):
    reply = wire.rpc("files/delete_batch/check", {"async_job_id": ""})
    assert reply.status_code == 400
    assert reply.text.endswith("async_job_id: '' must be at least 1 characters, got 0")


@pytest.mark.evidence("F7-11")
def test_a_job_belongs_to_its_account_and_app(dbx, connect, service, job):
    strangers = [
        service.logins.create(service.accounts.create("other@example.com")),
        service.logins.create(app=service.apps.create("other")),
    ]
    for login in strangers:
        assert refusal(connect(login).files_delete_batch_check, job) == "invalid_async_job_id"
    again = connect(service.logins.create())  # the same app in the same account
    assert again.files_delete_batch_check(job).is_in_progress()
    assert dbx.files_delete_batch_check(job).is_complete()


def test_a_job_expires_after_seven_days(dbx, service, job):
    service.clock.advance(WEEK - 1)
    dbx.files_delete_batch_check(job)
    assert dbx.files_delete_batch_check(job).is_complete()
    service.clock.advance(1)
    assert refusal(dbx.files_delete_batch_check, job) == "invalid_async_job_id"


def test_a_restore_brings_back_the_jobs_of_the_snapshot(dbx, service, job):
    with service.scratch():
        dbx.files_delete_batch_check(job)
        assert dbx.files_delete_batch_check(job).is_complete()
        later = dbx.files_copy_batch_v2(pairs(("/a", "/b"))).get_async_job_id()
    assert refusal(dbx.files_copy_batch_check_v2, later) == "invalid_async_job_id"
    assert dbx.files_delete_batch_check(job).is_in_progress()
    assert dbx.files_delete_batch_check(job).is_complete()


def test_service_reset_removes_all_jobs(dbx, service, job):
    service.reset()
    assert refusal(dbx.files_delete_batch_check, job) == "invalid_async_job_id"


class TestPersonality:
    @pytest.mark.dropbox(personality=Personality(async_checks=0))
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_job_is_done_at_the_first_check_with_async_checks_0(self, dbx, kind):
        status = getattr(dbx, KINDS[kind])(launch(dbx, kind).get_async_job_id())
        assert not status.is_in_progress()

    @pytest.mark.dropbox(personality=Personality(async_checks=3))
    def test_a_job_is_done_at_the_fourth_check_with_async_checks_3(self, dbx, job):
        in_progress = [dbx.files_delete_batch_check(job).is_in_progress() for _ in range(5)]
        assert in_progress == [True, True, True, False, False]

    @pytest.mark.dropbox(personality=Personality(async_batches="always"))
    def test_even_a_small_batch_starts_a_job_with_async_batches_always(self, dbx):
        assert dbx.files_create_folder_batch(["/a"]).is_async_job_id()
        assert dbx.files_delete_batch([]).is_async_job_id()

    @pytest.mark.dropbox(personality=Personality(async_batches="never"))
    @pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in WITHOUT_V2])
    def test_the_latest_batch_routes_start_no_job_with_async_batches_never_unless_forced(
        self, dbx, kind
    ):
        launched = launch(dbx, kind)
        assert launched.is_async_job_id() == (
            kind == "create_folder_batch"
        )  # `launch` calls it with force_async
        assert dbx.files_create_folder_batch([f"/{n}" for n in range(200)]).is_complete()

    def test_invalid_values_of_async_checks_and_async_batches_are_refused(self):
        with pytest.raises(ValueError, match="async_checks: expected at least 0, got -1"):
            Personality(async_checks=-1)
        with pytest.raises(ValueError, match="async_batches: expected one of 'recorded'"):
            Personality(async_batches="sometimes")


@pytest.mark.dropbox(scopes=["files.metadata.read"])
def test_batches_and_checks_need_their_scopes(dbx):
    with pytest.raises(Exception, match="missing_scope"):
        dbx.files_delete_batch([])
    with pytest.raises(Exception, match="missing_scope"):
        dbx.files_delete_batch_check("dbjid:x")
