"""Tests of `list_folder`: order, pages, deleted entries, and arguments."""

import pytest
from dropbox.exceptions import BadInputError
from dropbox.files import DeletedMetadata, FileMetadata, LockFileArg, WriteMode
from stone.backends.python_rsrc.stone_validators import ValidationError
from tests.support.doors import listed, newer_sdk, paths, refusal, rest_of, rows

from fakedropbox import Personality

OVERWRITE = WriteMode.overwrite
RECURSIVE = {"recursive": True}
DELETED = {"recursive": True, "include_deleted": True}


@pytest.fixture
def tree(dbx):
    """A client with a few folders and files, not created in alphabetical order."""
    for path in ("/z.txt", "/b/file", "/a/x/deep", "/a/b", "/c.txt"):
        dbx.files_upload(path.encode(), path)
    dbx.files_create_folder_v2("/empty")
    return dbx


@pytest.mark.evidence("F10-06", "F6.1-01")
def test_folders_are_listed_before_files_in_order_of_creation(tree):
    assert rows(listed(tree)) == [
        ("folder", "/b"),
        ("folder", "/a"),
        ("folder", "/empty"),
        ("file", "/z.txt"),
        ("file", "/c.txt"),
    ]


CHANGES = {
    "an overwrite": lambda dbx: dbx.files_upload(b"new", "/z.txt", mode=OVERWRITE),
    "an overwrite in another case": lambda dbx: dbx.files_upload(b"", "/Z.TXT", mode=OVERWRITE),
    "a rename": lambda dbx: dbx.files_move_v2("/z.txt", "/new.txt"),
    "a move": lambda dbx: dbx.files_move_v2("/b/file", "/file"),
    "a copy": lambda dbx: dbx.files_copy_v2("/z.txt", "/copy.txt"),
    "a restore": lambda dbx: dbx.files_restore(
        "/z.txt", dbx.files_list_revisions("/z.txt", limit=2).entries[1].rev
    ),
}


@pytest.mark.evidence("F6.1-01")
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("recursive", [False, True])
def test_a_changed_file_goes_to_the_end_of_the_listing(tree, change, recursive):
    tree.files_upload(b"2", "/z.txt", mode=OVERWRITE)
    tree.files_upload(b"other", "/last.txt")
    listed(tree, recursive=recursive)  # so that the order is cached when the file is changed
    changed = CHANGES[change](tree)
    changed = getattr(changed, "metadata", changed)
    names = paths(listed(tree, recursive=recursive))
    assert names[-2:] == ["/last.txt", changed.path_display]
    assert names.count(changed.path_display) == 1


@pytest.mark.evidence("F6.1-01")
def test_a_restored_file_goes_to_the_end_of_the_listing(tree):
    before = tree.files_get_metadata("/z.txt")
    tree.files_delete_v2("/z.txt")
    tree.files_restore("/z.txt", before.rev)
    assert paths(listed(tree))[-2:] == ["/c.txt", "/z.txt"]


@pytest.mark.evidence("F6.1-01")
@pytest.mark.dropbox(personality=Personality(lock_of_unshared_file="granted"))
def test_tags_locks_and_unchanged_uploads_keep_the_place_in_the_listing(tree):
    before = paths(listed(tree))
    tree.files_tags_add("/z.txt", "tag")
    tree.files_lock_file_batch([LockFileArg("/z.txt")])
    assert tree.files_get_metadata("/z.txt").file_lock_info.is_lockholder
    tree.files_upload(b"/z.txt", "/z.txt", mode=OVERWRITE)  # the same data
    assert paths(listed(tree)) == before


@pytest.mark.evidence("F6.1-01")
def test_a_moved_folder_keeps_its_place_and_its_files_go_to_the_end(tree):
    tree.files_move_v2("/b", "/moved")
    assert paths(listed(tree)) == ["/moved", "/a", "/empty", "/z.txt", "/c.txt"]
    assert paths(listed(tree, recursive=True))[-2:] == ["/c.txt", "/moved/file"]


@pytest.mark.evidence("F6.1-01")
def test_a_folder_moved_into_a_newer_folder_is_listed_after_it(tree):
    tree.files_create_folder_v2("/newest")
    tree.files_move_v2("/b", "/a/b2")  # `/b` is older than `/a`
    tree.files_move_v2("/a", "/empty/a")
    order = ["/empty", "/empty/a", "/empty/a/b2", "/empty/a/x", "/newest"]
    assert paths(listed(tree, recursive=True))[:5] == order
    assert paths(listed(tree, "/empty", recursive=True))[:4] == order[:4]


@pytest.mark.evidence("F6.1-01")
@pytest.mark.dropbox(personality=Personality.recorded.at("1"))
def test_version_1_of_the_recorded_personality_lists_folder_by_folder_in_order_of_creation(tree):
    tree.files_upload(b"new", "/z.txt", mode=OVERWRITE)
    assert paths(listed(tree, recursive=True)) == [
        *("/b", "/b/file", "/a", "/a/x", "/a/x/deep", "/a/b", "/empty", "/z.txt", "/c.txt")
    ]


