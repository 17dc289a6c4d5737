"""Tests of what administrators see and change in the root of a team and in its namespaces."""

import io

import pytest
from dropbox import files
from dropbox.common import PathRoot
from dropbox.files import RelocationPath
from dropbox.sharing import AccessLevel, AddMember, MemberSelector
from dropbox.team import UserSelectorArg
from tests.support.batches import copy
from tests.support.doors import bad_input, listed, paths, refusal
from tests.support.fingerprint import fingerprint
from tests.support.teams import root_of

from fakedropbox import NotImplementedInFake, Personality


@pytest.fixture
def at_top(admin, ada):
    """A client of the administrator Ada in the root of the team space."""
    return admin.with_path_root(root_of(ada))


@pytest.fixture
def plans(team):
    """The id of an active team folder, of which nobody is a member."""
    return team.team_team_folder_create("Plans").team_folder_id


def pages(client, first):
    """Return all entries from a page on, and the last cursor."""
    found = [*first.entries]
    while first.has_more:
        first = client.files_list_folder_continue(first.cursor)
        found += first.entries
    return found, first.cursor


@pytest.mark.every_door
@pytest.mark.evidence("P8-18", "P4-10")
def test_the_top_of_the_team_space_has_the_folders_of_all_members_and_all_team_folders(
    team, at_top, as_bob, plans
):
    as_bob.files_upload(b"1", "/a.txt")
    found, _ = pages(at_top, at_top.files_list_folder("", limit=1))
    assert paths(found) == ["/Ada", "/Bob", "/Eve", "/Plans"]
    folder = found[-1]
    assert (folder.shared_folder_id, folder.sharing_info.read_only) == (plans, False)
    assert at_top.files_get_metadata("/plans") == folder
    assert at_top.files_get_metadata("/Bob") == found[1]
    assert paths(listed(at_top, "/Bob")) == ["/Bob/a.txt"]
    assert paths(listed(at_top, "/Plans")) == []


@pytest.mark.every_door
@pytest.mark.evidence("P8-18")
def test_the_changes_at_the_top_are_those_of_members_and_of_team_folders(team, at_top, bob, plans):
    cursor = at_top.files_list_folder_get_latest_cursor("").cursor

    def changes():
        nonlocal cursor
        page = at_top.files_list_folder_continue(cursor)
        found, cursor = pages(at_top, page)
        return [(type(each).__name__[:-8], each.path_display) for each in found]

    assert changes() == []
    assert not at_top.files_list_folder_longpoll(cursor, timeout=30).changes
    more = team.team_team_folder_create("More").team_folder_id
    assert at_top.files_list_folder_longpoll(cursor, timeout=30).changes
    assert changes() == [("Folder", "/More")]
    team.team_team_folder_rename(more, "Most")
    assert changes() == [("Deleted", "/More"), ("Folder", "/Most")]
    team.team_team_folder_archive(more)
    team.team_members_remove(UserSelectorArg.team_member_id(bob.team_member_id))
    assert sorted(changes()) == [("Deleted", "/Bob"), ("Deleted", "/Most")]
    assert changes() == []


@pytest.mark.every_door
@pytest.mark.evidence("P8-18", "P8-13")
def test_an_administrator_works_in_a_team_folder_below_the_top(service, team, at_top, ada, plans):
    made = at_top.files_upload(b"1", "/Plans/Sub/a.txt")
    assert (made.path_display, made.parent_shared_folder_id) == ("/Plans/Sub/a.txt", plans)
    page = at_top.files_list_folder("/plans", recursive=True)
    assert paths(page.entries) == ["/Plans/Sub", "/Plans/Sub/a.txt"]
    at_top.files_move_v2("/Plans/Sub/a.txt", "/Plans/b.txt")
    moved = at_top.files_list_folder_continue(page.cursor).entries
    assert paths(moved) == ["/Plans/Sub/a.txt", "/Plans/b.txt"]
    assert at_top.files_download("/plans/B.txt")[1].content == b"1"
    assert refusal(at_top.files_get_metadata, "/Plans/none") == "path/not_found"
    assert refusal(at_top.files_get_metadata, "/None") == "path/not_found"
    copies = copy(at_top, ("/Plans/b.txt", "/Plans/c.txt"))
    assert copies[0].get_success().path_display == "/Plans/c.txt"
    assert service.files_of(ada.account) == {}
    team.team_team_folder_archive(plans)
    assert refusal(at_top.files_get_metadata, "/Plans/b.txt") == "path/not_found"


