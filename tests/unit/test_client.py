"""Tests of the direct client: arguments, clones, calls, and answers that are copies."""

import inspect
import io

import dropbox
import pytest
import requests
from dropbox.common import PathRoot
from dropbox.exceptions import ApiError, AuthError, PathRootError
from stone.backends.python_rsrc.stone_base import Struct, Union
from tests.support.both_doors import DOORS, client_of, login_of

from fakedropbox import FakeDropbox, FakeDropboxService, FakeDropboxTeam, NotImplementedInFake

SIGNATURE = inspect.signature(dropbox.Dropbox)


@pytest.fixture
def service():
    return FakeDropboxService(files={"/a.txt": b"hello", "/dir/b.txt": b"b"})


# Arguments


def test_a_client_without_arguments_has_its_own_service():
    with FakeDropbox() as dbx:
        assert isinstance(dbx, dropbox.Dropbox)
        assert dbx.files_upload(b"x", "/x").size == 1
        assert dbx.service.read("/x") == b"x"


def test_clients_without_a_service_share_nothing():
    first, second = FakeDropbox(), FakeDropbox()
    first.files_upload(b"x", "/x")
    assert second.files_list_folder("").entries == []
    assert first.service is not second.service


def test_clients_of_one_service_share_its_files(service):
    FakeDropbox(service=service).files_upload(b"x", "/x")
    assert service.client().files_get_metadata("/x").size == 1
    assert FakeDropbox(service=service).service is service


VALUES = {
    "oauth2_access_token": "my-token",
    "max_retries_on_error": 1,
    "max_retries_on_rate_limit": 2,
    "user_agent": "Mine/1.0",
    "session": requests.Session(),
    "headers": {"X-Mine": "1"},
    "timeout": 5,
    "oauth2_refresh_token": "my-refresh",
    "oauth2_access_token_expiration": None,
    "app_key": "my-key",
    "app_secret": "my-secret",
    "scope": ["files.metadata.read"],
    "ca_certs": None,
    "auto_content_hash": False,
}


def test_every_argument_of_the_sdk_is_accepted():
    """Check all arguments; a new one in a later SDK has to be added to `VALUES`."""
    assert set(SIGNATURE.parameters) <= set(VALUES)
    given = {name: VALUES[name] for name in SIGNATURE.parameters}
    fake, real = FakeDropbox(**given), dropbox.Dropbox(**given)
    for name, value in vars(real).items():
        if name != "_session":
            assert getattr(fake, name) == value, name
        assert getattr(FakeDropbox(*given.values()), name, None) is not None or value is None


CREDENTIALS = {
    "access token": {"oauth2_access_token": "t"},
    "short token by position": {},
    "refresh token": {"oauth2_refresh_token": "r", "app_key": "k", "app_secret": "s"},
    "refresh token without a secret": {"oauth2_refresh_token": "r", "app_key": "k"},
    "both": {
        "oauth2_access_token": "t",
        "oauth2_refresh_token": "r",
        "app_key": "k",
        "app_secret": "s",
    },
}


@pytest.mark.parametrize("case", CREDENTIALS)
def test_a_clients_own_service_accepts_any_credentials(case):
    dbx = FakeDropbox("token") if case.startswith("short") else FakeDropbox(**CREDENTIALS[case])
    for _ in range(2):
        assert dbx.users_get_current_account().email == dbx.service.login.account_email
        dbx.service.clock.advance(100_000)


def test_the_login_of_the_service_is_used_without_credentials(service):
    dbx = FakeDropbox(service=service, max_retries_on_error=0, timeout=3)
    dbx.files_list_folder("")
    assert [call.route for call in service.calls] == ["files/list_folder"]
    assert (dbx._max_retries_on_error, dbx._timeout) == (0, 3)


def test_credentials_unknown_to_the_given_service_are_refused(service):
    with pytest.raises(AuthError):
        FakeDropbox("other-token", service=service).files_list_folder("")


def test_a_session_determines_the_service(service):
    assert FakeDropbox(session=service.session()).service is service


@pytest.mark.parametrize("make", [FakeDropbox, FakeDropboxTeam])
def test_wrong_arguments_are_refused(make):
    with pytest.raises(TypeError, match="token"):
        make(token="x")
    with pytest.raises(TypeError, match=r"service: expected .*got"):
        make(service="x")


