"""Tests of `FakeDropboxService`: files, reset, accounts, apps, logins, and invalid arguments."""

import copy
import operator
import pickle

import dropbox
import pytest
from dropbox.exceptions import ApiError, AuthError, BadInputError
from tests.support.both_doors import DOORS, client_of, login_of

from fakedropbox import FakeDropbox, FakeDropboxService, Login, ManualClock, Personality


@pytest.fixture
def service():
    return FakeDropboxService(files={"/a.txt": b"hello", "/Dir/Sub/b.txt": b"b"})


def test_the_personality_can_be_read_and_not_replaced():
    service = FakeDropboxService(personality=Personality.hostile)
    with pytest.raises(AttributeError, match="personality"):
        service.personality = Personality.documented
    service.reset()
    assert service.personality is Personality.hostile
    assert FakeDropboxService().personality is Personality.recorded


# Files without the API


def test_files_and_read_return_the_content(service):
    assert service.files == {"/a.txt": b"hello", "/Dir/Sub/b.txt": b"b"}
    assert service.read("/A.TXT") == b"hello"
    assert service.read("/dir/sub/b.txt") == b"b"
    assert len(service.calls) == 0


@pytest.mark.parametrize("path", ["/nothing", "/dir", "/", "", "a.txt", "/a.txt/", "//a.txt"])
def test_read_without_a_file_at_the_path_raises(service, path):
    with pytest.raises(FileNotFoundError, match=f"path: no file at {path!r}"):
        service.read(path)


def test_seeding_replaces_and_adds_files(service):
    # A replaced file takes the letter case of the new name, as in an upload (F4-13).
    service.seed_files({"/A.txt": b"new", "/more/deep/c": b""})
    assert service.files == {"/A.txt": b"new", "/Dir/Sub/b.txt": b"b", "/more/deep/c": b""}
    assert len(service.calls) == 0


def test_seeded_files_are_reported_as_changes_since_a_cursor(service):
    cursor = service.client().files_list_folder("", recursive=True).cursor
    service.seed_files({"/new/c": b"1"})
    changes = service.client().files_list_folder_continue(cursor).entries
    assert [entry.path_display for entry in changes] == ["/new", "/new/c"]


@pytest.mark.parametrize(
    "path",
    ["a.txt", "", "/", "/a/", "/a//b", "/./a", "/a\0", "/a.txt/below", "/dir", "/" + "x" * 256],
)
def test_seeding_an_invalid_path_changes_nothing(service, path):
    before = service.files
    with pytest.raises(ValueError, match=r"files: ") as caught:
        service.seed_files({"/first": b"1", path: b"2"})
    assert repr(path)[1:20] in str(caught.value)
    assert service.files == before
    with pytest.raises(ValueError, match=r"files: "):
        FakeDropboxService(files={"/a.txt": b"", "/dir/x": b"", path: b"2"})


@pytest.mark.parametrize("files", [{"/a": "text"}, {"/a": None}, {5: b"x"}, {b"/a": b"x"}])
def test_seeding_wrong_types_is_refused(service, files):
    before = service.files
    with pytest.raises(TypeError, match=r"files: expected .*got"):
        service.seed_files(files)
    assert service.files == before


def test_the_service_copies_the_given_files():
    seeds = {"/a": b"1"}
    service = FakeDropboxService(files=seeds)
    seeds["/b"] = b"2"
    service.reset()
    assert service.files == {"/a": b"1"}


def test_tree_shows_folders_and_sizes(service):
    service.client().files_create_folder_v2("/empty")
    assert service.tree().splitlines() == [
        "/",
        "  a.txt  5 bytes",
        "  Dir/",
        "    Sub/",
        "      b.txt  1 bytes",
        "  empty/",
    ]
    assert FakeDropboxService().tree() == "/"


