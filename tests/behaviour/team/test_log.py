"""Tests of the log of a team: `team_log/get_events`."""

from datetime import datetime, timedelta

import pytest
from dropbox.common import PathRoot
from dropbox.files import DeleteArg, RelocationPath, WriteMode
from dropbox.sharing import AccessLevel, AddMember, MemberSelector
from dropbox.team import (
    AdminTier,
    GroupAccessType,
    GroupSelector,
    MemberAccess,
    MemberAddArg,
    UserSelectorArg,
)
from dropbox.team_common import TimeRange
from dropbox.team_log import EventCategory, EventTypeArg
from tests.support.doors import auth_refusal, refusal
from tests.support.fingerprint import fingerprint

from fakedropbox import Personality

START = datetime(2026, 1, 1)  # noqa: DTZ001 -- the SDK's times are naive


@pytest.fixture
def new_events(team):
    """A function that returns the events since it was called last."""
    cursor = None

    def found():
        nonlocal cursor
        page = (
            team.team_log_get_events()
            if cursor is None
            else team.team_log_get_events_continue(cursor)
        )
        assert not page.has_more
        cursor = page.cursor
        return page.events

    return found


@pytest.fixture
def new_kinds(new_events):
    """A function that returns the kinds of the events since it was called last."""
    return lambda: [each.event_type._tag for each in new_events()]


@pytest.mark.every_door
@pytest.mark.evidence("P9-01", "P9-02", "P9-03", "P9-04", "P9-05", "P9-06")
def test_an_upload_is_an_event_with_its_actor_and_file(service, team, as_bob, bob):
    service.clock.advance(90)
    made = as_bob.files_upload(b"1", "/Docs/a.txt")
    page = team.team_log_get_events()
    (event,) = page.events
    assert event.timestamp == START + timedelta(seconds=90)
    assert event.event_category.is_file_operations()
    user = event.actor.get_user()
    assert (user.account_id, user.email) == (bob.account.account_id, bob.email)
    assert (user.display_name, user.team_member_id) == ("Bob", bob.team_member_id)
    assert event.context.get_team_member().email == bob.email
    assert event.participants == []
    assert not event.involve_non_team_member
    (asset,) = event.assets
    file = asset.get_file()
    assert (file.display_name, file.file_id) == ("a.txt", made.id)
    assert file.path.contextual == "/Docs/a.txt"
    where = file.path.namespace_relative
    assert (where.ns_id, where.relative_path) == (str(bob.namespace_id), "/Docs/a.txt")
    assert not where.is_shared_namespace
    assert event.event_type.get_file_add().description == "Added files and/or folders"
    assert event.details.is_file_add_details()
    assert not page.has_more


@pytest.mark.evidence("P9-10")
def test_uploads_downloads_moves_copies_restores_and_deletions_are_events(
    as_bob, new_events, new_kinds
):
    first = as_bob.files_upload(b"1", "/a.txt")
    as_bob.files_upload(b"1", "/a.txt", mode=WriteMode.overwrite)
    as_bob.files_upload(b"2", "/a.txt", mode=WriteMode.overwrite)
    as_bob.files_create_folder_v2("/Docs")
    as_bob.files_download("/a.txt")
    assert new_kinds() == ["file_add", "file_edit", "file_download"]
    as_bob.files_move_v2("/a.txt", "/b.txt")
    (moved,) = new_events()
    assert [each.get_file().path.contextual for each in moved.assets] == ["/a.txt", "/b.txt"]
    (indices,) = moved.details.get_file_move_details().relocate_action_details
    assert (indices.src_asset_index, indices.dest_asset_index) == (0, 1)
    as_bob.files_copy_v2("/b.txt", "/c.txt")
    as_bob.files_restore("/b.txt", first.rev)
    as_bob.files_delete_v2("/b.txt")
    as_bob.files_permanently_delete("/b.txt")
    as_bob.files_permanently_delete("/Docs")
    kinds = ["file_copy", "file_restore", "file_delete"]
    assert new_kinds() == [*kinds, "file_permanently_delete", "file_permanently_delete"]


@pytest.mark.evidence("P9-10")
@pytest.mark.dropbox(personality=Personality(async_batches="never"))
def test_each_successful_entry_of_a_batch_is_an_event(as_bob, new_kinds):
    for name in ("/a", "/b"):
        as_bob.files_upload(b"1", name)
    assert len(new_kinds()) == 2
    as_bob.files_move_batch_v2([RelocationPath("/a", "/c"), RelocationPath("/b", "/d")])
    as_bob.files_delete_batch([DeleteArg("/c"), DeleteArg("/none")])
    assert new_kinds() == ["file_move", "file_move", "file_delete"]


