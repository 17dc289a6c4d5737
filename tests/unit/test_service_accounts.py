"""Tests of a service with several accounts."""

import pytest

from fakedropbox import FakeDropboxService


@pytest.fixture
def service():
    return FakeDropboxService(files={"/mine": b"1"})


@pytest.fixture
def bob(service):
    return service.accounts.create("bob@example.com", "Bob van Smith")


def test_client_takes_an_account(service, bob):
    dbx = service.client(account=bob)
    dbx.files_upload(b"22", "/Bobs/b.txt")
    assert dbx.users_get_current_account().email == "bob@example.com"
    assert service.files == service.files_of(service.accounts.default) == {"/mine": b"1"}
    assert service.files_of(bob) == {"/Bobs/b.txt": b"22"}


def test_client_of_an_account_has_the_scopes_of_the_service():
    service = FakeDropboxService(scopes=["files.metadata.read"])
    bob = service.accounts.create("bob@example.com")
    client = service.client(account=bob, max_retries_on_error=0)
    with pytest.raises(Exception, match="missing_scope"):
        client.files_upload(b"", "/a")


def test_read_tree_and_seed_files_take_an_account(service, bob):
    service.seed_files({"/b.txt": b"22"}, folders=["/empty"], account=bob)
    assert service.read("/B.txt", account=bob) == b"22"
    assert service.tree(account=bob) == "/\n  b.txt  2 bytes\n  empty/"
    assert service.tree() == "/\n  mine  1 bytes"
    with pytest.raises(FileNotFoundError, match=r"/b\.txt"):
        service.read("/b.txt")
    with pytest.raises(ValueError, match=r"files: Dropbox refuses '/\.\.'"):
        service.seed_files({"/..": b""}, account=bob)


@pytest.mark.parametrize(
    "use",
    [
        lambda service, account: service.client(account=account),
        lambda service, account: service.files_of(account),
        lambda service, account: service.read("/a", account=account),
        lambda service, account: service.tree(account=account),
        lambda service, account: service.seed_files({}, account=account),
    ],
    ids=["client", "files_of", "read", "tree", "seed_files"],
)
def test_an_account_of_another_service_is_refused(service, use):
    stranger = FakeDropboxService(1).accounts.default
    with pytest.raises(ValueError, match="account: expected one of this service"):
        use(service, stranger)


def test_client_refuses_both_a_login_and_an_account(service, bob):
    with pytest.raises(ValueError, match="login, account: expected one of them"):
        service.client(service.login, account=bob)


@pytest.mark.parametrize(
    ("name", "given_name", "surname", "shown"),
    [
        ("Bob van Smith", "Bob van", "Smith", "Bob van Smith"),
        (" Cher ", "Cher", "", "Cher"),
        ("Jesús Burgos", "Jesús", "Burgos", "Jesús Burgos"),
    ],
)
def test_the_last_word_of_a_name_is_the_surname(service, name, given_name, surname, shown):
    account = service.accounts.create("a@example.com", name)
    assert (account.given_name, account.surname) == (given_name, surname)
    assert account.display_name == shown


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": " "}, "name: expected at least one word, got ' '"),
        ({"plan": "plus"}, "plan: expected one of basic, pro, business, got 'plus'"),
        ({"email_verified": 1}, "email_verified: expected"),
    ],
)
def test_create_refuses_an_invalid_argument(service, given, message):
    with pytest.raises((TypeError, ValueError), match=message):
        service.accounts.create("a@example.com", **given)
    assert len(service.accounts) == 1


def test_the_service_refuses_an_unknown_plan():
    with pytest.raises(ValueError, match="plan: expected one of"):
        FakeDropboxService(plan="plus")


def test_a_restored_snapshot_has_no_later_account(service):
    with service.scratch():
        one = service.accounts.create("one@example.com", plan="business")
        assert service.accounts.by_id(one.account_id) is one
    assert service.accounts.by_id(one.account_id) is None
    assert service.accounts.by_email("one@example.com") is None
    assert one not in service.accounts
    two = service.accounts.create("two@example.com", plan="business")
    assert two.team == one.team  # the same seed gives the same id
    assert service.accounts.by_email("TWO@example.com") is two


def test_account_type_is_the_deprecated_name_of_plan(service):
    with pytest.warns(DeprecationWarning, match=r"Account\.account_type .* use Account\.plan"):
        assert service.accounts.default.account_type == "basic"
