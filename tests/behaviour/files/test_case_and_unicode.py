"""Tests of upper and lower case, Unicode normalization, and emoji in names."""

import pytest
from dropbox.files import (
    CommitInfo,
    FolderMetadata,
    UploadSessionCursor,
    UploadSessionFinishArg,
    WriteMode,
)
from hypothesis import given
from hypothesis import strategies as st
from tests.support.doors import changes, content, listed, paths, refusal

from fakedropbox import FakeDropboxService, Personality

# Names that Dropbox accepts, with many cased letters and combining marks.
NAMES = st.text(
    st.one_of(
        st.sampled_from(
            "aAiI\u0130\u0131\u03a3\u03c3\u03c2\u00df\u1e9eHhTtJj\u03aa\u03ca\u01c5\u212a"
        ),
        st.characters(categories=["Lu", "Lt", "Mn", "Mc"]),
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\ ."),
    ),
    min_size=1,
    max_size=6,
)
NFC, NFD = "\u00e9", "e\u0301"


@pytest.mark.evidence("F3.3-01")
def test_lookups_ignore_case_and_the_stored_case_is_kept(dbx):
    meta = dbx.files_upload(b"x", "/Folder/File.TXT")
    assert (meta.name, meta.path_lower) == ("File.TXT", "/folder/file.txt")
    for path in ("/folder/file.txt", "/FOLDER/FILE.TXT", "/fOLDER/File.txt"):
        assert dbx.files_get_metadata(path) == meta
        assert content(dbx, path) == b"x"
    assert paths(listed(dbx, "/FOLDER")) == ["/Folder/File.TXT"]
    assert refusal(dbx.files_create_folder_v2, "/FOLDER") == "path/conflict/folder"
    assert dbx.files_move_v2("/FOLDER/file.txt", "/x").metadata.name == "x"
    assert dbx.files_delete_v2("/fOlDeR").metadata.name == "Folder"


@pytest.mark.evidence("F3.3-02", "F3.3-03", "F10-07")
def test_path_display_of_a_child_may_have_the_old_case_of_its_parent(dbx):
    dbx.files_create_folder_v2("/AAA/BBB/CCC/DDD")
    dbx.files_move_v2("/AAA/BBB/CCC", "/AAA/BBB/CCC_")
    dbx.files_move_v2("/AAA/BBB/CCC_", "/AAA/BBB/ccc")
    assert dbx.files_get_metadata("/aaa/bbb/ccc").path_display == "/AAA/BBB/ccc"
    child = dbx.files_get_metadata("/aaa/bbb/ccc/ddd")
    assert child.path_display == "/AAA/BBB/CCC/DDD"
    assert child.name == "DDD"


@pytest.mark.evidence("F3.3-02", "F3.3-03")
def test_path_display_of_a_child_has_the_new_name_of_its_parent(dbx):
    dbx.files_upload(b"x", "/Old/Sub/File")
    dbx.files_move_v2("/Old", "/New")
    assert dbx.files_get_metadata("/new/sub/file").path_display == "/New/Sub/File"


@pytest.mark.evidence("F3.3-04", "F3.3-03")
def test_an_upload_in_other_case_does_not_rename_the_parent(dbx):
    dbx.files_create_folder_v2("/Parent")
    meta = dbx.files_upload(b"x", "/PARENT/File")
    assert dbx.files_get_metadata("/parent").name == "Parent"
    assert [entry.name for entry in listed(dbx, "")] == ["Parent"]
    assert (meta.path_lower, meta.name) == ("/parent/file", "File")
    assert meta.path_display == "/PARENT/File"  # the case of the request


def in_a_session(dbx, data, path, mode):
    session = dbx.files_upload_session_start(data).session_id
    cursor = UploadSessionCursor(session, len(data))
    return dbx.files_upload_session_finish(b"", cursor, CommitInfo(path, mode=mode))


def in_a_batch(dbx, data, path, mode):
    session = dbx.files_upload_session_start(data, close=True).session_id
    commit = CommitInfo(path, mode=mode)
    entry = UploadSessionFinishArg(UploadSessionCursor(session, len(data)), commit)
    return dbx.files_upload_session_finish_batch_v2([entry]).entries[0].get_success()


def restored(dbx, data, path, _mode):
    return dbx.files_restore(path, dbx.files_upload(data, "/other").rev)


OVERWRITES = {
    "upload": lambda dbx, data, path, mode: dbx.files_upload(data, path, mode=mode),
    "session": in_a_session,
    "batch": in_a_batch,
    "restore": restored,
}


