"""Tests of search (F8-11): by names and by the text of files, filters, and pages."""

import pytest
from dropbox.files import (
    FileCategory,
    FileStatus,
    ImportFormat,
    SearchMatchFieldOptions,
    SearchMode,
    SearchOptions,
    SearchOrderBy,
    WriteMode,
)
from hypothesis import given
from hypothesis import strategies as st
from tests.support.doors import bad_input, refusal
from tests.support.shared_folders import share

from fakedropbox import Personality

pytestmark = pytest.mark.filterwarnings("ignore:search is deprecated:DeprecationWarning")

TREE = {
    "/Docs/findable_file.txt": b"a red fox",
    "/Docs/Report 2025.PDF": b"%PDF\x00\xff",
    "/Docs/deep/photo.jpg": b"\xff\xd8",
    "/notes.md": b"the findable fox",
    "/file": b"",
    "/bat cave": b"",
    "/batman car": b"",
}
seeded = pytest.mark.dropbox(files=TREE)


def found(dbx, query, **options):
    """Return the path and the kind of match of each result, from all pages."""
    page = dbx.files_search_v2(query, SearchOptions(**options))
    matches = list(page.matches)
    while page.has_more:
        page = dbx.files_search_continue_v2(page.cursor)
        matches += page.matches
    return [(m.metadata.get_metadata().path_display, m.match_type._tag) for m in matches]


def paths(dbx, query, **options):
    return [path for path, _ in found(dbx, query, **options)]


@seeded
@pytest.mark.evidence("F8-11")
def test_names_and_text_of_files_are_searched(dbx):
    assert found(dbx, "findable") == [
        ("/Docs/findable_file.txt", "filename"),
        ("/notes.md", "file_content"),
    ]
    assert found(dbx, "findable fox") == [
        ("/Docs/findable_file.txt", "filename_and_content"),
        ("/notes.md", "file_content"),
    ]
    assert found(dbx, "fox", filename_only=True) == []
    assert paths(dbx, "find") == [
        "/Docs/findable_file.txt"
    ]  # a prefix matches in names, not in the text of files
    assert paths(dbx, "file") == ["/Docs/findable_file.txt", "/file"]


@seeded
@pytest.mark.evidence("F8-11")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("bat c", ["/bat cave"]),  # the documented example
        ("bat", ["/bat cave", "/batman car"]),  # the match of the whole word comes first
        ("BATMAN", ["/batman car"]),
        ("man", []),
        ("ba cave", []),  # only the last word may be a prefix
        ("report_2025.pd", ["/Docs/Report 2025.PDF"]),
        ("docs", ["/Docs"]),
        ("pdf", ["/Docs/Report 2025.PDF"]),  # matches only the name: PDF data is not searched
        ("...", []),
    ],
)
def test_every_word_must_match_and_the_last_may_be_a_prefix(dbx, query, expected):
    assert paths(dbx, query) == expected
    v1 = dbx.files_search("", query, mode=SearchMode.filename_and_content)
    assert [match.metadata.path_display for match in v1.matches] == expected


@seeded
@pytest.mark.evidence("F8-11", "F1.4-08")
def test_search_may_be_limited_to_a_path(dbx):
    assert paths(dbx, "f", path="/Docs") == ["/Docs/findable_file.txt"]
    assert paths(dbx, "f", path=dbx.files_get_metadata("/Docs").id) == ["/Docs/findable_file.txt"]
    assert paths(dbx, "docs", path="/Docs") == []
    assert paths(dbx, "note", path="/notes.md") == ["/notes.md"]
    assert found(dbx, "f", path="/bad_folder") == []  # the first version raises an error
    assert refusal(dbx.files_search, "/bad_folder", "f") == "path/not_found"
    root = 'Specify the root folder as an empty string rather than as "/".'
    assert bad_input(dbx.files_search, "/", "f").endswith(f"path: {root}")
    assert root in bad_input(dbx.files_search_v2, "f", SearchOptions(path="/"))
    assert refusal(dbx.files_search_v2, "f", SearchOptions(path="//")) == "path/malformed_path"


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize("patience", [1, 2, 500])
def test_search_finds_all_matches_in_a_small_folder_among_many_matches(
    dbx, service, monkeypatch, size, patience
):
    files = {f"/{folder}/x {number}": b"" for number in range(5) for folder in "abc"}
    service.seed_files({**files, "/c/y": b"x", "/c/deep/xx x xxx": b"x", "/c/deep/xx": b""})
    expected = [
        *[f"/c/x {number}" for number in range(5)],
        "/c/deep/xx x xxx",
        "/c/deep/xx",
        "/c/y",
    ]
    monkeypatch.setattr("fakedropbox._files.search._PATIENCE", patience)
    assert paths(dbx, "x", path="/c", max_results=size) == expected