# Clones, path roots and team members


def test_clone_keeps_the_service_and_changes_the_options(service):
    dbx = FakeDropbox(service=service, max_retries_on_error=1, user_agent="Mine/1.0")
    real = dropbox.Dropbox("token", max_retries_on_error=1, user_agent="Mine/1.0")
    clone, model = dbx.clone(max_retries_on_error=2), real.clone(max_retries_on_error=2)
    assert type(clone) is FakeDropbox
    assert clone.service is service
    for name in ("_max_retries_on_error", "_user_agent", "_raw_user_agent", "_timeout"):
        assert getattr(clone, name) == getattr(model, name)
    clone.files_upload(b"x", "/x")
    assert service.read("/x") == b"x"
    assert dbx.clone(session=FakeDropboxService().session()).service is service
    assert dbx.clone().clone().with_path_root(PathRoot.home).service is service


def test_clone_accepts_exactly_the_arguments_of_the_sdk(service):
    dbx = FakeDropbox(service=service)
    for name in inspect.signature(dropbox.Dropbox.clone).parameters:
        if name not in ("self", "session"):
            assert dbx.clone(**{name: VALUES[name]}).service is service
    with pytest.raises(TypeError, match="tokn"):
        dbx.clone(tokn="x")


@pytest.mark.evidence("O8-02")
def test_with_path_root_uses_valid_roots_and_refuses_others(service):
    dbx = FakeDropbox(service=service)
    own = dbx.users_get_current_account().root_info.root_namespace_id
    for root in (PathRoot.home, PathRoot.root(own), PathRoot.namespace_id(own)):
        assert dbx.with_path_root(root).files_get_metadata("/a.txt").size == 5
    with pytest.raises(PathRootError):
        dbx.with_path_root(PathRoot.root("7")).files_get_metadata("/a.txt")
    with pytest.raises(ValueError, match="PathRoot"):
        dbx.with_path_root("7")


def test_as_user_and_as_admin_return_clients_with_the_service_and_settings_of_the_team(service):
    settings = {
        "max_retries_on_error": 1,
        "max_retries_on_rate_limit": 2,
        "user_agent": "Mine/1.0",
        "timeout": 5,
        "headers": {"X-Mine": "1"},
    }
    login = service.logins.create(team=service.teams.create("Acme", ["ada@example.com"]))
    team = service.team_client(login=login, **settings)
    real = dropbox.DropboxTeam(
        oauth2_access_token=login.access_token,
        oauth2_refresh_token=login.refresh_token,
        app_key=login.app_key,
        app_secret=login.app_secret,
        **settings,
    )
    assert isinstance(team, dropbox.DropboxTeam)
    for name in ("as_user", "as_admin"):
        member, model = getattr(team, name)("dbmid:x"), getattr(real, name)("dbmid:x")
        assert type(member) is FakeDropbox
        assert member.service is service
        for field, value in vars(model).items():
            if field not in ("_session", "_oauth2_access_token_expiration"):
                assert getattr(member, field) == value, field
        with pytest.raises(AuthError):
            member.files_get_metadata("/a.txt")


# Calls


def test_a_closed_client_can_still_be_used(service):
    dbx = service.client()
    with dbx as same:
        assert same is dbx
    dbx.close()
    assert dbx.files_get_metadata("/a.txt").size == 5


def test_download_to_file_writes_the_content(service, tmp_path):
    dbx = service.client()
    dbx.files_download_to_file(str(tmp_path / "out"), "/a.txt")
    assert (tmp_path / "out").read_bytes() == b"hello"
    with pytest.raises(ApiError):
        dbx.files_download_to_file(str(tmp_path / "none"), "/nothing")


def test_request_json_object_calls_a_route_by_its_name(service):
    """Check a method that is public in the SDK, with which some programs call routes by name."""
    dbx = service.client()
    found = dbx.request_json_object(
        "api", "files/get_metadata", "rpc", {"path": "/a.txt"}, "user", None
    )
    assert found["size"] == 5
    assert service.calls[-1].route == "files/get_metadata"


def test_request_json_object_waits_on_the_services_clock(service):
    service.faults.server_error("files/get_metadata", times=2)
    service.faults.rate_limit("files/get_metadata", retry_after=60)
    before = service.clock.time()
    service.client().request_json_object(
        "api", "files/get_metadata", "rpc", {"path": "/a.txt"}, "user", None
    )
    assert service.clock.time() - before > 60