CHANGES = {
    "assignment": lambda files: operator.setitem(files, "/a.txt", b"changed"),
    "del": lambda files: operator.delitem(files, "/a.txt"),
    "pop": lambda files: files.pop("/a.txt"),
    "popitem": lambda files: files.popitem(),
    "clear": lambda files: files.clear(),
    "update": lambda files: files.update({"/b.txt": b""}),
    "setdefault": lambda files: files.setdefault("/b.txt", b""),
    "|=": lambda files: operator.ior(files, {"/b.txt": b""}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changing_the_files_dict_is_refused_and_the_error_names_seed_files(service, change):
    for files in (service.files, service.files_of(service.accounts.default)):
        with pytest.raises(TypeError, match=r"files: .*seed_files"):
            change(files)
        assert files == service.files == {"/a.txt": b"hello", "/Dir/Sub/b.txt": b"b"}


def test_files_is_a_dict_of_which_copies_can_be_changed(service):
    files = service.files
    assert isinstance(files, dict)
    assert repr(files) == repr(dict(files))
    for copied in (files.copy(), dict(files), files | {}):
        copied["/b.txt"] = b""
        assert copied == {**files, "/b.txt": b""}
    for same in (copy.copy(files), copy.deepcopy(files), pickle.loads(pickle.dumps(files))):  # noqa: S301
        assert same == files
        with pytest.raises(TypeError, match="seed_files"):
            same.clear()


# Reset


def test_reset_restores_the_initial_state(service):
    dbx = service.client()
    login, begin = service.login, service.clock.now()
    first = dbx.files_upload(b"x", "/x")
    service.faults.rate_limit("files/upload")
    service.accounts.create("second@example.com")
    service.clock.advance(100)
    service.reset()
    assert service.login == login
    assert service.clock.now() == begin
    assert service.files == {"/a.txt": b"hello", "/Dir/Sub/b.txt": b"b"}
    assert len(service.calls) == 0
    assert len(service.accounts) == len(service.apps) == 1
    service.faults.verify()
    assert dbx.files_upload(b"x", "/x") == first


@pytest.mark.parametrize("door", DOORS)
def test_a_client_sees_the_initial_files_after_a_reset(service, door):
    with client_of(door, service, **login_of(service)) as dbx:
        dbx.files_upload(b"x", "/x")
        service.reset()
        assert len(dbx.files_list_folder("").entries) == 2


# Accounts, apps, logins


def test_two_accounts_have_separate_files(service):
    other = service.accounts.create("Second@Example.com", "Second Person")
    dbx = service.client(service.logins.create(other))
    dbx.files_upload(b"mine", "/a.txt")
    assert service.read("/a.txt") == b"hello"
    account = dbx.users_get_current_account()
    assert (account.email, account.name.display_name) == ("Second@Example.com", "Second Person")
    assert account.account_id != service.client().users_get_current_account().account_id
    assert [each.email for each in service.accounts] == [
        service.login.account_email,
        "Second@Example.com",
    ]


@pytest.mark.evidence("O8-01")
@pytest.mark.parametrize("door", DOORS)
def test_an_app_with_a_folder_sees_only_its_folder(door):
    service = FakeDropboxService(app_folder="My App", files={"/outside": b"1"})
    with client_of(door, service, **login_of(service)) as dbx:
        dbx.files_upload(b"x", "/inside")
        assert [entry.path_display for entry in dbx.files_list_folder("").entries] == ["/inside"]
        with pytest.raises(ApiError):
            dbx.files_get_metadata("/outside")
    assert service.files == {"/outside": b"1", "/Apps/My App/inside": b"x"}


def test_an_app_with_full_access_sees_the_folder_of_another_app(service):
    app = service.apps.create("folder app", folder="Folder App")
    folder_client = service.client(service.logins.create(app=app))
    folder_client.files_upload(b"x", "/inside")
    assert service.client().files_get_metadata("/Apps/Folder App/inside").size == 1


@pytest.mark.evidence("F1.5-02", "O8-04")
@pytest.mark.parametrize("door", DOORS)
def test_a_call_without_its_scope_is_refused(door):
    service = FakeDropboxService(scopes=["files.metadata.read"], files={"/a": b"1"})
    with client_of(door, service, **login_of(service)) as dbx:
        dbx.files_get_metadata("/a")
        dbx.users_get_current_account()  # every app has its scope, account_info.read
        with pytest.raises(AuthError) as caught:
            dbx.files_download("/a")
    assert caught.value.error.get_missing_scope().required_scope == "files.content.read"


def test_a_login_can_be_created_with_given_tokens(service):
    wanted = Login(refresh_token="my-refresh", access_token="my-access")
    login = service.logins.create(login=wanted)
    assert (login.refresh_token, login.access_token) == ("my-refresh", "my-access")
    service.clock.advance(10**9)
    FakeDropbox("my-access", service=service).files_list_folder("")  # it never expires
    keys = {"app_key": login.app_key, "app_secret": login.app_secret}
    dbx = FakeDropbox(oauth2_refresh_token="my-refresh", service=service, **keys)
    dbx.files_list_folder("")


def test_a_service_can_have_a_given_login():
    own = Login(
        app_key="key",
        app_secret="hush",
        refresh_token="refresh",
        access_token="access",
        account_email="me@example.org",
    )
    service = FakeDropboxService(login=own)
    assert service.login == own
    assert service.client().users_get_current_account().email == "me@example.org"
    partial = FakeDropboxService(login=Login(app_key="key")).login
    assert partial.app_key == "key"
    assert partial.app_secret
    assert partial.refresh_token


# Malformed tokens


@pytest.mark.evidence("O5-11", "F1.4-10")
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("choice", "kind"), [("invalid_access_token", AuthError), ("bad_request", BadInputError)]
)
def test_the_personality_selects_the_error_for_a_malformed_token(door, choice, kind):
    service = FakeDropboxService(personality=Personality(malformed_token=choice))
    with client_of(door, service, oauth2_access_token="malformed") as dbx, pytest.raises(kind):
        dbx.files_list_folder("")
    well_formed = {"oauth2_access_token": "sl." + "x" * 130}
    with client_of(door, service, **well_formed) as dbx, pytest.raises(AuthError):
        dbx.files_list_folder("")


# Invalid arguments


def test_an_unknown_name_of_a_personality_is_refused():
    with pytest.raises(ValueError, match=r"personality: expected one of .*documented.*'documentd'"):
        FakeDropboxService(personality="documentd")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", None),
        ("seed", True),
        ("personality", 5),
        ("personality", Personality),
        ("clock", 0),
        ("clock", ManualClock),
        ("scopes", "files.content.read"),
        ("scopes", 5),
        ("app_folder", 5),
        ("app_folder", b"App"),
        ("login", "token"),
        ("login", {"app_key": "key"}),
        ("files", ["/a"]),
        ("files", "/a"),
        ("files", 5),
    ],
)
def test_an_argument_of_a_wrong_type_is_refused(name, value):
    with pytest.raises(TypeError, match=rf"{name}: expected .*got"):
        FakeDropboxService(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scopes", ["files.content.reed"]),
        ("app_folder", ""),
        ("app_folder", "/App"),
        ("app_folder", "a/b"),
        ("app_folder", ".."),
    ],
)
def test_an_invalid_argument_is_refused(name, value):
    with pytest.raises(ValueError, match=rf"{name}: expected .*got"):
        FakeDropboxService(**{name: value})