@seeded
def test_results_can_be_filtered_by_extension_and_category(dbx):
    assert paths(dbx, "f", file_extensions=["txt"]) == ["/Docs/findable_file.txt"]
    assert paths(dbx, "report", file_extensions=[".Pdf"]) == ["/Docs/Report 2025.PDF"]
    assert paths(dbx, "report", file_extensions=[]) == []
    for category, expected in [
        (FileCategory.folder, ["/Docs/deep"]),
        (FileCategory.document, []),
        (FileCategory.others, []),
    ]:
        assert paths(dbx, "d", path="/Docs", file_categories=[category]) == expected
    assert paths(dbx, "photo", file_categories=[FileCategory.image, FileCategory.pdf]) == [
        "/Docs/deep/photo.jpg"
    ]
    assert paths(dbx, "file", file_categories=[FileCategory.others]) == ["/file"]


@seeded
def test_search_finds_only_files_of_the_account(dbx, service):
    mine = service.accounts.default.account_id
    assert paths(dbx, "bat", account_id=mine) == ["/bat cave", "/batman car"]
    other = service.accounts.create("other@example.com")
    assert paths(dbx, "bat", account_id=other.account_id) == []
    theirs = service.client(service.logins.create(other))
    assert paths(theirs, "bat") == []
    theirs.files_upload(b"", "/bat")
    assert (len(paths(theirs, "bat")), len(paths(dbx, "bat"))) == (1, 2)


@seeded
@pytest.mark.evidence("F8-11")
def test_highlights_mark_the_matching_parts(dbx):
    options = SearchMatchFieldOptions(include_highlights=True)
    page = dbx.files_search_v2("2025 rep", match_field_options=options)
    spans = [(each.highlight_str, each.is_highlighted) for each in page.matches[0].highlight_spans]
    assert spans == [("Rep", True), ("ort ", False), ("2025", True), (".PDF", False)]
    assert dbx.files_search_v2("2025").matches[0].highlight_spans is None
    assert dbx.files_search_v2("2025", include_highlights=True).matches[0].highlight_spans


@seeded
def test_results_can_be_ordered_newest_first(dbx, service):
    for name in ("b", "a", "c"):
        service.clock.advance(10)
        dbx.files_upload(b"new", f"/x {name}")
    dbx.files_create_folder_v2("/x folder")
    order = SearchOrderBy.last_modified_time
    assert paths(dbx, "x", order_by=order) == ["/x c", "/x a", "/x b", "/x folder"]
    assert paths(dbx, "x", order_by=order, max_results=1) == ["/x c", "/x a", "/x b", "/x folder"]
    by_relevance = paths(dbx, "x", order_by=SearchOrderBy.relevance)
    assert by_relevance == ["/x b", "/x a", "/x c", "/x folder"]


@seeded
def test_the_first_version_searches_text_on_request(dbx):
    def kinds(**options):
        matches = dbx.files_search("", "findable fox", **options).matches
        return [(match.metadata.name, match.match_type._tag) for match in matches]

    assert kinds() == kinds(mode=SearchMode.filename) == []
    assert kinds(mode=SearchMode.filename_and_content) == [
        ("findable_file.txt", "both"),
        ("notes.md", "content"),
    ]


