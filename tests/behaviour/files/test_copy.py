"""Tests of copies, of the deprecated first versions of routes, and of copy references."""

import warnings

import pytest
from dropbox.files import FolderMetadata, WriteMode
from tests.support.doors import changes, content, listed, paths, refusal


@pytest.fixture
def call_deprecated(dbx):
    """A function that calls a deprecated method of the SDK."""

    def call(name, *args, **kwargs):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return getattr(dbx, name)(*args, **kwargs)

    return call


@pytest.mark.evidence("F6.1-01", "F7-05")
def test_a_missing_parent_is_listed_before_the_folder_that_was_copied_into_it(dbx):
    dbx.files_create_folder_v2("/a")
    dbx.files_copy_v2("/a", "/parent/copy")
    dbx.files_move_v2("/parent/copy", "/copy")
    assert paths(dbx.files_list_folder("").entries) == ["/a", "/parent", "/copy"]


@pytest.mark.evidence("F7-01", "F10-10")
def test_a_copied_file_has_a_new_id_and_the_same_data(dbx, service):
    source = dbx.files_upload(b"x", "/a")
    service.clock.advance(10)
    copied = dbx.files_copy_v2("/a", "/b").metadata
    assert copied == dbx.files_get_metadata("/b")
    assert copied.id != source.id
    assert copied.rev > source.rev
    assert copied.client_modified == source.client_modified
    assert (copied.server_modified - source.server_modified).seconds == 10
    assert copied.content_hash == source.content_hash
    assert dbx.files_get_metadata("/a") == source


@pytest.mark.evidence("F7-01", "F7-05")
def test_a_folder_is_copied_with_everything_in_it(dbx):
    dbx.files_upload(b"x", "/A/B/c")
    dbx.files_create_folder_v2("/A/empty")
    cursor = dbx.files_list_folder("", recursive=True).cursor
    copied = dbx.files_copy_v2("/A", "/New/Copy").metadata
    assert isinstance(copied, FolderMetadata)
    below = ["/New/Copy/B", "/New/Copy/empty", "/New/Copy/B/c"]
    assert sorted(paths(listed(dbx, "/New/Copy", recursive=True))) == sorted([*below, "/New/Copy"])
    assert sorted(paths(changes(dbx, cursor)[0])) == sorted([*below, "/New/Copy", "/New"])
    assert content(dbx, "/new/copy/b/c") == b"x"
    ids = [entry.id for entry in listed(dbx, "", recursive=True)]
    assert len(set(ids)) == len(ids)


@pytest.mark.evidence("F7-03", "F4-14")
def test_a_copy_never_overwrites(dbx):
    dbx.files_upload(b"x", "/a.txt")
    dbx.files_create_folder_v2("/f.d")
    assert refusal(dbx.files_copy_v2, "/a.txt", "/f.d") == "to/conflict/folder"
    assert refusal(dbx.files_copy_v2, "/f.d", "/a.txt") == "to/conflict/file"
    assert dbx.files_copy_v2("/f.d", "/a.txt", autorename=True).metadata.name == "a.txt (1)"
    assert dbx.files_copy_v2("/a.txt", "/f.d", autorename=True).metadata.name == "f (1).d"
    dbx.files_upload(b"x", "/same")
    assert refusal(dbx.files_copy_v2, "/a.txt", "/same") == "to/conflict/file"  # F7-04


@pytest.mark.evidence("F7-06", "F7-07")
def test_a_copy_onto_or_into_itself_is_refused(dbx):
    dbx.files_upload(b"x", "/a/b")
    nested = "duplicated_or_nested_paths"
    for autorename in (False, True):
        for ends in [("/a", "/a"), ("/a/b", "/A/B"), ("/a", "/a/c"), ("/a", "/a/b/c")]:
            assert refusal(dbx.files_copy_v2, *ends, autorename=autorename) == nested
    assert refusal(dbx.files_copy_v2, "/a/b", "/a/b/c") == "to/conflict/file_ancestor"
    assert paths(listed(dbx, "", recursive=True)) == ["/a", "/a/b"]


@pytest.mark.evidence("F7-09")
def test_a_copy_is_refused_without_enough_quota(dbx, service):
    dbx.files_upload(b"abc", "/a/b")
    service.set_quota(service.accounts.default, 5)
    assert refusal(dbx.files_copy_v2, "/a", "/c") == "insufficient_quota"
    assert refusal(dbx.files_copy_v2, "/a/b", "/c") == "insufficient_quota"
    service.set_quota(service.accounts.default, 6)
    dbx.files_copy_v2("/a", "/c")


@pytest.mark.evidence("F7-09")
def test_a_copy_is_limited_to_ten_thousand_entries(service):
    service.seed_files({f"/full/{number}": b"" for number in range(10_000)})
    dbx = service.client()
    dbx.files_copy_v2("/full", "/copy")
    dbx.files_upload(b"", "/full/more")
    assert refusal(dbx.files_copy_v2, "/full", "/other") == "too_many_files"
    assert len(listed(dbx, "/copy")) == 10_000


@pytest.mark.evidence("F3.1-07", "F3.1-09")
def test_copy_accepts_ids_and_namespaces(dbx, service):
    file, folder = dbx.files_upload(b"x", "/a"), dbx.files_create_folder_v2("/F").metadata
    assert dbx.files_copy_v2(file.id, f"{folder.id}/B").metadata.path_display == "/F/B"
    namespace = service.accounts.default.namespace_id
    assert dbx.files_copy_v2(f"ns:{namespace}/a", "/c").metadata.path_display == "/c"
    assert refusal(dbx.files_copy_v2, "/a", "id:" + "A" * 22) == "to/malformed_path"
    assert refusal(dbx.files_copy_v2, "id:" + "A" * 22, "/b") == "from_lookup/not_found"