@pytest.mark.evidence("F4-13", "F4-04")
@pytest.mark.parametrize("is_update", [False, True])
@pytest.mark.parametrize("way", OVERWRITES)
def test_overwriting_gives_the_file_its_new_case_but_not_its_parents(dbx, way, is_update):
    first = dbx.files_upload(b"1", "/Folder/File.txt")
    cursors = [dbx.files_list_folder("/folder").cursor]
    cursors.append(dbx.files_list_folder("", recursive=True).cursor)
    mode = WriteMode.update(first.rev) if is_update else WriteMode.overwrite
    second = OVERWRITES[way](dbx, b"2", "/FOLDER/FILE.TXT", mode)
    assert (second.id, second.name) == (first.id, "FILE.TXT")
    assert (second.path_lower, second.path_display) == ("/folder/file.txt", "/Folder/FILE.TXT")
    assert second.rev != first.rev
    assert dbx.files_get_metadata(first.id) == second
    assert listed(dbx, "/folder") == [second]
    for cursor in cursors:
        assert second in changes(dbx, cursor)[0]
    assert dbx.files_get_metadata(f"rev:{first.rev}").name == "File.txt"


@pytest.mark.evidence("F4-02", "F4-13")
def test_an_upload_of_the_same_data_keeps_the_case(dbx):
    first = dbx.files_upload(b"1", "/File.txt")
    cursor = dbx.files_list_folder("").cursor
    assert dbx.files_upload(b"1", "/FILE.TXT", mode=WriteMode.overwrite) == first
    assert changes(dbx, cursor)[0] == []


@pytest.mark.evidence("F4-13")
def test_a_snapshot_brings_the_old_case_back(dbx, service):
    first = dbx.files_upload(b"1", "/File.txt")
    before = service.snapshot()
    dbx.files_upload(b"2", "/FILE.TXT", mode=WriteMode.overwrite)
    service.restore(before)
    assert dbx.files_get_metadata("/file.txt") == first


@pytest.mark.evidence("F3.3-05")
def test_composed_and_decomposed_letters_are_the_same_name(dbx):
    meta = dbx.files_upload(b"1", f"/{NFD}/{NFD}")
    assert (meta.name, meta.path_display) == (NFC, f"/{NFC}/{NFC}")
    assert dbx.files_get_metadata(f"/{NFC}/{NFD}") == meta
    assert content(dbx, f"/{NFD}/{NFC}") == b"1"
    assert refusal(dbx.files_upload, b"2", f"/{NFC}/{NFC}") == "path/conflict/file"
    assert refusal(dbx.files_create_folder_v2, f"/{NFD.upper()}") == "path/conflict/folder"
    assert len(listed(dbx, f"/{NFD}")) == 1
    assert refusal(dbx.files_move_v2, f"/{NFC}", f"/{NFD}") == "duplicated_or_nested_paths"


@pytest.mark.evidence("F3.3-06")
def test_a_capital_sigma_never_becomes_a_final_sigma_in_path_lower(dbx):
    meta = dbx.files_upload(b"1", "/\u039f\u0394\u039f\u03a3")
    assert meta.path_lower == "/\u03bf\u03b4\u03bf\u03c3"
    final = dbx.files_upload(b"2", "/\u03bf\u03b4\u03bf\u03c2")
    assert final.id != meta.id
    assert final.path_lower == "/\u03bf\u03b4\u03bf\u03c2"


@pytest.mark.evidence("F3.3-06")
@pytest.mark.parametrize(
    ("upper", "lower"),
    [("\ua64a", "\ua64b"), ("\u1e9e", "\u00df"), ("\u10a0", "\u2d00"), ("\u04c0", "\u04cf")],
)
def test_letters_missing_in_the_case_table_are_case_sensitive(dbx, upper, lower):
    meta = dbx.files_upload(b"1", f"/{upper}")
    assert meta.path_lower == f"/{upper}"
    assert dbx.files_upload(b"2", f"/{lower}").id != meta.id


@pytest.mark.evidence("F3.3-06")
def test_a_dotted_capital_i_is_one_letter_in_lower_case(dbx):
    meta = dbx.files_upload(b"1", "/\u0130.txt")
    assert len(meta.path_lower) == len("/i.txt")
    assert dbx.files_get_metadata(meta.path_lower) == meta


