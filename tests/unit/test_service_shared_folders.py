"""Tests of `share_folder`, and of shared folders in the text of `tree`."""

import pytest
from tests.support.shared_folders import by_email, email

from fakedropbox import FakeDropboxService, Personality

FILES = {"/Docs/a.txt": b"a", "/c.txt": b""}


@pytest.fixture
def service():
    return FakeDropboxService(files=FILES)


@pytest.fixture
def bob(service):
    return service.accounts.create("bob@example.com", "Bob Smith")


def test_share_folder_puts_the_folder_among_the_files_of_its_members(service):
    folder = service.share_folder("/Docs", members=[service.accounts.create("bob@example.com")])
    owner, bob = service.accounts
    service.client(account=bob).files_upload(b"b", "/Docs/b.txt")
    assert service.files_of(owner) == {**FILES, "/Docs/b.txt": b"b"}
    assert service.files_of(bob) == {"/Docs/a.txt": b"a", "/Docs/b.txt": b"b"}
    assert service.client().files_get_metadata("/Docs").shared_folder_id == folder
    assert [call.route for call in service.calls] == ["files/upload", "files/get_metadata"]


def test_members_have_roles_and_may_have_to_mount_the_folder(service, bob):
    carol = service.accounts.create("carol@example.com")
    service.seed_files({"/new/x.txt": b"x"}, account=bob)
    folder = service.share_folder(
        "/New", account=bob, members=[(service.accounts.default, "viewer"), carol], mount=False
    )
    assert service.files_of(carol) == {}
    client = service.client(account=carol)
    users = client.sharing_list_folder_members(folder).users
    assert [user.access_type._tag for user in users] == ["owner", "viewer", "editor"]
    assert client.sharing_mount_folder(folder).path_display == "/new"
    assert service.files_of(carol) == {"/new/x.txt": b"x"}


def test_a_missing_folder_is_created_and_an_unverified_account_can_be_a_member(service):
    late = service.accounts.create("late@example.com", email_verified=False)
    service.share_folder("/a/Fresh", members=[(late, "viewer_no_comment")])
    assert service.tree(account=late) == (
        "/\n  Fresh/  shared by owner@example.com, with late@example.com (viewer_no_comment)"
    )


def test_the_lag_of_listings_does_not_hide_a_folder_shared_by_the_service():
    service = FakeDropboxService(
        files=FILES, personality=Personality(lag_entries=100, lag_seconds=3600)
    )
    bob = service.accounts.create("bob@example.com")
    service.share_folder("/Docs", members=[bob])
    listed = service.client(account=bob).files_list_folder("", recursive=True).entries
    assert [entry.path_display for entry in listed] == ["/Docs", "/Docs/a.txt"]


def test_a_folder_that_cannot_be_shared_is_a_value_error_and_changes_nothing(service, bob):
    other = FakeDropboxService(seed=1)
    owner = service.accounts.default
    full = service.accounts.create("full@example.com")
    service.set_quota(full, 0)
    late = service.accounts.create("late@example.com", email_verified=False)
    before = [service.tree(account=account) for account in service.accounts]
    for text, path, given in (
        ("path: expected paths that begin with a slash", "Docs", {}),
        ("path: Dropbox refuses '/': malformed_path", "/", {}),
        ("path: Dropbox refuses '/c.txt': bad_path/is_file", "/c.txt", {}),
        ("path: Dropbox refuses '/x': email_unverified", "/x", {"account": late}),
        ("account: expected one of this service", "/x", {"account": other.accounts.default}),
        ("members: expected accounts of this", "/x", {"members": [other.accounts.default]}),
        ("members: expected a role of .*, got 'owner'", "/x", {"members": [(bob, "owner")]}),
        ("and not the owner, got 'owner@example.com'", "/x", {"members": [owner]}),
        ("members: .*'bob@example.com' twice", "/x", {"members": [bob, (bob, "viewer")]}),
        ("'full@example.com': insufficient_quota", "/Docs", {"members": [bob, full]}),
    ):
        with pytest.raises(ValueError, match=text):
            service.share_folder(path, **given)
    for given in ({"members": 1}, {"members": "bob@example.com"}, {"members": [(bob, 1)]}):
        with pytest.raises(TypeError, match="members: expected"):
            service.share_folder("/x", **given)
    assert [service.tree(account=account) for account in service.accounts] == before
    service.share_folder("/Docs")
    with pytest.raises(ValueError, match="already_shared"):
        service.share_folder("/docs")


def test_the_owner_may_be_on_a_team(service):
    boss = service.accounts.create("boss@example.com", plan="business")
    service.share_folder("/x", account=boss, members=[service.accounts.default])
    assert "x/  shared by boss@example.com" in service.tree()


def test_the_tree_shows_mounts_and_members(service, bob):
    carol = service.accounts.create("carol@example.com")
    folder = service.share_folder("/Docs", members=[bob, (carol, "viewer")])
    service.share_folder("/Alone")
    dbx = service.client()
    dbx.sharing_add_folder_member(folder, [by_email("new@example.com")])
    service.client(account=carol).sharing_unmount_folder(folder)
    shared = (
        "Docs/  shared by owner@example.com, with bob@example.com (editor), "
        "carol@example.com (viewer, not mounted), new@example.com (viewer, invited)"
    )
    assert service.tree().splitlines() == [
        "/",
        f"  {shared}",
        "    a.txt  1 bytes",
        "  c.txt  0 bytes",
        "  Alone/  shared by owner@example.com",
    ]
    assert service.tree(account=carol) == f"/\nnot mounted: {shared}"
    service.client(account=bob).files_move_v2("/Docs", "/Renamed")
    assert "  Renamed/  shared by owner@example.com, with bob" in service.tree(account=bob)
    dbx.sharing_unmount_folder(folder)
    assert "Renamed/  shared by owner@example.com (not mounted), w" in service.tree(account=bob)


def test_the_tree_counts_the_members_of_a_large_folder(service):
    folder = service.share_folder("/Docs")
    added = [by_email(f"u{number:02}@example.com") for number in range(12)]
    service.client().sharing_add_folder_member(folder, added)
    (line,) = [line for line in service.tree().splitlines() if "Docs" in line]
    assert line.count("@example.com") == 11
    assert line.endswith("u09@example.com (viewer, invited), and 2 more")


def test_the_tree_shows_the_members_of_files_and_received_files(service, bob):
    dbx = service.client()
    before = service.tree()
    people = [email(f"u{number:02}@example.com") for number in range(11)]
    dbx.sharing_add_file_member("/Docs/a.txt", [email(bob.email), *people])
    (line,) = [line for line in service.tree().splitlines() if "a.txt" in line]
    assert line.startswith("    a.txt  1 bytes, shared with bob@example.com (viewer), u00@")
    assert line.endswith("u08@example.com (viewer, invited), and 2 more")
    received = "received: a.txt  1 bytes, shared by owner@example.com (viewer)"
    assert service.tree(account=bob) == f"/\n{received}"
    dbx.sharing_unshare_file("/Docs/a.txt")
    assert service.tree() == before
    assert service.tree(account=bob) == "/"


def test_a_snapshot_undoes_a_shared_folder(service, bob):
    snapshot = service.snapshot()
    folder = service.share_folder("/Docs", members=[bob])
    service.restore(snapshot)
    assert service.files_of(bob) == {}
    assert service.client(account=bob).sharing_list_folders().entries == []
    assert service.share_folder("/Docs", members=[bob]) == folder
