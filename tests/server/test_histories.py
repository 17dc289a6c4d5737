"""Tests that random operations over HTTPS give the results of the direct client and the model.

The client uses Dropbox's own host names, through the proxy of the server.
"""

import dropbox
import pytest
from hypothesis import given, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.support.doors import proxied, sdk_client
from tests.support.operations import Actor, histories
from tests.support.personalities import APP_FOLDERS, PERSONALITIES

from fakedropbox import FakeDropboxService
from fakedropbox.machines import DropboxMachine

pytestmark = pytest.mark.untraced

# After a random failure, the SDK would wait in real time here; the direct client waits on the
# clock of the service.
WITHOUT_RANDOM_FAILURES = PERSONALITIES.filter(lambda personality: not personality.fail_one_in)


@settings(max_examples=settings().max_examples // 5)
@given(history=histories(), personality=WITHOUT_RANDOM_FAILURES, folder=APP_FOLDERS)
def test_the_server_gives_the_same_answers_as_the_direct_client(
    _dropbox_server,  # noqa: PT019 -- the test uses it
    history,
    personality,
    folder,
):
    first = FakeDropboxService(0, personality, app_folder=folder)
    second = FakeDropboxService(0, personality, app_folder=folder)
    direct = Actor(first.client(), first)
    with _dropbox_server.serving(second), proxied(_dropbox_server) as session:
        # An access token without an expiry, because the SDK and the service use different clocks.
        lasting = {"oauth2_refresh_token": None, "oauth2_access_token_expiration": None}
        served = Actor(sdk_client(second, session=session, **lasting), second)
        for op in history:
            assert direct.do(op) == served.do(op), op
        assert direct.state() == served.state()
    assert direct.known == served.known
    assert [(call.route, call.outcome) for call in first.calls] == [
        (call.route, call.outcome) for call in second.calls
    ]


@pytest.mark.parametrize("examples", [3, pytest.param(50, marks=pytest.mark.campaign)])
def test_dropbox_machine_finds_no_difference_over_https(_dropbox_server, examples):  # noqa: PT019 -- the test uses it
    class OverHttps(DropboxMachine):
        strict = True

        def make_client(self):
            self.service = FakeDropboxService()
            _dropbox_server.service = self.service
            token = self.service.login.access_token
            return dropbox.Dropbox(token, session=proxied(_dropbox_server))

        def pause(self, seconds):
            self.service.clock.advance(seconds)

        def teardown(self):
            super().teardown()
            self.dbx.close()

    with _dropbox_server.serving(_dropbox_server.service):
        run_state_machine_as_test(
            OverHttps, settings=settings(max_examples=examples, stateful_step_count=15)
        )
