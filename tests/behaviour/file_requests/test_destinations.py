"""Tests of the destinations of file requests: moved, deleted, shared, in the folder of an app."""

import pytest
from dropbox.file_requests import FileRequestError
from dropbox.sharing import AccessLevel, MemberSelector
from tests.support.doors import newer_sdk, refusal
from tests.support.file_requests import create, titles

from fakedropbox import NotImplementedInFake

NO_RIGHT = "no_write_permission"


def destination(client, request):
    """Return the destination of a request as a client sees it now."""
    return client.file_requests_get(request.id).destination


@pytest.mark.evidence("P1-45", "P1-46")
def test_the_destination_follows_its_folder(dbx, service, friend):
    made = create(dbx, destination="/A/Docs")
    dbx.files_move_v2("/A/Docs", "/B/Papers")
    assert destination(dbx, made) == "/B/Papers"
    dbx.files_move_v2("/B", "/C")
    assert destination(dbx, made) == "/C/Papers"
    service.share_folder("/Shared", members=[friend])
    dbx.files_move_v2("/C", "/Shared/C")
    assert destination(dbx, made) == "/Shared/C/Papers"
    service.upload_to_request(made.url, {"a": b"1"}, sender="X")
    assert service.files_of(friend) == {"/Shared/C/Papers/a - X": b"1"}


@pytest.mark.evidence("P1-43", "P1-44", "P1-60")
def test_a_request_whose_folder_was_deleted_stays_open_without_a_destination(dbx, service):
    made = create(dbx, destination="/A/Docs")
    dbx.files_delete_v2("/A")
    found = dbx.file_requests_get(made.id)
    assert (found.destination, found.is_open) == (None, True)
    dbx.files_create_folder_v2("/A/Docs")
    assert destination(dbx, made) is None
    with pytest.raises(ValueError, match="was removed"):
        service.upload_to_request(made.url, {"a": b""})
    assert dbx.file_requests_update(made.id, destination="/A/Docs").destination == "/A/Docs"
    assert service.upload_to_request(made.url, {"a": b""}, sender="X") == ["/A/Docs/a - X"]


@pytest.mark.dropbox(files={"/Docs/Sub/": b""})
@pytest.mark.evidence("P1-45", "P1-49")
def test_requests_keep_their_destinations_when_a_folder_is_shared_and_unshared(
    dbx, service, friend
):
    top, below = create(dbx), create(dbx, destination="/Docs/Sub")
    folder = service.share_folder("/Docs", members=[friend])
    assert (destination(dbx, top), destination(dbx, below)) == ("/Docs", "/Docs/Sub")
    service.upload_to_request(top.url, {"a": b"1"}, sender="X")
    assert service.files_of(friend) == {"/Docs/a - X": b"1"}
    dbx.sharing_unshare_folder(folder)
    assert (destination(dbx, top), destination(dbx, below)) == ("/Docs", "/Docs/Sub")
    service.upload_to_request(below.url, {"b": b"2"}, sender="X")
    assert service.files == {"/Docs/a - X": b"1", "/Docs/Sub/b - X": b"2"}


@pytest.mark.evidence("P1-13", "P1-62")
@newer_sdk(hasattr(FileRequestError, NO_RIGHT), NO_RIGHT)
def test_a_member_has_requests_in_a_shared_folder_with_his_own_paths(dbx, friends, friend, service):
    folder = service.share_folder("/Docs", members=[friend])
    friends.files_move_v2("/Docs", "/Mine")
    made = create(friends, destination="/mine/In")
    assert made.destination == "/Mine/In"
    assert service.upload_to_request(made.url, {"a": b"1"}, sender="X") == ["/Mine/In/a - X"]
    assert dbx.files_get_metadata("/Docs/In/a - X").sharing_info.modified_by == friend.account_id
    selector = MemberSelector.dropbox_id(friend.account_id)
    dbx.sharing_update_folder_member(folder, selector, AccessLevel.viewer)
    for path in ("/Mine", "/Mine/In", "/Mine/New"):
        assert refusal(create, friends, destination=path) == NO_RIGHT
    with pytest.raises(ValueError, match="cannot receive files"):
        service.upload_to_request(made.url, {"b": b"1"})
    assert friends.file_requests_get(made.id).file_count == 1
    dbx.sharing_remove_folder_member(folder, selector, False)
    assert destination(friends, made) is None
    assert friends.file_requests_count().file_request_count == 1