@pytest.mark.evidence("P9-10")
def test_sharing_is_recorded_with_those_who_take_part(service, team, as_bob, ada, new_events):
    as_bob.files_upload(b"1", "/Docs/a.txt")
    new_events()
    folder = service.share_folder("/Other", account=ada.account)
    assert new_events() == []
    shared = as_bob.sharing_share_folder("/Docs").get_complete().shared_folder_id
    people = [MemberSelector.email("out@example.com"), MemberSelector.email(ada.email)]
    as_bob.sharing_add_folder_member(
        shared, [AddMember(each, AccessLevel.editor) for each in people]
    )
    created, *added = new_events()
    assert created.details.get_shared_folder_create_details().target_ns_id == shared
    assert created.assets[0].get_folder().path.namespace_relative.ns_id == shared
    assert [each.involve_non_team_member for each in added] == [True, False]
    users = [each.participants[0].get_user() for each in added]
    assert [each.email for each in users] == ["out@example.com", ada.email]
    assert added[0].details.get_shared_content_add_member_details().shared_content_access_level
    member = MemberSelector.dropbox_id(ada.account.account_id)
    as_ada = team.as_user(ada.team_member_id)
    as_ada.sharing_mount_folder(shared)
    as_ada.sharing_unmount_folder(shared)
    as_bob.sharing_remove_folder_member(shared, member, leave_a_copy=False)
    link = as_bob.sharing_create_shared_link_with_settings("/Docs/a.txt")
    as_bob.sharing_revoke_shared_link(link.url)
    as_bob.sharing_unshare_folder(shared)
    as_ada.sharing_unshare_folder(folder)
    assert [each.event_type._tag for each in new_events()] == [
        "shared_folder_mount",
        "shared_folder_unmount",
        "shared_content_remove_member",
        "shared_link_create",
        "shared_link_disable",
        "shared_content_unshare",
        "shared_content_unshare",
    ]


@pytest.mark.every_door
@pytest.mark.evidence("P9-04", "P9-10")
def test_what_administrators_do_is_recorded(team, ada, bob, new_events):
    group = GroupSelector.group_id(team.team_groups_create("G").group_id)
    user = UserSelectorArg.team_member_id(bob.team_member_id)
    team.team_groups_members_add(group, [MemberAccess(user, GroupAccessType.member)])
    team.team_groups_members_remove(group, [user])
    team.team_groups_update(group, new_group_name="H")
    team.team_groups_delete(group)
    folder = team.team_team_folder_create("Plans").team_folder_id
    team.team_team_folder_rename(folder, "Goals")
    team.team_team_folder_archive(folder)
    team.team_team_folder_permanently_delete(folder)
    team.team_members_add([MemberAddArg("new@example.com")])
    team.team_members_suspend(user)
    team.team_members_unsuspend(user)
    team.team_members_set_admin_permissions(user, AdminTier.team_admin)
    team.team_members_set_admin_permissions(user, AdminTier.team_admin)
    team.team_members_remove(user)
    events = new_events()
    assert [each.event_type._tag for each in events] == [
        "group_create",
        "group_add_member",
        "group_remove_member",
        "group_rename",
        "group_delete",
        "team_folder_create",
        "team_folder_rename",
        "team_folder_change_status",
        "team_folder_permanently_delete",
        "member_change_status",
        "member_change_status",
        "member_change_status",
        "member_change_admin_role",
        "member_change_status",
    ]
    assert {each.actor.get_admin().email for each in events} == {ada.email}
    named = events[1].participants
    assert (named[0].get_group().display_name, named[1].get_user().email) == ("G", bob.email)
    assert events[3].details.get_group_rename_details().new_value == "H"
    assert events[6].details.get_team_folder_rename_details().new_folder_name == "Goals"
    invited, suspended = (each.details.get_member_change_status_details() for each in events[9:11])
    assert (invited.previous_value._tag, invited.new_value._tag) == ("not_joined", "invited")
    assert (suspended.previous_value._tag, suspended.new_value._tag) == ("active", "suspended")
    role = events[12].details.get_member_change_admin_role_details()
    assert (role.previous_value._tag, role.new_value._tag) == ("member_only", "team_admin")


