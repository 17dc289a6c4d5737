"""Tests of the authorize page and the token endpoint for the app of a team."""

from urllib.parse import parse_qsl, urlsplit

import dropbox
import pytest
from dropbox.oauth import DropboxOAuth2FlowNoRedirect
from tests.support.browser import Browser, Document, told

from fakedropbox import FakeDropboxTeam

AUTHORIZE = "https://www.dropbox.com/oauth2/authorize"
REDIRECT = "https://app.example.com/done"
SCOPES = ["team_info.read", "team_data.member", "files.metadata.read"]


@pytest.fixture
def app(service):
    return service.apps.create("Backup", redirect_uris=[REDIRECT])


@pytest.fixture
def browser(wire):
    return Browser(wire.session)


@pytest.fixture
def team_of_token(service):
    """A function that returns the client of a team for an access token."""
    return lambda token: FakeDropboxTeam(token, service=service)


@pytest.fixture
def ask(browser, app):
    """A function that requests the page for the scopes of a team."""

    def go(**change):
        asked = {"response_type": "code", "client_id": app.key, "redirect_uri": REDIRECT}
        return browser.open(AUTHORIZE, **{**asked, "scope": " ".join(SCOPES), **change})

    return go


@pytest.fixture
def redeem(browser, app):
    """A function that redeems the code in an address, and returns the reply."""

    def post(page):
        location = page.headers["Location"]
        form = {
            "grant_type": "authorization_code",
            "code": dict(parse_qsl(urlsplit(location).query))["code"],
            "client_id": app.key,
            "client_secret": app.secret,
            "redirect_uri": REDIRECT,
        }
        return browser.session.post("https://api.dropboxapi.com/oauth2/token", form).json()

    return post


@pytest.mark.evidence("P4-14", "P4-16", "P4-23")
def test_an_administrator_links_an_app_to_the_team(
    service, browser, ask, redeem, team_of_token, acme, ada, bob
):
    page = ask(token_access_type="offline")
    assert "team's Dropbox" in Document(page.text).title
    assert [each["value"] for each in Document(page.text).radios()] == [ada.account.account_id]
    reply = redeem(browser.press(page, "allow"))
    assert reply["team_id"] == acme.team_id
    assert "account_id" not in reply
    assert reply["scope"] == " ".join(sorted([*SCOPES, "account_info.read"]))
    client = team_of_token(reply["access_token"])
    assert client.team_get_info().name == "Acme"
    assert client.as_user(bob.team_member_id).files_list_folder("").entries == []
    assert "refresh_token" in reply


@pytest.mark.evidence("P4-16")
def test_only_an_administrator_can_link_an_app_to_a_team(service, browser, ask, acme, ada, bob):
    outsider = service.accounts.default
    page = ask()
    for account in (bob.account, outsider):
        refused = browser.press(page, "allow", account.account_id)
        assert refused.status_code == 400
        assert "only an administrator of the team" in refused.text
    assert told(browser.press(page, "deny"))[1]["error"] == "access_denied"


@pytest.mark.evidence("P4-16")
def test_without_an_administrator_the_page_says_what_is_missing(service, browser, app):
    asked = {"response_type": "code", "client_id": app.key, "scope": "team_info.read"}
    page = browser.open(AUTHORIZE, **asked)
    assert page.status_code == 400
    assert "only an administrator of the team" in page.text


@pytest.mark.evidence("P4-23")
def test_the_implicit_flow_gives_the_id_of_the_team(browser, ask, acme):
    page = browser.press(ask(response_type="token"), "allow")
    given = dict(parse_qsl(urlsplit(page.headers["Location"]).fragment))
    assert given["team_id"] == acme.team_id
    assert "account_id" not in given


@pytest.mark.evidence("P4-23")
def test_scopes_that_were_granted_for_the_team_can_be_included(browser, ask, redeem, acme):
    refused = browser.press(ask(include_granted_scopes="team"), "allow")
    assert told(refused)[1]["error"] == "invalid_request"
    redeem(browser.press(ask(), "allow"))
    page = ask(scope="team_info.read", include_granted_scopes="team")
    reply = redeem(browser.press(page, "allow"))
    assert {*reply["scope"].split()} == {*SCOPES, "account_info.read"}


@pytest.mark.evidence("P4-14", "P4-16", "P4-23")
@pytest.mark.parametrize("names_the_team", [True, False])
def test_service_authorize_links_an_app_to_a_team(service, app, acme, wire, names_the_team):
    """Check two forms: the argument ``team``, and scopes that include one of teams."""
    given = {"team": acme} if names_the_team else {"scopes": SCOPES}
    code = service.authorize(app, token_access_type="offline", **given)
    flow = DropboxOAuth2FlowNoRedirect(app.key, app.secret, token_access_type="offline")
    flow.requests_session = wire.session
    result = flow.finish(code)
    assert result.account_id == acme.team_id
    for token in ({"oauth2_access_token": result.access_token}, {}):
        client = dropbox.DropboxTeam(
            oauth2_refresh_token=result.refresh_token,
            app_key=app.key,
            app_secret=app.secret,
            session=wire.session,
            **token,
        )
        assert client.team_get_info().name == "Acme"


def test_service_authorize_refuses_accounts_and_apps_that_the_page_refuses(service, acme, ada, bob):
    outsider = service.accounts.create("out@example.com")
    for account in (bob.account, outsider):
        with pytest.raises(ValueError, match="account: expected an administrator"):
            service.authorize(account=account, team=acme)
        with pytest.raises(ValueError, match="account: expected an administrator"):
            service.authorize(account=account, scopes=SCOPES)
    folder = service.apps.create("small", folder="Small")
    with pytest.raises(ValueError, match="app: expected one with full access for a team"):
        service.authorize(folder, team=acme)
    with pytest.raises(TypeError, match="team"):
        service.authorize(team="Acme")
    assert service.authorize(account=ada.account, scopes=SCOPES)
    # This links the account, not the team, because no scope is named.
    assert service.authorize(account=ada.account)


@pytest.mark.evidence("P4-14")
def test_the_flow_of_the_sdk_links_a_team(service, browser, app, acme, wire):
    flow = DropboxOAuth2FlowNoRedirect(app.key, app.secret, scope=SCOPES)
    flow.requests_session = wire.session
    page = browser.press(browser.open(flow.start()), "allow")
    code = Document(page.text).value("code")
    result = flow.finish(code)
    assert result.account_id == acme.team_id