@pytest.mark.every_door
@pytest.mark.evidence("P8-18", "F6.3-01")
@pytest.mark.parametrize("path", ["/Plans/Sub", "/plans/sub/Plans", "/Plans"])
def test_a_longpoll_waits_for_a_change_in_a_team_folder_below_the_top(team, at_top, plans, path):
    at_top.files_create_folder_v2("/Plans/Sub/Plans")
    cursor = at_top.files_list_folder(path).cursor
    assert not at_top.files_list_folder_longpoll(cursor, timeout=30).changes
    assert at_top.files_list_folder_continue(cursor).entries == []
    at_top.files_upload(b"1", f"{path}/a.txt")
    assert at_top.files_list_folder_longpoll(cursor, timeout=30).changes
    page = at_top.files_list_folder_continue(cursor)
    assert [each.name for each in page.entries] == ["a.txt"]
    assert not at_top.files_list_folder_longpoll(page.cursor, timeout=30).changes
    team.team_team_folder_rename(plans, "New")
    assert at_top.files_list_folder_longpoll(page.cursor, timeout=30).changes
    assert refusal(at_top.files_list_folder_continue, page.cursor) == "path/not_found"


@pytest.mark.every_door
@pytest.mark.evidence("P8-19")
def test_an_administrator_reads_homes_shared_folders_and_team_folders_by_namespace(
    team, admin, as_bob, ada, bob, eve, plans
):
    as_bob.files_upload(b"home", "/Sub/a.txt")
    as_bob.files_upload(b"shared", "/Docs/b.txt")
    docs = as_bob.sharing_share_folder("/Docs").get_complete().shared_folder_id
    root = PathRoot.namespace_id(plans)
    admin.with_path_root(root).files_upload(b"plans", "/c.txt")
    known = {each.namespace_id for each in team.team_namespaces_list().namespaces}
    for namespace, name, content in (
        (bob.namespace_id, "Sub/a.txt", b"home"),
        (docs, "b.txt", b"shared"),
        (plans, "c.txt", b"plans"),
    ):
        assert str(namespace) in known
        page = admin.files_list_folder(f"ns:{namespace}", recursive=True, limit=1)
        found, cursor = pages(admin, page)
        leaf = name.rpartition("/")[2]
        assert leaf in [each.name for each in found]
        assert all(each.path_display is each.path_lower is None for each in found)
        assert admin.files_download(f"ns:{namespace}/{name}")[1].content == content
        meta = admin.files_get_metadata(f"ns:{namespace}/{name}")
        assert (meta.name, meta.path_lower, meta.size) == (leaf, None, len(content))
        assert admin.files_list_folder_continue(cursor).entries == []
    as_bob.files_delete_v2("/Sub")
    (gone,) = (
        each
        for each in admin.files_list_folder(f"ns:{bob.namespace_id}", include_deleted=True).entries
        if each.name == "Sub"
    )
    assert (type(gone).__name__, gone.path_lower) == ("DeletedMetadata", None)


@pytest.mark.every_door
@pytest.mark.evidence("P8-19", "P8-13", "P8-12")
def test_an_administrator_writes_by_namespace_in_team_folders_and_own_files_only(
    service, team, admin, as_bob, ada, bob, plans
):
    docs = as_bob.sharing_share_folder("/Docs").get_complete().shared_folder_id
    made = admin.files_upload(b"1", f"ns:{plans}/a.txt")
    assert (made.name, made.path_display, made.parent_shared_folder_id) == ("a.txt", None, plans)
    assert admin.files_upload(b"1", f"ns:{ada.namespace_id}/b.txt").path_display == "/b.txt"
    before = fingerprint(service, without=["sessions"])
    for namespace in (bob.namespace_id, docs, bob.team.root_namespace_id):
        wrong = f"ns:{namespace}/c.txt"
        assert refusal(admin.files_upload, b"1", wrong) == "path/malformed_path"
        assert refusal(admin.files_delete_v2, wrong) == "path_lookup/not_found"
    assert fingerprint(service, without=["sessions"]) == before
    team.team_team_folder_archive(plans)
    assert refusal(admin.files_list_folder, f"ns:{plans}") == "path/not_found"