@pytest.mark.evidence("P9-10")
def test_an_administrator_in_a_team_folder_is_the_actor(team, ada, new_events):
    folder = team.team_team_folder_create("Plans").team_folder_id
    new_events()
    admin = team.as_admin(ada.team_member_id)
    admin.with_path_root(PathRoot.namespace_id(folder)).files_upload(b"1", "/a.txt")
    (event,) = new_events()
    assert event.actor.get_admin().email == ada.email
    where = event.assets[0].get_file().path.namespace_relative
    assert (where.ns_id, where.relative_path, where.is_shared_namespace) == (
        folder,
        "/a.txt",
        True,
    )


@pytest.mark.evidence("P9-10")
def test_calls_that_are_refused_undone_or_of_other_teams_are_not_recorded(
    service, dbx, team, as_bob, new_events
):
    dbx.files_upload(b"1", "/a.txt")
    assert refusal(as_bob.files_delete_v2, "/none") == "path_lookup/not_found"
    other = service.teams.create("B", ["zoe@example.com"])
    client = service.team_client(other)
    client.team_groups_create("G")
    assert new_events() == []
    assert len(client.team_log_get_events().events) == 1
    before = service.snapshot()
    as_bob.files_upload(b"1", "/a.txt")
    service.restore(before)
    assert team.team_log_get_events().events == []


@pytest.mark.every_door
@pytest.mark.evidence("P9-01", "P9-07", "O4.7-05")
def test_events_are_filtered_and_come_in_pages(service, team, as_bob, ada, bob):
    as_bob.files_upload(b"1", "/a.txt")
    service.clock.advance(10)
    team.as_user(ada.team_member_id).files_upload(b"1", "/a.txt")
    service.clock.advance(10)
    team.team_groups_create("G")

    def kinds(**filters):
        return [each.event_type._tag for each in team.team_log_get_events(**filters).events]

    assert kinds() == ["file_add", "file_add", "group_create"]
    assert kinds(category=EventCategory.groups) == ["group_create"]
    assert kinds(event_type=EventTypeArg.file_add) == ["file_add", "file_add"]
    assert kinds(account_id=bob.account.account_id) == ["file_add"]
    late, middle = START + timedelta(seconds=20), START + timedelta(seconds=10)
    assert kinds(time=TimeRange(start_time=late)) == ["group_create"]
    assert kinds(time=TimeRange(end_time=middle)) == ["file_add", "file_add"]
    page = team.team_log_get_events(limit=1, event_type=EventTypeArg.file_add)
    found = [*page.events]
    while page.has_more:
        page = team.team_log_get_events_continue(page.cursor)
        found += page.events
    assert [each.actor.get_user().email for each in found] == [bob.email, ada.email]
    as_bob.files_upload(b"1", "/b.txt")
    team.team_groups_create("H")
    later = team.team_log_get_events_continue(page.cursor)
    assert [each.event_type._tag for each in later.events] == ["file_add"]


@pytest.mark.evidence("P9-07", "O4.7-05")
def test_bad_filters_and_cursors_are_refused(service, team, as_bob):
    as_bob.files_upload(b"1", "/a.txt")
    other = service.team_client(service.teams.create("B", ["zoe@example.com"]))
    foreign = other.team_log_get_events().cursor, team.team_members_list().cursor
    before = fingerprint(service)
    get, more = team.team_log_get_events, team.team_log_get_events_continue
    both = {"category": EventCategory.groups, "event_type": EventTypeArg.file_add}
    assert refusal(get, **both) == "invalid_filters"
    wrong = TimeRange(start_time=START + timedelta(1), end_time=START)
    assert refusal(get, time=wrong) == "invalid_time_range"
    outsider = service.accounts.default.account_id
    for account in (outsider, f"dbid:{'x' * 35}"):
        assert refusal(get, account_id=account) == "account_id_not_found"
    for cursor in ("x", *foreign):
        assert refusal(more, cursor) == "bad_cursor"
    assert fingerprint(service) == before


@pytest.mark.evidence("P9-09")
def test_the_log_needs_its_scope(connect_team, service, acme):
    narrow = connect_team(service.logins.create(team=acme, scopes=["team_info.read"]))
    for call in (narrow.team_log_get_events, lambda: narrow.team_log_get_events_continue("x")):
        assert auth_refusal(call).get_missing_scope().required_scope == "events.read"