def test_scratch_undoes_the_copy_of_a_folder(dbx, service):
    dbx.files_upload(b"x", "/a/b")
    with service.scratch():
        dbx.files_copy_v2("/a", "/c")
        dbx.files_delete_v2("/a")
    assert service.tree() == "/\n  a/\n    b  1 bytes"
    assert dbx.users_get_space_usage().used == 1


@pytest.mark.evidence("F1.6-04")
def test_first_versions_of_routes_return_the_metadata_unwrapped(dbx, call_deprecated):
    folder = call_deprecated("files_create_folder", "/f")
    assert folder == dbx.files_get_metadata("/f")
    dbx.files_upload(b"x", "/f/a")
    copied = call_deprecated("files_copy", "/f/a", "/b")
    assert copied == dbx.files_get_metadata("/b")
    moved = call_deprecated("files_move", "/b", "/c")
    assert moved == dbx.files_get_metadata("/c")
    assert call_deprecated("files_delete", "/c") == moved
    assert refusal(call_deprecated, "files_create_folder", "/f") == "path/conflict/folder"
    assert refusal(call_deprecated, "files_copy", "/x", "/y") == "from_lookup/not_found"
    assert refusal(call_deprecated, "files_move", "/x", "/y") == "from_lookup/not_found"
    assert refusal(call_deprecated, "files_delete", "/x") == "path_lookup/not_found"


@pytest.mark.evidence("F1.6-04")
def test_first_versions_of_routes_except_create_folder_return_metadata_with_a_tag(wire):
    folder = wire.rpc("files/create_folder", {"path": "/f"}).json()
    assert list(folder) == ["name", "path_lower", "path_display", "id"]
    for route in ("copy", "move"):
        answer = wire.rpc(f"files/{route}", {"from_path": "/f", "to_path": f"/{route}"}).json()
        assert answer[".tag"] == "folder"
    assert wire.rpc("files/delete", {"path": "/copy"}).json()[".tag"] == "folder"


class TestCopyReferences:
    def save(self, dbx, reference, path="/saved"):
        return dbx.files_copy_reference_save(reference, path).metadata

    @pytest.mark.evidence("F7-12", "F2.1-07", "F7-01")
    def test_a_reference_can_be_saved_in_another_account(self, dbx, connect, service):
        source = dbx.files_upload(b"x", "/folder/a")
        other = connect(service.logins.create(service.accounts.create("other@example.com")))
        found = dbx.files_copy_reference_get("/folder")
        assert found.metadata == dbx.files_get_metadata("/folder")
        assert len(found.copy_reference) == 22
        assert found.expires.year == 2055
        assert self.save(other, found.copy_reference, "/new/saved").path_display == "/new/saved"
        saved = other.files_get_metadata("/new/saved/a")
        assert saved.client_modified == source.client_modified
        assert saved.id != source.id
        assert content(other, "/new/saved/a") == b"x"
        assert paths(listed(dbx)) == ["/folder"]

    @pytest.mark.evidence("F7-12")
    def test_saving_is_refused_for_bad_references_and_conflicts(self, dbx, connect, service):
        dbx.files_upload(b"x", "/a")
        dbx.files_create_folder_v2("/f")
        name = dbx.files_copy_reference_get("/a").copy_reference
        assert refusal(self.save, dbx, "x") == "invalid_copy_reference"
        assert refusal(self.save, dbx, name, "/a") == "path/conflict/file"
        assert refusal(self.save, dbx, name, "/f") == "path/conflict/folder"
        assert refusal(self.save, dbx, name, "/a/b") == "path/conflict/file_ancestor"
        assert refusal(self.save, dbx, name, "/a//b") == "path/malformed_path"
        assert refusal(self.save, dbx, name, "/.dropbox") == "path/disallowed_name"
        stranger = connect(service.logins.create(app=service.apps.create("stranger")))
        assert refusal(self.save, stranger, name) == "no_permission"
        service.set_quota(service.accounts.default, 1)
        assert refusal(self.save, dbx, name) == "path/insufficient_space"
        dbx.files_delete_v2("/a")
        assert refusal(self.save, dbx, name) == "not_found"
        assert refusal(dbx.files_copy_reference_get, "/a") == "path/not_found"

    def test_a_reference_follows_its_file_until_it_expires(self, dbx, service):
        file = dbx.files_upload(b"x", "/a")
        name = dbx.files_copy_reference_get(file.id).copy_reference
        dbx.files_move_v2("/a", "/b")
        assert self.save(dbx, name).size == 1
        with service.scratch():
            later = dbx.files_copy_reference_get("/b").copy_reference
        assert refusal(self.save, dbx, later) == "invalid_copy_reference"
        service.clock.advance(31 * 366 * 24 * 3600)
        assert refusal(self.save, dbx, name, "/c") == "invalid_copy_reference"

    @pytest.mark.evidence("F3.1-09")
    def test_a_reference_to_a_revision_keeps_that_revision(self, dbx, service):
        first = dbx.files_upload(b"x", "/a")
        service.clock.advance(9)
        dbx.files_upload(b"yy", "/a", mode=WriteMode.overwrite)
        found = dbx.files_copy_reference_get(f"rev:{first.rev}")
        assert found.metadata == first
        dbx.files_delete_v2("/a")
        saved = self.save(dbx, found.copy_reference, "/new/b")
        assert (saved.client_modified, content(dbx, "/new/b")) == (first.client_modified, b"x")
        assert refusal(dbx.files_copy_reference_get, "rev:123456789") == "path/not_found"
