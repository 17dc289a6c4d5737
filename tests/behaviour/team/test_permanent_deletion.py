"""Tests of `files/permanently_delete`, which the app of a team may call for a member."""

import pytest
from dropbox.exceptions import BadInputError
from dropbox.files import WriteMode
from tests.support.doors import listed, paths, refusal
from tests.support.fingerprint import fingerprint

from fakedropbox import Personality


@pytest.mark.every_door
@pytest.mark.evidence("F8-06", "F8-15")
def test_permanent_deletion_erases_a_file_and_its_revisions(as_bob):
    first = as_bob.files_upload(b"1", "/a.txt")
    second = as_bob.files_upload(b"2", "/a.txt", mode=WriteMode.overwrite)
    cursor = as_bob.files_list_folder("").cursor
    assert as_bob.files_permanently_delete("/A.txt") is None
    assert listed(as_bob, include_deleted=True) == []
    assert paths(as_bob.files_list_folder_continue(cursor).entries) == ["/a.txt"]
    assert refusal(as_bob.files_list_revisions, "/a.txt") == "path/not_found"
    for rev in (first.rev, second.rev):
        assert refusal(as_bob.files_restore, "/a.txt", rev) == "invalid_revision"
        assert refusal(as_bob.files_get_metadata, f"rev:{rev}") == "path/not_found"
    assert as_bob.files_upload(b"3", "/a.txt").id != first.id


@pytest.mark.evidence("F8-15")
def test_a_folder_is_erased_with_what_was_deleted_in_it(as_bob):
    old = as_bob.files_upload(b"1", "/Docs/old.txt")
    as_bob.files_upload(b"1", "/Docs/Sub/new.txt")
    as_bob.files_delete_v2("/Docs/old.txt")
    kept = as_bob.files_upload(b"1", "/kept.txt")
    as_bob.files_delete_v2("/kept.txt")
    cursor = as_bob.files_list_folder("", recursive=True).cursor
    as_bob.files_permanently_delete("/Docs")
    shown = listed(as_bob, include_deleted=True, recursive=True)
    assert paths(shown) == ["/kept.txt"]
    changes = as_bob.files_list_folder_continue(cursor).entries
    assert paths(changes) == ["/Docs", "/Docs/Sub", "/Docs/Sub/new.txt"]
    assert refusal(as_bob.files_restore, "/Docs/old.txt", old.rev) == "invalid_revision"
    assert as_bob.files_restore("/kept.txt", kept.rev).id == kept.id


@pytest.mark.evidence("F8-15")
@pytest.mark.parametrize("name", ["/Docs/a.txt", "/Docs"])
def test_deleted_entries_can_be_deleted_permanently(as_bob, name):
    made = as_bob.files_upload(b"1", "/Docs/a.txt")
    cursor = as_bob.files_list_folder("", recursive=True).cursor
    as_bob.files_delete_v2(name)
    as_bob.files_permanently_delete(name)
    assert name not in paths(listed(as_bob, include_deleted=True, recursive=True))
    assert refusal(as_bob.files_restore, "/Docs/a.txt", made.rev) == "invalid_revision"
    assert name in paths(as_bob.files_list_folder_continue(cursor).entries)
    assert refusal(as_bob.files_permanently_delete, name) == "path_lookup/not_found"


@pytest.mark.evidence("F8-15")
def test_a_file_that_was_moved_away_keeps_its_revisions(as_bob):
    made = as_bob.files_upload(b"1", "/a.txt")
    as_bob.files_move_v2("/a.txt", "/b.txt")
    as_bob.files_upload(b"2", "/a.txt")
    as_bob.files_permanently_delete("/a.txt")
    assert as_bob.files_restore("/b.txt", made.rev).id == made.id


@pytest.mark.evidence("F8-15")
@pytest.mark.parametrize("names", [("/a.txt", "/b.txt"), ("/Docs/a.txt", "/Docs/b.txt")])
def test_a_file_that_was_deleted_at_another_path_keeps_its_revisions(as_bob, names):
    before, after = names
    made = as_bob.files_upload(b"1", before)
    moved = as_bob.files_move_v2(before, after).metadata
    as_bob.files_delete_v2(after)
    as_bob.files_permanently_delete(before)
    assert [each.rev for each in as_bob.files_list_revisions(after).entries] == [moved.rev]
    assert refusal(as_bob.files_permanently_delete, before) == "path_lookup/not_found"
    assert as_bob.files_restore(after, made.rev).id == made.id