@pytest.mark.every_door
@pytest.mark.evidence("P8-19", "F5-05", "F5-06", "F5-07", "F2.2-06")
def test_an_administrator_reads_pictures_previews_and_exports_by_namespace(admin, as_bob, bob):
    """Files in a namespace have no path, so that their names say what they are."""
    image = pytest.importorskip("PIL.Image").new("RGB", (20, 10))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    as_bob.files_upload(buffer.getvalue(), "/Sub/A.PNG")
    as_bob.files_upload(b"a,b", "/B.CSV")
    as_bob.files_upload(b"{}", "/c.web")
    picture, table, web = (
        f"ns:{bob.namespace_id}/{name}" for name in ("sub/a.png", "b.csv", "C.web")
    )
    assert admin.files_get_thumbnail(picture)[0].path_lower is None
    found = admin.files_get_thumbnail_v2(files.PathOrLink.path(picture))[0].file_metadata
    assert found == admin.files_get_metadata(picture)
    (entry,) = admin.files_get_thumbnail_batch([files.ThumbnailArg(picture)]).entries
    assert entry.get_success().metadata == found
    shown = admin.files_get_metadata(picture, include_media_info=True).media_info.get_metadata()
    assert (shown.dimensions.width, shown.dimensions.height) == (20, 10)
    assert admin.files_get_preview(table)[0].path_lower is None
    result, response = admin.files_export(web)
    assert (result.export_metadata.name, response.content) == ("c.url", b"{}")


@pytest.mark.evidence("P8-18")
def test_an_administrator_gets_a_thumbnail_in_the_team_space(at_top, as_bob):
    image = pytest.importorskip("PIL.Image").new("RGB", (20, 10))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    as_bob.files_upload(buffer.getvalue(), "/a.png")
    found = at_top.files_get_thumbnail_v2(files.PathOrLink.path("/Bob/a.png"))[0].file_metadata
    assert found == at_top.files_get_metadata("/Bob/a.png")


@pytest.mark.evidence("P8-19", "S13-11")
def test_a_namespace_of_nobody_in_the_team_is_not_found(service, connect_team, admin, ada):
    other = service.teams.create("B", ["zoe@example.com"])
    (zoe,) = service.teams.members(other)
    theirs = connect_team(service.logins.create(team=other))
    outsider = service.accounts.create("out@example.com")
    plans = theirs.team_team_folder_create("Plans").team_folder_id
    docs = service.share_folder("/Docs", account=zoe.account)
    for namespace in (zoe.namespace_id, outsider.namespace_id, plans, docs, 1):
        assert refusal(admin.files_list_folder, f"ns:{namespace}") == "path/not_found"


@pytest.mark.evidence("P8-04", "P8-19")
def test_a_shared_folder_of_somebody_else_with_a_member_is_a_namespace_of_the_team(
    service, team, admin, ada, bob
):
    outsider = service.accounts.create("out@example.com")
    service.seed_files({"/Ours/a.txt": b"1"}, account=outsider)

    def listed_ids():
        return [each.namespace_id for each in team.team_namespaces_list().namespaces]

    ours = service.share_folder("/Ours", account=outsider)
    assert ours not in listed_ids()
    assert refusal(admin.files_list_folder, f"ns:{ours}") == "path/not_found"
    as_outsider = service.client(account=outsider)

    def add(account):
        person = AddMember(MemberSelector.dropbox_id(account.account_id), AccessLevel.viewer)
        as_outsider.sharing_add_folder_member(ours, [person])

    add(bob.account)
    assert listed_ids().count(ours) == 1
    assert admin.files_download(f"ns:{ours}/a.txt")[1].content == b"1"
    assert admin.files_get_metadata(f"ns:{ours}/a.txt").path_display is None
    assert refusal(admin.files_upload, b"2", f"ns:{ours}/b.txt") == "path/malformed_path"
    team.team_members_remove(UserSelectorArg.team_member_id(bob.team_member_id))
    assert ours not in listed_ids()
    assert refusal(admin.files_list_folder, f"ns:{ours}") == "path/not_found"
    add(ada.account)
    service.client(account=ada.account).sharing_mount_folder(ours)
    assert admin.files_get_metadata(f"ns:{ours}").path_display == "/Ours"


@pytest.mark.evidence("P8-19")
def test_a_cursor_of_a_namespace_is_for_administrators_only(team, admin, as_bob, ada, bob, plans):
    cursor = admin.files_list_folder(f"ns:{plans}").cursor
    as_ada = team.as_user(ada.team_member_id)
    for client in (as_ada, as_bob):
        assert "cursor" in bad_input(client.files_list_folder_continue, cursor)
    assert "cursor" in bad_input(admin.files_list_folder_continue, "AAF")