@pytest.mark.evidence("F3.3-01", "F3.3-05")
@pytest.mark.parametrize(
    "name",
    [
        *("H\u0331", "T\u0308", "W\u030a", "Y\u030a", "J\u030c", "\u03aa\u0301", "\u0130\u0301"),
        *(
            "\u212a",
            "\u2126",
            "\u01c5",
            "\u1f88",
            "\u0345",
            "\u03d4",
            "\ufb01",
            "\uff21",
            "A\u0328\u0301",
        ),
        *("\U0001f389", "\U00010400", "\u202e", "\ufeff", "\ud7a3", "\u1112\u1161\u11ab"),
    ],
)
def test_path_lower_and_path_display_find_the_file(dbx, name):
    meta = dbx.files_upload(b"1", f"/{name}/{name}.txt")
    for path in (meta.path_lower, meta.path_display, f"/{name}/{name}.txt"):
        assert dbx.files_get_metadata(path) == meta
    assert paths(listed(dbx, f"/{name}")) == [meta.path_display]
    folder = meta.path_lower.rpartition("/")[0]
    assert paths(listed(dbx, folder)) == [meta.path_display]
    assert refusal(dbx.files_upload, b"2", meta.path_lower) == "path/conflict/file"


@pytest.mark.evidence("F3.3-01", "F3.3-05")
@given(name=NAMES, other=NAMES)
def test_path_lower_and_path_display_find_a_file_of_any_name(name, other):
    """Both `path_lower` and `path_display` find the entry, and no other entry can have them."""
    dbx = FakeDropboxService().client()
    meta = dbx.files_upload(b"1", f"/{name}/{other}")
    for path in (meta.path_lower, meta.path_display, f"/{name}/{other}"):
        assert dbx.files_get_metadata(path) == meta
    parent = meta.path_lower.rpartition("/")[0]
    assert dbx.files_get_metadata(parent).path_lower == parent
    assert refusal(dbx.files_create_folder_v2, parent) == "path/conflict/folder"
    assert refusal(dbx.files_upload, b"2", meta.path_lower) == "path/conflict/file"
    assert len(listed(dbx, "", recursive=True)) == 2


@pytest.mark.evidence("F3.2-13")
def test_names_may_contain_emoji(dbx):
    meta = dbx.files_upload(b"1", "/\U0001f389/\U0001f389")
    assert meta.path_display == "/\U0001f389/\U0001f389"
    assert content(dbx, meta.path_lower) == b"1"


@pytest.mark.evidence("F3.2-13")
@pytest.mark.dropbox(personality=Personality(astral_names=False))
@pytest.mark.parametrize("path", ["/\U0001f389", "/a\U00010000/b", "/a/b\U0010ffff"])
def test_emoji_are_malformed_with_astral_names_false(dbx, path):
    dbx.files_upload(b"1", "/source")
    assert refusal(dbx.files_upload, b"1", path) == "path/malformed_path"
    assert refusal(dbx.files_create_folder_v2, path) == "path/malformed_path"
    assert refusal(dbx.files_move_v2, "/source", path) == "to/malformed_path"
    assert dbx.files_upload(b"1", "/\uffee").name == "\uffee"  # in the Basic Multilingual Plane


@pytest.mark.evidence("F6.2-10", "F7-08")
def test_a_rename_that_changes_only_the_case_is_not_reported(dbx):
    dbx.files_upload(b"1", "/Name")
    cursor = dbx.files_list_folder("").cursor
    dbx.files_move_v2("/Name", "/name", autorename=True)
    assert changes(dbx, cursor)[0] == []


@pytest.mark.evidence("F3.3-02")
def test_a_moved_file_has_its_new_name_and_its_tombstone_the_old_one(dbx):
    dbx.files_upload(b"1", "/A/File")
    moved = dbx.files_move_v2("/a/file", "/a/FILE2").metadata
    assert (moved.name, moved.path_display[-6:]) == ("FILE2", "/FILE2")
    assert dbx.files_get_metadata("/A/file2").name == "FILE2"
    deleted = dbx.files_get_metadata("/A/FILE", include_deleted=True)
    assert (deleted.name, deleted.path_lower) == ("File", "/a/file")


@pytest.mark.evidence("F3.3-05", "F3.3-06")
def test_folder_names_are_compared_like_file_names(dbx):
    folder = dbx.files_create_folder_v2(f"/{NFD}\u03a3").metadata
    assert isinstance(dbx.files_get_metadata(f"/{NFC.upper()}\u03c3"), FolderMetadata)
    assert folder.path_lower == f"/{NFC}\u03c3"
    assert dbx.files_upload(b"", f"/{NFC}\u03c3/x").path_lower == f"/{NFC}\u03c3/x"
