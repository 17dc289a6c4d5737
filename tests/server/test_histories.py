"""Whole histories over HTTPS, by Dropbox's own names, and through the direct client: as one."""

from hypothesis import given, settings
from tests.doors.door_kit import proxied, sdk_client
from tests.properties.door_ops import Actor, histories
from tests.properties.test_doors_agree import APP_FOLDERS, PERSONALITIES

from fakedropbox import FakeDropboxService


@settings(max_examples=settings().max_examples // 5)
@given(history=histories(), personality=PERSONALITIES, folder=APP_FOLDERS)
def test_the_server_answers_as_the_direct_client(
    _dropbox_server,  # noqa: PT019 -- it is used
    history,
    personality,
    folder,
):
    first = FakeDropboxService(0, personality, app_folder=folder)
    second = FakeDropboxService(0, personality, app_folder=folder)
    direct = Actor(first.client(), first)
    with _dropbox_server.serving(second), proxied(_dropbox_server) as session:
        # Only a token, without an end: the SDK's own time is not the service's here.
        lasting = {"oauth2_refresh_token": None, "oauth2_access_token_expiration": None}
        served = Actor(sdk_client(second, session=session, **lasting), second)
        for op in history:
            assert direct.do(op) == served.do(op), op
        assert direct.state() == served.state()
    assert direct.known == served.known
    assert [(call.route, call.outcome) for call in first.calls] == [
        (call.route, call.outcome) for call in second.calls
    ]
