"""A second account, on the plan Professional, and its client through the test's door."""

import pytest


@pytest.fixture
def friend(service):
    """An account other than the default one."""
    return service.accounts.create("friend@example.com", "Good Friend", "pro")


@pytest.fixture
def friends(connect, friend, service):
    """A client of the account ``friend``."""
    return connect(service.logins.create(friend))