@seeded
def test_deleted_files_are_found_on_request(dbx):
    dbx.files_delete_v2("/Docs")
    assert paths(dbx, "photo") == []
    deleted = FileStatus.deleted
    assert paths(dbx, "photo", file_status=deleted) == ["/Docs/deep/photo.jpg"]
    assert paths(dbx, "d", file_status=deleted, max_results=1) == ["/Docs", "/Docs/deep"]
    assert paths(dbx, "d", file_status=deleted, path="/file") == []
    assert paths(dbx, "jpg photo", file_status=deleted) == ["/Docs/deep/photo.jpg"]
    assert paths(dbx, "png photo", file_status=deleted) == []
    dbx.files_create_folder_v2("/Doc")
    assert paths(dbx, "photo", file_status=deleted, path="/Doc") == []
    page = dbx.files_search("", "findable", mode=SearchMode.deleted_filename)
    assert [match.metadata.path_display for match in page.matches] == ["/Docs/findable_file.txt"]


@pytest.mark.evidence("F8-11", "F2.1-06")
def test_results_are_returned_in_pages(dbx):
    names = [f"/p {number}" for number in range(7)]
    for name in names:
        dbx.files_upload(b"p", name)
    for size in (1, 3, 6, 7, 8):
        assert paths(dbx, "p", max_results=size) == names
    first = dbx.files_search_v2("p", SearchOptions(max_results=4))
    assert (len(first.matches), first.has_more) == (4, True)
    assert first.cursor.endswith("=") or len(first.cursor) % 4 == 0
    rest = dbx.files_search_continue_v2(first.cursor)
    assert (len(rest.matches), rest.has_more, rest.cursor) == (3, False, None)
    v1 = dbx.files_search("", "p", max_results=4)
    assert (len(v1.matches), v1.more, v1.start) == (4, True, 4)
    v1 = dbx.files_search("", "p", start=v1.start, max_results=4)
    assert (len(v1.matches), v1.more, v1.start) == (3, False, 7)
    assert dbx.files_search("", "p", start=9).matches == []


def test_results_for_two_words_are_returned_in_pages(dbx, service):
    both = [f"/often rarely {number}" for number in range(5)]
    service.seed_files(dict.fromkeys([*both, *[f"/often {n}" for n in range(9)]], b""))
    for query in ("often rarely", "rarely often"):
        assert sorted(paths(dbx, query, max_results=2)) == both


def test_search_reads_the_text_of_small_text_files_only(dbx, service, monkeypatch):
    monkeypatch.setattr("fakedropbox._files.words.SEARCH_BYTES", 6)
    files = {"/most": b"a fox.", "/more": b"a fox..", "/nul": b"fox\0", "/latin": b"fox \xe9"}
    service.seed_files(files)
    assert found(dbx, "fox") == [("/most", "file_content")]


def test_a_paper_doc_is_found_by_its_text(dbx):
    dbx.files_paper_create(b"<p>a red <b>fox</b></p>", "/a.paper", ImportFormat.html)
    assert found(dbx, "fox") == [("/a.paper", "file_content")]
    assert found(dbx, "b") == []


def test_malformed_and_undone_cursors_are_refused(dbx, service):
    assert "cursor" in bad_input(dbx.files_search_continue_v2, "AAAA")
    assert "cursor" in bad_input(dbx.files_search_continue_v2, "no base64")
    with service.scratch():
        for name in "ab":
            dbx.files_upload(b"", f"/x {name}")
        undone = dbx.files_search_v2("x", SearchOptions(max_results=1)).cursor
    assert "cursor" in bad_input(dbx.files_search_continue_v2, undone)


def test_an_empty_query_is_refused(dbx):
    assert refusal(dbx.files_search_v2, "") == "invalid_argument"
    assert refusal(dbx.files_search, "", "") == "invalid_argument"