def test_an_unknown_argument_is_refused():
    with pytest.raises(TypeError, match="sed"):
        FakeDropboxService(sed=1)
    with pytest.raises(TypeError, match="oauth2_token"):
        FakeDropboxService().client(oauth2_token="x")


METHODS = {
    "client": lambda service, value: service.client(value),
    "read": lambda service, value: service.read(value),
    "seed_files": lambda service, value: service.seed_files(value),
    "logins.create account": lambda service, value: service.logins.create(account=value),
    "logins.create app": lambda service, value: service.logins.create(app=value),
    "logins.create scopes": lambda service, value: service.logins.create(scopes=value),
    "logins.create login": lambda service, value: service.logins.create(login=value),
    "accounts.create": lambda service, value: service.accounts.create(value),
    "accounts.create name": lambda service, value: service.accounts.create("a@example.com", value),
    "accounts.create plan": lambda service, value: service.accounts.create("a@b.c", plan=value),
    "client account": lambda service, value: service.client(account=value),
    "files_of": lambda service, value: service.files_of(value),
    "tree account": lambda service, value: service.tree(account=value),
    "apps.create": lambda service, value: service.apps.create("app", scopes=value),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "value", [5, b"x", ["x"], object()], ids=["int", "bytes", "list", "object"]
)
def test_a_method_refuses_an_argument_of_a_wrong_type(service, method, value):
    # For `scopes`, the list has the right type, and its strings are wrong values.
    kinds = (
        (TypeError, ValueError) if method in ("logins.create scopes", "apps.create") else TypeError
    )
    with pytest.raises(kinds, match=r"\w+: expected .*got"):
        METHODS[method](service, value)
    assert len(service.accounts) == len(service.apps) == 1