@pytest.mark.parametrize("door", DOORS)
def test_unimplemented_features_raise_not_implemented(service, door):
    message = r"paper/docs/get_metadata .*not implemented"
    with (
        client_of(door, service, **login_of(service)) as dbx,
        pytest.raises(NotImplementedInFake, match=message),
    ):
        dbx.paper_docs_get_metadata("1")
    routes = [call.route for call in service.calls if call.route != "oauth2/token"]
    assert routes == ["paper/docs/get_metadata"]


# Answers are copies of the data of the service


def change_all_values(value, seen=None):
    """Empty the lists and texts in an answer, at any depth, and set its integers to 0."""
    seen = set() if seen is None else seen
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, list):
        for each in value:
            change_all_values(each, seen)
        value.clear()
    elif isinstance(value, (Struct, Union)):
        for slot in (
            slot for kind in type(value).__mro__ for slot in getattr(kind, "__slots__", ())
        ):
            inner = getattr(value, slot, None)
            change_all_values(inner, seen)
            if isinstance(inner, (str, int)) and not isinstance(inner, bool):
                setattr(value, slot, type(inner)())


ANSWERS = {
    "metadata": lambda dbx: dbx.files_get_metadata("/a.txt"),
    "folder": lambda dbx: dbx.files_get_metadata("/dir"),
    "gone": lambda dbx: dbx.files_get_metadata("/gone", include_deleted=True),
    "listing": lambda dbx: dbx.files_list_folder("", recursive=True, include_deleted=True),
    "account": lambda dbx: dbx.users_get_current_account(),
    "download": lambda dbx: dbx.files_download("/a.txt")[0],
    "same upload": lambda dbx: dbx.files_upload(b"hello", "/a.txt"),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("answer", ANSWERS)
def test_changing_an_answer_does_not_change_the_service(service, door, answer):
    with client_of(door, service, **login_of(service)) as dbx:
        dbx.files_upload(b"x", "/gone")
        dbx.files_delete_v2("/gone")
        everything = [ask(dbx) for name, ask in ANSWERS.items() if name != "listing"]
        first = ANSWERS[answer](dbx)
        before = repr(first)
        change_all_values(first)
        assert repr(first) != before
        again = repr(ANSWERS[answer](dbx))
        if answer == "listing":  # each answer has a new cursor
            again, before = again.partition("entries=")[2], before.partition("entries=")[2]
        assert again == before
        assert [ask(dbx) for name, ask in ANSWERS.items() if name != "listing"] == everything


@pytest.mark.parametrize("door", DOORS)
def test_changing_an_error_does_not_change_the_next_one(service, door):
    with client_of(door, service, **login_of(service)) as dbx:
        seen = []
        for _ in range(2):
            with pytest.raises(ApiError) as caught:
                dbx.files_upload(b"other", "/a.txt")
            seen.append(repr(caught.value.error).partition("upload_session_id")[0])
            change_all_values(caught.value.error)
        assert seen[0] == seen[1]


ARGUMENTS = {
    "files/upload": (dropbox.files.upload, dropbox.files.UploadArg, b"x"),
    "files/get_metadata": (dropbox.files.get_metadata, dropbox.files.GetMetadataArg, None),
    "files/create_folder_v2": (
        dropbox.files.create_folder_v2,
        dropbox.files.CreateFolderArg,
        None,
    ),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_call_does_not_change_its_argument(service, door, name):
    route, kind, content = ARGUMENTS[name]
    argument = kind("/x" if content or "folder" in name else "/a.txt")
    before = repr(argument)
    with client_of(door, service, **login_of(service)) as dbx:
        dbx.request(route, "files", argument, content)
        assert repr(argument) == before


@pytest.mark.parametrize("door", DOORS)
def test_changing_downloaded_data_does_not_change_the_file(service, door):
    with client_of(door, service, **login_of(service)) as dbx:
        _, response = dbx.files_download("/a.txt")
        buffer = response.raw
        if hasattr(buffer, "_fp") and isinstance(buffer._fp, io.BytesIO):
            buffer._fp.getbuffer()[:] = b"spoil"
        assert dbx.files_download("/a.txt")[1].content == b"hello"
        assert service.read("/a.txt") == b"hello"
