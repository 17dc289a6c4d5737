"""Tests of refused requests for shared folders, which change nothing, and of moved folders."""

import pytest
from dropbox.files import RelocationPath
from tests.support.doors import refusal
from tests.support.shared_folders import by_email, by_id, share

from fakedropbox import FakeDropboxService, Personality

FILES = {"/Docs/deep/a.txt": b"a", "/c.txt": b"c"}
pytestmark = pytest.mark.dropbox(files=FILES)


def changed_since(service, mark):
    return service.gate.world.files.undo.changed_since(mark)


def mark(service):
    return service.gate.world.files.undo.mark()


# Many members


@pytest.mark.untraced
@pytest.mark.parametrize("many", [5_000, pytest.param(100_000, marks=pytest.mark.campaign)])
@pytest.mark.evidence("S11-19", "S11-11", "S10-01")
def test_one_unknown_account_among_many_members_adds_nobody(many):
    service = FakeDropboxService(files=FILES)
    dbx = service.client()
    folder = share(dbx).shared_folder_id
    addresses = [by_email(f"u{number}@example.com") for number in range(many)]
    before = mark(service)
    given = [*addresses, by_id("dbid:none")]
    assert refusal(dbx.sharing_add_folder_member, folder, given) == "bad_member/invalid_dropbox_id"
    assert not changed_since(service, before)
    page = dbx.sharing_list_folder_members(folder)
    assert (len(page.users), page.invitees, page.cursor) == (1, [], None)
    dbx.sharing_add_folder_member(folder, addresses)
    page = dbx.sharing_list_folder_members(folder)
    assert (len(page.users), len(page.invitees)) == (1, 999)
    assert page.cursor is not None


# Folders that must not contain each other


@pytest.fixture
def circle(dbx, friends, friend, service):
    """The ids of two folders: each account has mounted the other account's folder as an editor."""
    service.seed_files({"/theirs/b.txt": b"b"}, account=friend)
    owner = service.accounts.default
    own = service.share_folder("/Docs", members=[friend])
    theirs = service.share_folder("/theirs", account=friend, members=[owner])
    return own, theirs


@pytest.mark.evidence("S13-18", "S8-11", "F7-07")
def test_shared_folders_cannot_contain_each_other(dbx, friends, circle, service):
    before = mark(service)
    for client in (dbx, friends):
        for source, target in (("/Docs", "/theirs/x"), ("/theirs", "/Docs/x")):
            assert refusal(client.files_move_v2, source, target) == "cant_nest_shared_folder"
        for path in ("/Docs", "/theirs"):
            into_itself = refusal(client.files_move_v2, path, f"{path}/x")
            assert into_itself == "duplicated_or_nested_paths"
            assert refusal(client.sharing_share_folder, path).startswith("bad_path/already_shared")
            inside = refusal(client.sharing_share_folder, f"{path}/x")
            assert inside == "bad_path/inside_shared_folder"
    assert not changed_since(service, before)


@pytest.mark.evidence("S8-11", "S13-18")
def test_a_folder_with_mounts_cannot_be_shared_or_moved_into_a_shared_folder(
    dbx, friends, circle, service
):
    friends.files_move_v2("/Docs", "/around/Docs")
    before = mark(service)
    assert refusal(friends.sharing_share_folder, "/around") == "bad_path/contains_shared_folder"
    nested = refusal(friends.files_move_v2, "/around", "/theirs/around")
    assert nested == "cant_nest_shared_folder"
    assert refusal(friends.files_move_v2, "/around", "/around/Docs/x").endswith("nested_paths")
    assert not changed_since(service, before)


# A folder that is moved


@pytest.mark.evidence("S8-22", "S13-17", "S8-02")
def test_sharing_and_moving_a_folder_at_the_same_time_loses_no_file():
    """Check that the moved folder is shared, or that a new one is shared at its old path."""
    service = FakeDropboxService(files=FILES)
    dbx = service.client()

    def sharing():
        return share(dbx).path_lower

    def moving():
        return dbx.files_move_v2("/Docs", "/New").metadata.path_lower

    def outcome(run):
        owner = run.service.client()
        (folder,) = owner.sharing_list_folders().entries
        return run.results, tuple(sorted(run.service.files)), folder.path_lower

    pytest.importorskip("greenlet")
    from fakedropbox.simulate import interleavings  # needs the extra `simulate`

    report = interleavings(
        [sharing, moving], check=lambda _: None, service=service, outcome=outcome
    )
    results, paths = ("/docs", "/new"), ("/New/deep/a.txt", "/c.txt")
    assert set(report.outcomes) == {
        (results, paths, "/new"),  # shared, then moved
        (results, paths, "/docs"),  # moved, then shared: a new folder
    }


@pytest.mark.evidence("S8-02", "F7-10")
def test_a_folder_whose_move_is_a_job_is_shared_at_its_new_path():
    service = FakeDropboxService(
        files=FILES, personality=Personality(async_batches="always", async_checks=2)
    )
    dbx = service.client()
    moving = dbx.files_move_batch_v2([RelocationPath("/Docs", "/New")]).get_async_job_id()
    assert refusal(dbx.files_get_metadata, "/Docs") == "path/not_found"
    sharing = dbx.sharing_share_folder("/New").get_async_job_id()
    checks = [dbx.sharing_check_share_job_status(sharing) for _ in range(3)]
    assert [each._tag for each in checks] == ["in_progress", "in_progress", "complete"]
    assert checks[-1].get_complete().path_lower == "/new"
    (moved,) = [dbx.files_move_batch_check_v2(moving) for _ in range(3)][-1].get_complete().entries
    assert moved.is_success()
    assert service.files == {"/New/deep/a.txt": b"a", "/c.txt": b"c"}
