"""Properties that shared folders have after any history of calls of several accounts."""

import pytest
from dropbox.exceptions import ApiError
from dropbox.files import DeletedMetadata, FileMetadata, FolderMetadata
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.members import Cursor, People, histories
from tests.support.mirror import identity

from fakedropbox import Personality

pytestmark = pytest.mark.untraced
PERSONALITIES = st.builds(
    Personality,
    list_order=st.sampled_from(["rev", "creation", "name", "shuffled"]),
    change_order=st.sampled_from(["journal", "shuffled"]),
    uneven_pages=st.booleans(),
    empty_first_page=st.booleans(),
    repeated_entries=st.booleans(),
    case_only_move=st.sampled_from(["unchanged", "renamed"]),
    deleted_children=st.booleans(),
)
LISTINGS = st.fixed_dictionaries(
    {
        "path": st.sampled_from(["", "", "/a", "/a/b"]),
        "recursive": st.sampled_from([True, True, False]),
        "limit": st.sampled_from([1, 2, 2000]),
        "include_deleted": st.booleans(),
        "include_mounted_folders": st.sampled_from([True, True, False]),
    }
)


def begun(person, listing):
    """Return a new cursor for a listing of a person, or None if the listing is refused."""
    try:
        return Cursor(person, **listing)
    except ApiError:
        return None


@pytest.mark.evidence("S13-05", "S13-19", "S11-34", "S12-10", "F6.2-09")
@given(histories(people=3), PERSONALITIES, st.lists(LISTINGS, min_size=1, max_size=3))
@settings(max_examples=40)
def test_a_mirror_from_any_old_cursor_equals_a_new_listing(history, personality, listings):
    people = People(3, personality)
    cursors = []
    for number, operation in history:
        people[number].do(operation)
        for person in people:
            cursors += filter(None, (begun(person, listing) for listing in listings))
        cursors = cursors[:20] + cursors[20:][-40:]
        cursors = [cursor for cursor in cursors if number != 2 or cursor.follow()]
    for cursor in cursors:
        if cursor.follow():
            assert cursor.mirror.entries == cursor.listed()


@pytest.mark.evidence("S13-06", "S13-09", "S13-20", "S13-21", "S16-07", "S16-08")
@given(histories(people=3))
@settings(max_examples=40)
def test_whatever_is_listed_is_found_by_path_id_and_namespace(history):
    people = People(3)
    for number, operation in history:
        people[number].do(operation)
    for person in people:
        dbx, used = person.dbx, 0
        mounted = {}
        for entry in person.entries():
            assert dbx.files_get_metadata(entry.path_lower) == entry
            assert dbx.files_get_metadata(entry.id) == entry
            if isinstance(entry, FileMetadata):
                used += entry.size
                assert dbx.files_download(f"rev:{entry.rev}")[0] == entry
                assert dbx.files_list_revisions(entry.path_lower).entries[0] == entry
            elif entry.shared_folder_id is not None:
                mounted[entry.path_lower] = entry.shared_folder_id
                assert dbx.files_get_metadata(f"ns:{entry.shared_folder_id}") == entry
            inside = entry.sharing_info and entry.sharing_info.parent_shared_folder_id
            above = [path for path in mounted if entry.path_lower.startswith(f"{path}/")]
            assert (inside or None) == (mounted[above[0]] if above else None)
        assert dbx.users_get_space_usage().used == used
        known = {each.shared_folder_id: each for each in dbx.sharing_list_folders().entries}
        paths = {each.path_lower: id_ for id_, each in known.items() if each.path_lower}
        assert paths == mounted


@pytest.mark.evidence("S13-11", "S13-19", "S16-06")
@given(histories(people=3))
@settings(max_examples=40)
def test_all_members_see_the_same_and_nobody_else_sees_it(history):
    people = People(4)
    for number, operation in history:
        people[number % 3].do(operation)
    seen = {}
    for person in people:
        folders = person.dbx.sharing_list_folders().entries
        for folder in folders:
            if folder.path_lower is not None:
                tree = person.tree(folder.path_lower)
                assert seen.setdefault(folder.shared_folder_id, tree) == tree
        for id_ in set(people.folders) - {folder.shared_folder_id for folder in folders}:
            with pytest.raises(ApiError, match="not_found"):
                person.dbx.files_get_metadata(f"ns:{id_}")
    assert people[3].entries() == []


@pytest.mark.evidence("S12-18", "S13-06", "S13-08")
@given(histories(people=1), st.sampled_from(["/a", "/b", "/a/b"]))
@settings(max_examples=30)
def test_the_owner_s_files_are_the_same_before_sharing_and_after_unsharing(history, path):
    people = People(2)
    owner = people[0]
    for _, operation in history:
        if operation[0] in ("upload", "folder", "move", "copy", "delete"):
            owner.do(operation)
    before = {entry.path_lower: facts(entry) for entry in owner.entries()}
    revs = [entry.rev for entry in owner.entries() if isinstance(entry, FileMetadata)]
    deleted = owner.entries(include_deleted=True)
    if owner.do(("share", path)) is None:
        new = FolderMetadata not in {type(entry) for entry in deleted}
        shared = {entry.path_lower: facts(entry) for entry in owner.entries()}
        assert shared.items() >= before.items()
        assert owner.do(("unshare", 0, False)) is None
        assert {entry.path_lower: facts(entry) for entry in owner.entries()} == shared
        for rev in revs:
            owner.dbx.files_download(f"rev:{rev}")
        gone = {each.path_lower for each in deleted if isinstance(each, DeletedMetadata)}
        now = owner.entries(include_deleted=True)
        still = {each.path_lower for each in now if isinstance(each, DeletedMetadata)}
        assert new or gone - shared.keys() == still - shared.keys()


@given(histories(people=3), histories(people=3))
@settings(max_examples=20)
def test_a_snapshot_restores_what_everybody_sees(before, after):
    people = People(3)
    for number, operation in before:
        people[number].do(operation)
    seen = [[identity(entry) for entry in person.entries()] for person in people]
    used = [person.dbx.users_get_space_usage().used for person in people]
    cursors = [Cursor(person) for person in people]
    snapshot = people.service.snapshot()
    folders = list(people.folders)
    for number, operation in after:
        people[number].do(operation)
    people.service.restore(snapshot)
    people.folders = folders
    assert seen == [[identity(entry) for entry in person.entries()] for person in people]
    assert used == [person.dbx.users_get_space_usage().used for person in people]
    for number, operation in after:
        people[number].do(operation)
    for cursor in cursors:
        assert cursor.follow()
        assert cursor.mirror.entries == cursor.listed()


def facts(entry):
    """Return what sharing does not change in a file or folder."""
    if not isinstance(entry, FileMetadata):
        return entry.path_display, entry.id
    times = entry.client_modified, entry.server_modified
    return entry.path_display, entry.id, entry.content_hash, *times