@pytest.mark.parametrize("email", ["nobody", "", "owner@example.com", "OWNER@example.com"])
def test_an_invalid_or_used_email_is_refused(service, email):
    with pytest.raises(ValueError, match=rf"email: expected .*got {email!r}"):
        service.accounts.create(email)


def test_accounts_and_apps_of_another_service_are_refused(service):
    stranger = FakeDropboxService(seed=9)
    with pytest.raises(ValueError, match=r"account.*: expected"):
        service.logins.create(account=stranger.accounts.default)
    with pytest.raises(ValueError, match=r"app.*: expected"):
        service.logins.create(app=stranger.apps.default)


def test_an_app_key_in_use_is_refused(service):
    with pytest.raises(ValueError, match=r"key: expected .*got"):
        service.apps.create("again", key=service.login.app_key)
    assert len(service.apps) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("list_order", "nme"),
        ("case_only_move", "nothing"),
        ("into_itself", ""),
        ("malformed_token", "401"),
        ("page_size", 0),
        ("page_size", -5),
    ],
)
def test_an_invalid_personality_is_refused(name, value):
    with pytest.raises(ValueError, match=rf"{name}: expected .*got {value!r}"):
        Personality(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("list_order", 5),
        ("page_size", "500"),
        ("page_size", 1.5),
        ("page_size", True),
        ("deleted_children", "no"),
        ("astral_names", 1),
    ],
)
def test_a_personality_of_wrong_types_is_refused(name, value):
    with pytest.raises((TypeError, ValueError), match=rf"{name}: expected .*got"):
        Personality(**{name: value})
    with pytest.raises(TypeError, match="pagesize"):
        Personality(pagesize=1)


@pytest.mark.parametrize(
    "name", ["app_key", "app_secret", "refresh_token", "access_token", "account_email"]
)
def test_a_login_of_wrong_types_is_refused(name):
    with pytest.raises(TypeError, match=rf"{name}: expected .*got"):
        Login(**{name: 5})
    with pytest.raises(TypeError, match="token"):
        Login(token="x")


def test_the_personality_sets_the_page_size():
    service = FakeDropboxService(
        personality=Personality(page_size=2), files={f"/{n}": b"" for n in range(5)}
    )
    page = service.client().files_list_folder("")
    assert (len(page.entries), page.has_more) == (2, True)
    assert isinstance(page, dropbox.files.ListFolderResult)


@pytest.mark.parametrize("folders", ["/x", None, 5, [5]])
def test_seeding_folders_that_are_not_a_collection_of_paths_is_refused(folders):
    service = FakeDropboxService()
    with pytest.raises(TypeError, match="folders: expected"):
        service.seed_files({"/a": b"a"}, folders=folders)
    assert service.files == {}