@pytest.mark.evidence("P1-43")
def test_a_folder_that_is_not_mounted_cannot_be_a_destination(friends, friend, service):
    folder = service.share_folder("/Docs", members=[friend])
    made = create(friends)
    friends.sharing_unmount_folder(folder)
    assert destination(friends, made) is None
    friends.sharing_mount_folder(folder)
    assert destination(friends, made) == "/Docs"


class TestAppFolder:
    @pytest.fixture
    def app(self, connect, service):
        """A client of the default account for an app with a folder of its own."""
        return connect(service.logins.create(app=service.apps.create("small", folder="Small")))

    @pytest.mark.evidence("P1-51", "P1-52")
    def test_an_app_sees_the_requests_in_its_folder_only(self, dbx, app):
        outside, inside = create(dbx, "outside"), create(app, "inside", "/In")
        assert inside.destination == "/In"
        assert destination(dbx, inside) == "/Apps/Small/In"
        assert titles(dbx.file_requests_list()) == ["inside", "outside"]
        assert titles(app.file_requests_list()) == ["inside"]
        assert titles(app.file_requests_list_v2()) == ["inside"]
        assert app.file_requests_count().file_request_count == 1
        assert refusal(app.file_requests_get, outside.id) == "app_lacks_access"
        assert refusal(app.file_requests_update, outside.id, title=" ") == "app_lacks_access"
        dbx.file_requests_update(outside.id, open=False)
        assert refusal(app.file_requests_delete, [outside.id]) == "app_lacks_access"
        assert app.file_requests_delete_all_closed().file_requests == []
        cursor = dbx.file_requests_list_v2().cursor
        assert refusal(app.file_requests_list_continue, cursor) == "invalid_cursor"
        assert refusal(create, app, destination="/") == "validation_error"

    @pytest.mark.evidence("P1-59", "P1-52")
    def test_an_app_sees_its_own_requests_whose_folder_was_deleted(self, dbx, app):
        made, moved = create(app, destination="/In"), create(app, destination="/Out")
        elsewhere = create(dbx, destination="/Elsewhere")
        for path in ("/Apps/Small/In", "/Elsewhere"):
            dbx.files_delete_v2(path)
        dbx.files_move_v2("/Apps/Small/Out", "/Out")
        assert destination(app, made) is None
        assert refusal(app.file_requests_get, elsewhere.id) == "app_lacks_access"
        assert refusal(app.file_requests_get, moved.id) == "app_lacks_access"
        assert app.file_requests_count().file_request_count == 1

    @pytest.mark.evidence("P1-14")
    def test_the_folder_of_an_app_cannot_be_a_destination_for_other_apps(self, dbx, app):
        app.files_create_folder_v2("/In")
        made = create(dbx)
        for path in ("/Apps/Small", "/Apps/Small/In", "/Apps/Small/New"):
            assert refusal(create, dbx, destination=path) == "invalid_location"
            found = refusal(dbx.file_requests_update, made.id, destination=path)
            assert found == "validation_error"
        assert create(dbx, destination="/Apps/Other").destination == "/Apps/Other"
        assert destination(dbx, made) == "/Docs"

    @pytest.mark.evidence("P1-51")
    def test_an_app_does_not_see_requests_made_in_its_folder_before_the_app_existed(
        self, dbx, connect, service
    ):
        made = create(dbx, destination="/Apps/Late")
        late = connect(service.logins.create(app=service.apps.create("late", folder="Late")))
        late.files_create_folder_v2("/x")
        assert refusal(late.file_requests_get, made.id) == "app_lacks_access"
        assert late.file_requests_list().file_requests == []
        assert destination(dbx, made) == "/Apps/Late"


@pytest.mark.dropbox(allow_not_implemented=True)
def test_a_shared_folder_as_the_path_root_is_not_faked(service, wire):
    folder = service.share_folder("/Docs")
    made = create(service.client(), open=False)
    root = {"Dropbox-API-Path-Root": f'{{".tag": "namespace_id", "namespace_id": "{folder}"}}'}
    for route, arg in (
        ("create", {"title": "t", "destination": "/x"}),
        ("get", {"id": made.id}),
        ("update", {"id": made.id, "open": False}),
        ("delete", {"ids": [made.id]}),
        ("delete_all_closed", None),
        ("list", None),
        ("list_v2", {}),
    ):
        with pytest.raises(NotImplementedInFake, match="as the path root"):
            wire.rpc(f"file_requests/{route}", arg, headers=root)
    assert service.client().file_requests_list().file_requests == [made]