@pytest.mark.dropbox(files={"/a.txt": b"one", "/b/a.txt": b"two"})
def test_search_follows_changes_and_restores(dbx, service):
    assert paths(dbx, "one") == ["/a.txt"]
    before = service.snapshot()
    dbx.files_upload(b"three", "/a.txt", mode=WriteMode.overwrite)
    dbx.files_move_v2("/b", "/c")
    dbx.files_delete_v2("/c/a.txt")
    dbx.files_copy_v2("/a.txt", "/Three")
    assert paths(dbx, "one") == paths(dbx, "two") == paths(dbx, "b") == []
    assert found(dbx, "three") == [("/Three", "filename_and_content"), ("/a.txt", "file_content")]
    service.restore(before)
    assert paths(dbx, "a") == ["/a.txt", "/b/a.txt"]
    assert paths(dbx, "three") == []
    assert paths(dbx, "two") == ["/b/a.txt"]


@pytest.mark.evidence("F8-11")
@pytest.mark.dropbox(personality=Personality(search_lag=30))
def test_search_finds_changes_only_after_search_lag(dbx, service):
    dbx.files_upload(b"", "/new")
    assert paths(dbx, "new") == []
    service.clock.advance(31)
    assert paths(dbx, "new") == ["/new"]
    dbx.files_move_v2("/new", "/other")
    assert paths(dbx, "new") == ["/other"]  # the index still has the old name
    service.clock.advance(31)
    assert (paths(dbx, "new"), paths(dbx, "other")) == ([], ["/other"])


@pytest.mark.dropbox(personality=Personality(search_lag=30))
def test_a_restore_restores_the_index_of_a_search_with_search_lag(dbx, service):
    dbx.files_upload(b"", "/new")
    with service.scratch():
        service.clock.advance(31)
        assert paths(dbx, "new") == ["/new"]
    assert paths(dbx, "new") == []
    service.clock.advance(31)
    assert paths(dbx, "new") == ["/new"]


@pytest.mark.dropbox(app_folder="Small", files={"/Small.txt": b"small"})
def test_an_app_folder_app_finds_files_of_its_folder_only(dbx, service):
    dbx.files_upload(b"", "/small.txt")
    assert sorted(service.files) == ["/Apps/Small/small.txt", "/Small.txt"]
    assert paths(dbx, "small") == ["/small.txt"]
    assert paths(dbx, "small", path="") == ["/small.txt"]


@pytest.mark.dropbox(app_folder="Small", files={f"/x {number}": b"" for number in range(3)})
@pytest.mark.parametrize("status", [FileStatus.active, FileStatus.deleted])
def test_a_cursor_of_another_app_finds_nothing_outside_the_app_folder(dbx, service, status):
    whole = service.client(service.logins.create(app=service.apps.create("whole")))
    for number in range(3):
        whole.files_upload(b"", f"/y x {number}")
        whole.files_delete_v2(f"/y x {number}")
        whole.files_upload(b"", f"/z x {number}")
    cursor = whole.files_search_v2("x", SearchOptions(max_results=1, file_status=status)).cursor
    assert len(whole.files_search_continue_v2(cursor).matches) == 1
    assert dbx.files_search_continue_v2(cursor).matches == []


@pytest.mark.dropbox(app_folder="Small")
@pytest.mark.evidence("O8-01")
@pytest.mark.parametrize("status", [FileStatus.active, FileStatus.deleted])
@pytest.mark.parametrize("path", ["", "/Docs", "/Docs/sub", "/Docs/sub/x 1"])
def test_a_cursor_of_another_app_finds_nothing_in_a_mount_outside_the_app_folder(
    dbx, service, status, path
):
    whole = service.client(service.logins.create(app=service.apps.create("whole")))
    share(whole, "/Docs")
    for number in range(3):
        whole.files_upload(b"", f"/Docs/sub/x 1/x {number}")
    if status == FileStatus.deleted or path == "/Docs/sub/x 1":
        whole.files_delete_v2("/Docs/sub/x 1")
        whole.files_upload(b"", "/Docs/sub/x 1")
    options = SearchOptions(path, max_results=1, file_status=status)
    cursor = whole.files_search_v2("x", options).cursor
    if cursor is not None:
        assert whole.files_search_continue_v2(cursor).matches
        assert dbx.files_search_continue_v2(cursor).matches == []


