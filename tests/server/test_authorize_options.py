"""Tests of `fakedropbox serve --auto-approve --redirect-uri`: codes without asking a user."""

import pytest
from tests.support.browser import Browser, told
from tests.support.doors import proxied

from fakedropbox import FakeDropboxService
from fakedropbox.server.launch import Options, launched

REDIRECT = "https://app.example.com/done"


def test_auto_approve_redirects_with_a_code_and_is_kept_in_the_state_file(tmp_path):
    state = tmp_path / "state"
    for options in (
        Options(state=state, redirect_uri=[REDIRECT], auto_approve=True),
        Options(state=state),  # the options from the state file
    ):
        with launched(options, FakeDropboxService) as server:
            reply = Browser(proxied(server)).open(
                "https://www.dropbox.com/oauth2/authorize",
                response_type="code",
                client_id=server.service.login.app_key,
                redirect_uri=REDIRECT,
            )
        address, given = told(reply)
        assert (address, list(given)) == (REDIRECT, ["code"])
    with pytest.raises(ValueError, match=r"redirect_uris: .* already holds a service"):
        launched(
            Options(state=state, redirect_uri=["https://other.example.com/"]), FakeDropboxService
        ).__enter__()
