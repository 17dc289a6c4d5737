"""Clients of accounts on the three plans, and of an app without a user, through the test's door."""

import pytest
from dropbox import sharing
from tests.support.links import FILES
from tests.support.shared_folders import share

from fakedropbox import Login


@pytest.fixture
def client_of(connect, service):
    """A function that returns a client of a new account on a plan, which has some files."""

    def make(plan="basic", **options):
        email = f"{plan}{len(service.accounts)}@example.com"
        account = service.accounts.create(email, plan=plan, **options)
        service.seed_files(FILES, account=account)
        return connect(service.logins.create(account))

    return make


@pytest.fixture
def other(client_of):
    """A client of an account other than the default one, on the basic plan."""
    return client_of()


@pytest.fixture
def pro(client_of):
    """A client of an account on the plan Professional."""
    return client_of("pro")


@pytest.fixture
def app(connect, service):
    """A client of the default app, without a user."""
    if "app" not in sharing.get_shared_link_file.attrs["auth"]:
        pytest.skip("the installed SDK reads links with a user only")
    login = service.login
    return connect(Login(app_key=login.app_key, app_secret=login.app_secret))


@pytest.fixture
def folder(dbx):
    """The id of a folder that the default account has shared with nobody yet."""
    return share(dbx).shared_folder_id


@pytest.fixture
def friend(service):
    """An account other than the default one."""
    return service.accounts.create("Friend@example.com", "Good Friend")


@pytest.fixture
def friends(connect, friend, service):
    """A client of the account ``friend``."""
    return connect(service.logins.create(friend))