@pytest.mark.every_door
@pytest.mark.evidence("F8-11")
@pytest.mark.parametrize("status", [FileStatus.active, FileStatus.deleted])
def test_a_search_goes_on_after_the_file_to_search_in_was_deleted(dbx, service, status):
    dbx.files_create_folder_v2("/Docs")
    service.share_folder("/Docs")
    cursors = []
    for name in ("/f", "/Docs/f"):
        for number in range(3):
            dbx.files_upload(b"", f"{name}/f {number}")
        dbx.files_delete_v2(name)
        dbx.files_upload(b"", name)
        options = SearchOptions(name, max_results=1, file_status=status)
        page = dbx.files_search_v2("f", options)
        cursors.append(page.cursor)
        dbx.files_delete_v2(name)
    assert [cursor is not None for cursor in cursors] == [status == FileStatus.deleted] * 2
    for cursor in filter(None, cursors):
        dbx.files_search_continue_v2(cursor)


@pytest.mark.evidence("F8-11")
def test_the_number_of_matches_is_limited(dbx, service, monkeypatch):
    monkeypatch.setattr("fakedropbox._files.search.SEARCH_MATCHES", 5)
    service.seed_files({f"/x {number}": b"" for number in range(8)})
    assert len(paths(dbx, "x", max_results=2)) == 5
    assert len(paths(dbx, "x", max_results=5)) == 5
    assert len(dbx.files_search("", "x").matches) == 5
    dbx.files_delete_v2("/x 0")
    dbx.files_create_folder_v2("/deleted")
    for number in range(8):
        dbx.files_create_folder_v2(f"/deleted/x {number}")
        dbx.files_delete_v2(f"/deleted/x {number}")
    for options in (
        {},
        {"order_by": SearchOrderBy.last_modified_time},
        {"file_status": FileStatus.deleted},
    ):
        page = dbx.files_search_v2("x", SearchOptions(max_results=3, **options))
        assert (len(page.matches), page.has_more) == (3, True)
        page = dbx.files_search_continue_v2(page.cursor)
        assert (len(page.matches), page.has_more) == (2, False)


@pytest.mark.evidence("F8-11")
@seeded
def test_search_v2_has_the_json_of_dropbox(wire):
    nothing = wire.rpc("files/search_v2", {"query": "/image.png"})
    assert nothing.text == '{"has_more":false,"matches":[]}'
    (match,) = wire.rpc("files/search_v2", {"query": "findable_file"}).json()["matches"]
    assert list(match) == ["match_type", "metadata"]  # in the compact style since 2021
    assert match["match_type"] == {".tag": "filename"}
    assert match["metadata"][".tag"] == "metadata"
    assert match["metadata"]["metadata"][".tag"] == "file"
    assert match["metadata"]["metadata"]["name"] == "findable_file.txt"


WORDS = st.sampled_from(["a", "ab", "abc", "b", "ba"])
NAMES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)


@given(names=st.sets(NAMES, max_size=8), query=NAMES, limit=st.integers(1, 4))
def test_search_finds_exactly_the_names_with_all_words(dropbox_services, names, query, limit):
    dbx = dropbox_services().client()
    for name in names:
        dbx.files_upload(b"", f"/{name}.x")
    *whole, last = query.split()
    expected = {
        f"/{name}.x"
        for name in names
        if set(whole) <= set(name.split()) and any(w.startswith(last) for w in name.split())
    }
    got = paths(dbx, query, max_results=limit)
    assert len(got) == len(set(got))
    assert set(got) == expected