@pytest.mark.evidence("P8-18", "F6.2-03")
def test_a_cursor_of_the_team_space_is_for_its_team_only(service, connect_team, at_top, bob):
    zoes = service.teams.create("Other", ["zoe@other.example.com"])
    (zoe,) = service.teams.members(zoes)
    other = connect_team(service.logins.create(team=zoes)).as_admin(zoe.team_member_id)
    cursor = at_top.files_list_folder("").cursor
    theirs = other.with_path_root(root_of(zoe))
    assert "cursor" in bad_input(theirs.files_list_folder_continue, cursor)
    assert at_top.files_list_folder_continue(cursor).entries == []


@pytest.mark.evidence("P8-18", "F6.2-02", "F6.2-03")
def test_a_cursor_of_the_team_space_is_refused_after_its_team_or_folder_was_undone(
    service, connect_team, team, at_top
):
    with service.scratch():
        made = service.teams.create("Other", ["zoe@other.example.com"])
        (zoe,) = service.teams.members(made)
        other = connect_team(service.logins.create(team=made)).as_admin(zoe.team_member_id)
        top = other.with_path_root(root_of(zoe)).files_list_folder("").cursor
        folder = team.team_team_folder_create("Undone").team_folder_id
        inner = at_top.files_list_folder("/Undone").cursor
    for cursor in (top, inner):
        assert refusal(at_top.files_list_folder_longpoll, cursor) == "reset"
        assert "cursor" in bad_input(at_top.files_list_folder_continue, cursor)
    assert folder not in [each.team_folder_id for each in team.team_team_folder_list().team_folders]


@pytest.mark.dropbox(personality=Personality(lag_entries=3, lag_seconds=5))
def test_a_lagging_listing_of_a_namespace_shows_no_paths(service, admin, bob):
    service.seed_files({"/Sub/a.txt": b"1"}, account=bob.account)
    found = admin.files_list_folder(f"ns:{bob.namespace_id}", recursive=True).entries
    assert [(each.name, each.path_lower) for each in found] == [("Sub", None), ("a.txt", None)]


@pytest.mark.dropbox(allow_not_implemented=True)
def test_uses_of_the_team_space_without_known_facts_are_not_implemented(
    service, team, admin, at_top, as_bob, ada, bob, plans
):
    as_bob.files_upload(b"1", "/a.txt")
    at_top.files_upload(b"1", "/Plans/a.txt")
    home, ids = f"ns:{bob.namespace_id}", (f"ns:{plans}/a.txt", f"ns:{bob.namespace_id}/a.txt")
    before = fingerprint(service)
    for text, call in (
        ("the whole team space", lambda: at_top.files_list_folder("", recursive=True)),
        ("the whole team space", lambda: at_top.files_copy_v2("/Bob/a.txt", "/Plans/b.txt")),
        ("folder of another member", lambda: at_top.files_upload(b"1", "/Bob/b.txt")),
        ("a team folder itself", lambda: at_top.files_delete_v2("/Plans")),
        ("several namespaces", lambda: admin.files_copy_batch_v2([RelocationPath(*ids)])),
        ("a team folder itself", lambda: at_top.files_list_revisions("/Plans")),
        ("the whole team space", at_top.sharing_list_shared_links),
        ("as path root", lambda: admin.sharing_list_shared_links(home)),
        ("in the team space", lambda: at_top.sharing_list_shared_links("/Bob/a.txt")),
    ):
        with pytest.raises(NotImplementedInFake, match=text):
            call()
    assert fingerprint(service) == before


@pytest.mark.evidence("P8-18", "P8-09")
def test_an_administrator_writes_in_a_team_folder_to_which_a_member_has_read_access_only(
    team, at_top, admin, ada, plans
):
    me = AddMember(MemberSelector.dropbox_id(ada.account.account_id), AccessLevel.viewer)
    admin.sharing_add_folder_member(plans, [me])
    as_ada = team.as_user(ada.team_member_id).with_path_root(root_of(ada))
    assert refusal(as_ada.files_upload, b"1", "/Plans/a.txt") == "path/no_write_permission"
    at_top.files_upload(b"1", "/Plans/a.txt")
    assert paths(listed(as_ada, "/Plans")) == ["/Plans/a.txt"]