@pytest.mark.dropbox(personality=Personality(list_order="name"))
def test_the_personality_may_order_a_listing_by_name(tree):
    assert paths(listed(tree)) == ["/a", "/b", "/empty", "/c.txt", "/z.txt"]


@pytest.mark.evidence("F6.1-06")
def test_a_recursive_listing_includes_its_folder_but_not_the_root(tree):
    assert rows(listed(tree, "", recursive=True)) == [
        ("folder", "/b"),
        ("folder", "/a"),
        ("folder", "/a/x"),
        ("folder", "/empty"),
        ("file", "/z.txt"),
        ("file", "/b/file"),
        ("file", "/a/x/deep"),
        ("file", "/a/b"),
        ("file", "/c.txt"),
    ]
    assert paths(listed(tree, "/a", recursive=True)) == ["/a", "/a/x", "/a/x/deep", "/a/b"]
    assert paths(listed(tree, "/a")) == ["/a/x", "/a/b"]
    assert paths(listed(tree, "/empty", recursive=True)) == ["/empty"]
    assert listed(tree, "/empty") == []


@pytest.mark.evidence("F6.1-05")
def test_listing_a_file_or_a_missing_path_is_refused(tree):
    for call in (tree.files_list_folder, tree.files_list_folder_get_latest_cursor):
        assert refusal(call, "/z.txt") == "path/not_folder"
        assert refusal(call, "/z.txt/") == "path/not_folder"
        assert refusal(call, "/missing") == "path/not_found"
        assert refusal(call, "/z.txt/below") == "path/not_found"
        assert refusal(call, tree.files_get_metadata("/z.txt").id) == "path/not_folder"


@pytest.mark.evidence("F6.1-10", "F2.2-01")
def test_a_listing_shows_what_get_metadata_shows(tree):
    for entry in listed(tree, "", recursive=True):
        assert entry == tree.files_get_metadata(entry.path_lower)


class TestPages:
    @pytest.mark.evidence("F6.1-02")
    @pytest.mark.parametrize("limit", [0, 2001, -1, "5"])
    def test_the_sdk_refuses_a_limit_out_of_range(self, dbx, limit):
        with pytest.raises(ValidationError):
            dbx.files_list_folder("", limit=limit)

    @pytest.mark.evidence("F6.1-02")
    @pytest.mark.parametrize("limit", [1, 2, 3, 9, 10, 2000])
    @pytest.mark.parametrize("options", [{}, RECURSIVE, DELETED])
    def test_pages_add_up_to_the_listing_with_any_limit(self, tree, limit, options):
        tree.files_delete_v2("/b")
        tree.files_move_v2("/a/x", "/y")
        whole = listed(tree, "", **options)
        page = tree.files_list_folder("", limit=limit, **options)
        assert len(page.entries) <= limit
        assert rest_of(tree, page)[0] == whole
        assert len({entry.path_lower for entry in whole}) == len(whole)

    @pytest.mark.evidence("F6.1-02")
    def test_without_a_limit_a_page_holds_500(self, dbx):
        for number in range(501):
            dbx.files_upload(b"", f"/{number:03}")
        page = dbx.files_list_folder("")
        assert (len(page.entries), page.has_more) == (500, True)
        assert [entry.name for entry in dbx.files_list_folder_continue(page.cursor).entries] == [
            "500"
        ]

    @pytest.mark.dropbox(personality=Personality(page_size=2))
    def test_the_personality_sets_the_default_page_size(self, tree):
        page = tree.files_list_folder("")
        assert (len(page.entries), page.has_more) == (2, True)
        assert len(tree.files_list_folder("", limit=4).entries) == 4

    @pytest.mark.evidence("F6.1-04")
    def test_has_more_is_false_on_a_full_last_page(self, dbx):
        dbx.files_upload(b"x", "/a/only")
        page = dbx.files_list_folder("/a", limit=1)
        assert (len(page.entries), page.has_more) == (1, False)

    def test_the_listed_folder_counts_as_an_entry_of_the_page(self, tree):
        page = tree.files_list_folder("/a", recursive=True, limit=1)
        assert (paths(page.entries), page.has_more) == (["/a"], True)
        assert paths(rest_of(tree, page)[0]) == ["/a", "/a/x", "/a/x/deep", "/a/b"]


