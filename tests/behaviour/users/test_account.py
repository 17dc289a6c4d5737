"""Tests of `users/get_current_account`, and of creating accounts."""

import re

import pytest
from dropbox.users import FullAccount
from dropbox.users_common import AccountType

pytestmark = pytest.mark.every_door


@pytest.mark.evidence("O3-01", "O3-02", "O3-03", "O0-11", "O3-51")
def test_current_account_has_the_documented_fields(dbx, service):
    account = dbx.users_get_current_account()
    assert isinstance(account, FullAccount)
    assert re.fullmatch(r"dbid:[A-Za-z0-9_-]{35}", account.account_id)
    assert account.email == "owner@example.com" == service.login.account_email
    assert account.email_verified
    assert not account.disabled
    assert account.account_type == AccountType.basic
    assert account.name.display_name == f"{account.name.given_name} {account.name.surname}"
    root = account.root_info
    assert root.root_namespace_id == root.home_namespace_id
    assert account.team is account.team_member_id is account.profile_photo_url is None


@pytest.mark.evidence("O3-01")
def test_current_account_is_the_account_of_the_token(dbx, connect, service):
    service.accounts.create("other@example.com", "Ren\u00e9e \u0130lhan")
    logins = {account.email: service.logins.create(account) for account in service.accounts}
    found = {email: connect(login).users_get_current_account() for email, login in logins.items()}
    assert found["other@example.com"].name.given_name == "Ren\u00e9e"
    assert found["other@example.com"].name.abbreviated_name == "R\u0130"
    assert found["owner@example.com"] == dbx.users_get_current_account()
    assert len({account.account_id for account in found.values()}) == 2
    assert len({account.root_info.root_namespace_id for account in found.values()}) == 2


def test_an_app_folder_app_may_read_the_current_account(connect, service):
    login = service.logins.create(app=service.apps.create("small", folder="Small"))
    assert connect(login).users_get_current_account().email == "owner@example.com"


@pytest.mark.parametrize("email", ["owner@example.com", "OWNER@example.com", "none", ""])
def test_accounts_create_refuses_a_used_or_invalid_email(service, email):
    with pytest.raises(ValueError, match="email"):
        service.accounts.create(email)