@pytest.mark.evidence("F8-15")
@pytest.mark.parametrize("deleted", ["/In/a.txt", "/Out/a.txt"])
def test_a_file_that_was_deleted_in_a_shared_folder_keeps_its_revisions(
    service, as_bob, as_ada, bob, ada, deleted
):
    made = as_bob.files_upload(b"1", "/Out/a.txt")
    service.share_folder("/In", account=ada.account, members=[bob.account])
    as_bob.files_move_v2("/Out/a.txt", "/In/a.txt")
    if deleted == "/Out/a.txt":  # it was in the folder of Ada in between
        as_bob.files_move_v2("/In/a.txt", "/Out/a.txt")
    as_bob.files_delete_v2(deleted)
    other, eraser = ("/Out", as_bob) if deleted == "/In/a.txt" else ("/In", as_ada)
    eraser.files_permanently_delete(f"{other}/a.txt")
    assert as_bob.files_restore(deleted, made.rev).size == 1


@pytest.mark.evidence("F8-15")
def test_a_path_is_erased_with_all_files_that_were_deleted_there(as_bob):
    first = as_bob.files_upload(b"1", "/a.txt")
    as_bob.files_delete_v2("/a.txt")
    second = as_bob.files_upload(b"2", "/b.txt")
    as_bob.files_move_v2("/b.txt", "/a.txt")
    as_bob.files_permanently_delete("/a.txt")
    for rev in (first.rev, second.rev):
        assert refusal(as_bob.files_restore, "/a.txt", rev) == "invalid_revision"


@pytest.mark.evidence("F8-15", "F7-12")
def test_a_copy_reference_to_an_erased_revision_does_not_work(as_bob):
    rev = as_bob.files_upload(b"1", "/a.txt").rev
    as_bob.files_upload(b"22", "/a.txt", mode=WriteMode.overwrite)
    reference = as_bob.files_copy_reference_get(f"rev:{rev}").copy_reference
    as_bob.files_permanently_delete("/a.txt")
    assert refusal(as_bob.files_copy_reference_save, reference, "/b") == "not_found"


@pytest.mark.evidence("F8-04", "F8-15")
def test_a_refused_call_deletes_nothing(service, connect, as_bob, bob):
    as_bob.files_upload(b"1", "/Docs/a.txt")
    own = connect(service.logins.create(bob.account))
    before = fingerprint(service)
    rev = "0" * 16
    assert refusal(as_bob.files_permanently_delete, "/b.txt") == "path_lookup/not_found"
    refused = refusal(as_bob.files_permanently_delete, "/Docs/a.txt", parent_rev=rev)
    assert refused == "path_write/conflict/file"
    with pytest.raises(BadInputError, match="Your API app is not allowed"):
        own.files_permanently_delete("/Docs/a.txt")
    assert fingerprint(service) == before


def test_a_snapshot_brings_an_erased_file_back(service, as_bob):
    first = as_bob.files_upload(b"1", "/a.txt")
    as_bob.files_upload(b"2", "/a.txt", mode=WriteMode.overwrite)
    as_bob.files_upload(b"3", "/a.txt", mode=WriteMode.overwrite)
    as_bob.files_delete_v2("/a.txt")
    before, revisions = service.snapshot(), as_bob.files_list_revisions("/a.txt").entries
    as_bob.files_permanently_delete("/a.txt")
    service.restore(before)
    again = as_bob.files_list_revisions("/a.txt").entries
    assert [each.rev for each in again] == [each.rev for each in revisions]
    assert as_bob.files_restore("/a.txt", first.rev).size == 1


@pytest.mark.dropbox(personality=Personality(lag_entries=3, lag_seconds=5))
def test_an_erased_file_is_not_among_the_deleted_entries_of_a_lagging_listing(service, bob):
    client = service.team_client().as_user(bob.team_member_id)
    service.seed_files({"/a.txt": b"1", "/b.txt": b"1"}, account=bob.account)
    client.files_permanently_delete("/a.txt")
    client.files_delete_v2("/b.txt")
    client.files_permanently_delete("/b.txt")
    service.clock.advance(6)
    assert listed(client, include_deleted=True) == []


@pytest.mark.every_door
@pytest.mark.evidence("F8-16")
@pytest.mark.parametrize("path", ["/Docs", "/Above"])
def test_permanent_deletion_only_unmounts_a_shared_folder(service, as_bob, bob, ada, path):
    folder = service.share_folder("/Docs", account=bob.account, members=[ada.account])
    service.seed_files({"/Docs/a.txt": b"1"}, account=ada.account)
    if path == "/Above":
        as_bob.files_move_v2("/Docs", "/Above/Docs")
    cursor = as_bob.files_list_folder("").cursor
    as_bob.files_permanently_delete(path)
    assert paths(as_bob.files_list_folder_continue(cursor).entries) == [path]
    assert listed(as_bob, include_deleted=True) == []
    assert service.files_of(ada.account) == {"/Docs/a.txt": b"1"}
    assert as_bob.sharing_get_folder_metadata(folder).path_lower is None
    assert refusal(as_bob.files_permanently_delete, path) == "path_lookup/not_found"
    as_bob.sharing_mount_folder(folder)
    assert as_bob.files_download("/Docs/a.txt")[1].content == b"1"