class TestDeletedEntries:
    @pytest.mark.evidence("F6.1-08", "F2.2-03", "F10-08")
    def test_a_listing_has_one_tombstone_per_path_only_with_include_deleted(self, dbx):
        for content in (b"1", b"2"):
            dbx.files_upload(content, "/folder/File")
            dbx.files_delete_v2("/folder")
        dbx.files_upload(b"3", "/file")
        assert rows(listed(dbx, "", recursive=True)) == [("file", "/file")]
        assert rows(listed(dbx, "", **DELETED)) == [
            ("file", "/file"),
            ("deleted", "/folder"),
            ("deleted", "/folder/File"),
        ]
        assert rows(listed(dbx, "", include_deleted=True)) == [
            ("file", "/file"),
            ("deleted", "/folder"),
        ]

    @pytest.mark.evidence("F6.1-08")
    def test_a_path_in_use_again_has_no_tombstone(self, dbx):
        dbx.files_upload(b"1", "/folder/a")
        dbx.files_upload(b"1", "/folder/b")
        dbx.files_delete_v2("/folder")
        dbx.files_upload(b"2", "/FOLDER/A")
        assert rows(listed(dbx, "", **DELETED)) == [
            ("folder", "/FOLDER"),
            ("file", "/FOLDER/A"),
            ("deleted", "/folder/b"),
        ]

    @pytest.mark.evidence("F6.1-08")
    def test_a_folder_moved_to_a_deleted_path_lists_the_tombstones_there(self, dbx):
        for path in ("/a/x", "/a/s/y", "/a/gone", "/m/x", "/m/s/z"):
            dbx.files_upload(path.encode(), path)
        dbx.files_delete_v2("/a")
        dbx.files_move_v2("/m", "/a")
        found = rows(listed(dbx, "/a", **DELETED))
        assert sorted(found) == [
            ("deleted", "/a/gone"),
            ("deleted", "/a/s/y"),
            ("file", "/a/s/z"),
            ("file", "/a/x"),
            ("folder", "/a"),
            ("folder", "/a/s"),
        ]
        for _, path in found:
            assert dbx.files_get_metadata(path, include_deleted=True).path_display == path

    @pytest.mark.evidence("F6.1-08")
    def test_tombstones_are_listed_in_a_folder_whose_path_was_a_file_in_between(self, dbx):
        dbx.files_upload(b"1", "/a/x")
        dbx.files_delete_v2("/a")
        dbx.files_upload(b"2", "/a")
        dbx.files_delete_v2("/a")
        dbx.files_create_folder_v2("/a")
        assert rows(listed(dbx, "/a", include_deleted=True)) == [("deleted", "/a/x")]

    def test_a_chain_of_renames_leaves_one_tombstone_for_each_name(self, dbx):
        dbx.files_upload(b"x", "/0")
        for number in range(6):
            dbx.files_move_v2(f"/{number}", f"/{number + 1}")
        page = dbx.files_list_folder("", include_deleted=True, limit=2)
        found = rest_of(dbx, page)[0]
        assert sorted(paths(found)) == [f"/{number}" for number in range(7)]

    def test_a_deleted_folder_cannot_be_listed(self, dbx):
        dbx.files_upload(b"x", "/a/b")
        dbx.files_delete_v2("/a")
        assert refusal(dbx.files_list_folder, "/a", include_deleted=True) == "path/not_found"

    @pytest.mark.evidence("F2.2-03")
    @newer_sdk(hasattr(DeletedMetadata, "is_restorable"), "`is_restorable`")
    def test_restorable_info_is_shown_only_on_request(self, dbx):
        dbx.files_upload(b"x", "/a")
        dbx.files_delete_v2("/a")
        (deleted,) = listed(dbx, "", include_deleted=True)
        assert not deleted.is_restorable
        (deleted,) = listed(dbx, "", include_deleted=True, include_restorable_info=True)
        assert deleted.is_restorable is True


class TestArguments:
    @pytest.mark.evidence("F2.2-06")
    def test_explicit_members_are_shown_only_on_request(self, tree):
        files = [entry for entry in listed(tree) if isinstance(entry, FileMetadata)]
        assert all(entry.has_explicit_shared_members is None for entry in files)
        options = {"include_has_explicit_shared_members": True, "limit": 1, "recursive": True}
        asked = [entry for entry in listed(tree, **options) if isinstance(entry, FileMetadata)]
        assert [entry.has_explicit_shared_members for entry in asked] == [False] * 5

    @pytest.mark.evidence("F2.2-06")
    def test_media_info_is_never_in_a_listing(self, dbx):
        dbx.files_upload(b"x", "/photo.jpg")
        (entry,) = listed(dbx, "", include_media_info=True)
        assert entry.media_info is None

    def test_options_for_mounted_folders_and_shortcuts_do_not_affect_plain_files(self, tree):
        whole = listed(tree)
        for option in ("include_mounted_folders", "include_non_downloadable_files"):
            for value in (True, False):
                assert listed(tree, "", **{option: value}) == whole


@pytest.mark.evidence("F1.4-08")
def test_the_root_is_listed_by_the_empty_string_and_not_by_a_slash(dbx):
    with pytest.raises(BadInputError):
        dbx.files_list_folder("/")
    assert dbx.files_list_folder("").entries == []
