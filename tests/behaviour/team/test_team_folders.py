"""Tests of team folders, and of their content as administrators reach it."""

import pytest
from dropbox.common import PathRoot
from dropbox.exceptions import PathRootError
from dropbox.files import SyncSettingArg
from tests.support.doors import auth_refusal, listed, paths, refusal
from tests.support.fingerprint import fingerprint

from fakedropbox import Personality


@pytest.fixture
def plans(team):
    """The id of an active team folder."""
    return team.team_team_folder_create("Plans").team_folder_id


@pytest.fixture
def foreign(connect_team, service):
    """A client of a second team."""
    return connect_team(service.logins.create(team=service.teams.create("B", ["zoe@example.com"])))


@pytest.fixture
def at_plans(team, ada, plans):
    """A client of the administrator whose path root is the team folder."""
    root = PathRoot.namespace_id(plans)
    return team.as_admin(ada.team_member_id).with_path_root(root)


def names(page):
    return [each.name for each in page.team_folders]


@pytest.mark.evidence("P8-06")
def test_a_new_team_folder_is_active(team):
    made = team.team_team_folder_create("Plans", SyncSettingArg.not_synced)
    assert (made.name, made.status.is_active(), made.is_team_shared_dropbox) == (
        "Plans",
        True,
        False,
    )
    assert made.sync_setting.is_not_synced()
    assert made.content_sync_settings == []
    assert team.team_team_folder_create("More").sync_setting.is_default()


@pytest.mark.evidence("P8-06")
def test_a_name_that_a_team_folder_cannot_have_is_refused(team, service, foreign, plans):
    before = fingerprint(service)
    for name in ("", "a/b", "a ", ".dropbox"):
        assert refusal(team.team_team_folder_create, name) == "invalid_folder_name"
        assert refusal(team.team_team_folder_rename, plans, name) == "invalid_folder_name"
    assert refusal(team.team_team_folder_create, "PLANS") == "folder_name_already_used"
    assert fingerprint(service) == before
    other = team.team_team_folder_create("Other").team_folder_id
    assert refusal(team.team_team_folder_rename, other, "plans") == "folder_name_already_used"
    assert team.team_team_folder_rename(plans, "PLANS").name == "PLANS"
    assert foreign.team_team_folder_create("Plans").name == "Plans"


@pytest.mark.evidence("P8-07")
def test_the_list_has_pages_and_get_info_one_result_for_each_id(team, foreign, plans):
    more = team.team_team_folder_create("More").team_folder_id
    other = foreign.team_team_folder_create("Other").team_folder_id
    team.team_team_folder_archive(plans)
    first = team.team_team_folder_list(limit=1)
    assert (names(first), first.has_more) == (["Plans"], True)
    second = team.team_team_folder_list_continue(first.cursor)
    assert (names(second), second.has_more) == (["More"], False)
    assert refusal(team.team_team_folder_list_continue, "x") == "invalid_cursor"
    assert refusal(foreign.team_team_folder_list_continue, first.cursor) == "invalid_cursor"
    found = team.team_team_folder_get_info([more, other, "1"])
    assert found[0].get_team_folder_metadata().name == "More"
    assert [each.get_id_not_found() for each in found[1:]] == [other, "1"]


@pytest.mark.evidence("P8-08", "P8-13")
def test_only_an_archived_team_folder_can_be_permanently_deleted(team, plans):
    assert refusal(team.team_team_folder_permanently_delete, plans) == "status_error/active"
    assert refusal(team.team_team_folder_activate, plans) == "status_error/active"
    archived = team.team_team_folder_archive(plans).get_complete()
    assert archived.status.is_archived()
    assert refusal(team.team_team_folder_archive, plans) == "status_error/archived"
    assert refusal(team.team_team_folder_rename, plans, "New") == "status_error/archived"
    assert team.team_team_folder_activate(plans).status.is_active()
    team.team_team_folder_archive(plans)
    assert team.team_team_folder_permanently_delete(plans) is None
    assert names(team.team_team_folder_list()) == []
    again = refusal(team.team_team_folder_permanently_delete, plans)
    assert again == "access_error/invalid_team_folder_id"


@pytest.mark.dropbox(personality=Personality(async_batches="always", async_checks=1))
@pytest.mark.evidence("P8-08", "S16-11")
def test_a_team_folder_is_archived_by_a_job(team, foreign, plans):
    job = team.team_team_folder_archive(plans).get_async_job_id()
    assert refusal(foreign.team_team_folder_archive_check, job) == "invalid_async_job_id"
    assert team.team_team_folder_archive_check(job).is_in_progress()
    found = team.team_team_folder_archive_check(job).get_complete()
    assert (found.name, found.status.is_archived()) == ("Plans", True)


@pytest.mark.evidence("P8-13")
def test_a_team_folder_of_another_team_is_refused(service, foreign, plans):
    before = fingerprint(service)
    for route, *rest in (("archive",), ("activate",), ("permanently_delete",), ("rename", "A")):
        call = getattr(foreign, f"team_team_folder_{route}")
        assert refusal(call, plans, *rest) == "access_error/no_access"
        assert refusal(call, "1", *rest) == "access_error/invalid_team_folder_id"
    assert fingerprint(service) == before


@pytest.mark.evidence("P8-11")
def test_team_folders_need_their_scopes(connect_team, service, acme):
    narrow = connect_team(service.logins.create(team=acme, scopes=["team_data.member"]))
    for call, scope in (
        (narrow.team_team_folder_list, "team_data.content.read"),
        (lambda: narrow.team_team_folder_create("A"), "team_data.content.write"),
    ):
        assert auth_refusal(call).get_missing_scope().required_scope == scope
    assert narrow.team_namespaces_list().namespaces


@pytest.mark.every_door
@pytest.mark.evidence("P8-13", "P8-02")
def test_an_administrator_works_in_a_team_folder(team, service, at_plans, ada, plans):
    made = at_plans.files_upload(b"1", "/Sub/a.txt")
    assert (made.path_display, made.parent_shared_folder_id) == ("/Sub/a.txt", plans)
    assert made.sharing_info.modified_by == ada.account.account_id
    assert not made.sharing_info.read_only
    page = at_plans.files_list_folder("", recursive=True)
    assert paths(page.entries) == ["/Sub", "/Sub/a.txt"]
    at_plans.files_move_v2("/Sub/a.txt", "/b.txt")
    assert paths(at_plans.files_list_folder_continue(page.cursor).entries) == [
        "/Sub/a.txt",
        "/b.txt",
    ]
    assert at_plans.files_download(made.id)[1].content == b"1"
    at_plans.files_delete_v2("/Sub")
    assert paths(listed(at_plans)) == ["/b.txt"]
    assert service.files_of(ada.account) == {}
    types = {each.name: each.namespace_type._tag for each in team.team_namespaces_list().namespaces}
    assert types["Plans"] == "team_folder"


@pytest.mark.evidence("P8-13")
def test_a_team_folder_without_members_is_closed_to_all_but_administrators_of_the_team(
    team, connect, service, foreign, at_plans, ada, plans
):
    at_plans.files_upload(b"1", "/a.txt")
    root = PathRoot.namespace_id(plans)
    (zoe,) = service.teams.members(service.accounts.by_email("zoe@example.com").team)
    for client in (
        team.as_user(ada.team_member_id),
        foreign.as_admin(zoe.team_member_id),
        foreign.as_user(zoe.team_member_id),
        connect(service.logins.create(ada.account)),
    ):
        with pytest.raises(PathRootError) as caught:
            client.with_path_root(root).files_list_folder("")
        assert caught.value.error.is_no_permission()
    team.team_team_folder_archive(plans)
    with pytest.raises(PathRootError):
        at_plans.files_upload(b"2", "/b.txt")
    team.team_team_folder_activate(plans)
    assert paths(listed(at_plans)) == ["/a.txt"]
