"""Tests of the compact JSON style of September 2026, byte by byte."""

import json

import pytest
from dropbox import files
from stone.backends.python_rsrc import stone_validators as bv
from tests.support.doors import sdk_client

from fakedropbox import FakeDropboxService, Personality
from fakedropbox._wire import compact

COMPACT = Personality(wire="compact")
pytestmark = pytest.mark.dropbox(personality=COMPACT, files={"/Folder/F.txt": b"0123456789"})


def file_text(meta, tag=""):
    return (
        f"{{{tag}"
        f'"client_modified":"{meta.client_modified:%Y-%m-%dT%H:%M:%SZ}",'
        f'"content_hash":"{meta.content_hash}","id":"{meta.id}","is_downloadable":true,'
        f'"name":"{meta.name}","path_display":"{meta.path_display}",'
        f'"path_lower":"{meta.path_lower}","property_groups":[],"rev":"{meta.rev}",'
        f'"server_modified":"{meta.server_modified:%Y-%m-%dT%H:%M:%SZ}","size":{meta.size}}}'
    )


def folder_text(meta, tag=""):
    return (
        f'{{{tag}"id":"{meta.id}","name":"{meta.name}","path_display":"{meta.path_display}",'
        f'"path_lower":"{meta.path_lower}","property_groups":[]}}'
    )


@pytest.fixture
def client(service):
    return service.client()


class TestResults:
    """Results: no spaces, sorted keys after `.tag`, `property_groups` in files and folders."""

    @pytest.mark.evidence("F1.6-04", "F0-52", "F0-53", "F0-55")
    def test_the_metadata_of_a_file_is_compact(self, wire, client):
        text = wire.rpc("files/get_metadata", {"path": "/folder/f.txt"}).text
        assert text == file_text(client.files_get_metadata("/folder/f.txt"), '".tag":"file",')
        text = wire.upload({"path": "/new"}, b"x").text
        assert text == file_text(client.files_get_metadata("/new"))

    @pytest.mark.evidence("F1.6-04", "F8-01", "F0-55")
    def test_the_metadata_of_a_folder_is_compact(self, wire, client):
        text = wire.rpc("files/create_folder_v2", {"path": "/New"}).text
        assert text == f'{{"metadata":{folder_text(client.files_get_metadata("/new"))}}}'

    @pytest.mark.evidence("F0-52", "F0-53")
    def test_a_page_of_a_listing_is_compact(self, wire, client):
        text = wire.rpc("files/list_folder", {"path": ""}).text
        page = json.loads(text)
        folder = folder_text(client.files_get_metadata("/folder"), '".tag":"folder",')
        assert text == f'{{"cursor":"{page["cursor"]}","entries":[{folder}],"has_more":false}}'

    def test_a_tombstone_has_no_property_groups(self, wire, client):
        client.files_delete_v2("/folder/f.txt")
        arg = {"path": "/folder/f.txt", "include_deleted": True}
        assert wire.rpc("files/get_metadata", arg).text == (
            '{".tag":"deleted","name":"F.txt","path_display":"/Folder/F.txt",'
            '"path_lower":"/folder/f.txt"}'
        )

    @pytest.mark.evidence("F5-01")
    def test_the_result_header_of_a_download_is_compact(self, wire, client):
        response = wire.download({"path": "/folder/f.txt"})
        meta = client.files_get_metadata("/folder/f.txt")
        assert response.headers["Dropbox-API-Result"] == file_text(meta)
        assert response.content == b"0123456789"

    @pytest.mark.evidence("F0-56")
    def test_non_ascii_characters_are_escaped(self, wire):
        response = wire.rpc("files/create_folder_v2", {"path": "/\u00e9\U0001f389"})
        assert response.content.isascii()
        assert response.json()["metadata"]["name"] == "\u00e9\U0001f389"

    def test_a_void_result_is_null(self, wire):
        session = wire.upload({}, b"", route="upload_session/start").json()["session_id"]
        arg = {"cursor": {"session_id": session, "offset": 0}}
        assert wire.upload(arg, b"", route="upload_session/append_v2").text == "null"


class TestErrors:
    """Errors have keys in alphabetical order, and no dots after the summary."""

    @pytest.mark.evidence("F1.6-01", "F10-03", "F0-54")
    def test_a_not_found_error_has_no_random_dots(self, wire):
        for _ in range(8):  # in the classic style, some of 8 replies would have dots
            assert wire.rpc("files/get_metadata", {"path": "/none"}).text == (
                '{"error":{".tag":"path","path":{".tag":"not_found"}},'
                '"error_summary":"path/not_found/"}'
            )

    @pytest.mark.evidence("F3.2-04", "F0-57")
    def test_the_empty_payload_of_an_error_tag_is_null(self, wire):
        assert wire.rpc("files/get_metadata", {"path": "//"}).text == (
            '{"error":{".tag":"path","path":{".tag":"malformed_path","malformed_path":null}},'
            '"error_summary":"path/malformed_path/"}'
        )

    @pytest.mark.evidence("F1.5-01")
    def test_the_error_invalid_access_token_is_compact(self, wire):
        headers = {"Authorization": "Bearer sl." + "x" * 130}
        response = wire.rpc("files/get_metadata", {"path": "/a"}, headers=headers)
        assert (response.status_code, response.text) == (
            401,
            '{"error":{".tag":"invalid_access_token"},"error_summary":"invalid_access_token/"}',
        )

    @pytest.mark.evidence("F1.5-06")
    def test_the_error_too_many_write_operations_is_compact(self, wire, service):
        service.faults.too_many_write_operations("files/upload")
        response = wire.upload({"path": "/a"}, b"")
        assert response.status_code == 429
        assert response.text == (
            '{"error":{"reason":{".tag":"too_many_write_operations"}},'
            '"error_summary":"too_many_write_operations/"}'
        )

    @pytest.mark.evidence("F0-58")
    def test_a_malformed_path_shows_the_regex(self, wire):
        text = wire.rpc("files/get_metadata", {"path": "a"}).text
        head, _, pattern = text.partition("Value must be a string conforming to regex ")
        assert head == 'Error in call to API function "files/get_metadata": '
        assert pattern.startswith("(/(.|[\\r\\n])*|id:.*)|(rev:")
        text = wire.rpc("files/get_metadata", {"path": 5}).text  # as in the classic style
        assert text.endswith("request body: path: '5' expected to be a string, got integer")


@pytest.mark.evidence("F1.4-24")
@pytest.mark.dropbox(personality=COMPACT, app_folder="Small")
def test_the_refusal_of_a_path_root_for_an_app_folder_app_has_the_text_seen_in_2026(wire, service):
    header = {"Dropbox-API-Path-Root": '{".tag": "namespace_id", "namespace_id": "1"}'}
    text = wire.rpc("files/list_folder", {"path": ""}, headers=header).text
    assert text == (
        'Error in call to API function "files/list_folder": '
        "path root is not supported for sandbox app"
    )
    assert service.calls[-1].fact == "F1.4-24"


@pytest.mark.evidence("F6.3-01", "F0-51")
@pytest.mark.dropbox(personality=Personality.recorded)
def test_longpoll_is_compact_in_the_recorded_personality_too(wire, client):
    cursor = client.files_list_folder_get_latest_cursor("").cursor
    client.files_upload(b"x", "/new")
    url = "https://notify.dropboxapi.com/2/files/list_folder/longpoll"
    body = json.dumps({"cursor": cursor})
    wire.authorization = {}
    response = wire.send(url, body, {"Content-Type": "application/json"})
    assert response.text == '{"changes":true}\n'
    assert response.headers["X-Db-Timeout"] == "120"


@pytest.mark.evidence("F0-55")
def test_the_direct_client_and_the_sdk_show_the_empty_property_groups(service, client):
    with service.activate():
        through_sdk = sdk_client(service)
        for dbx in (client, through_sdk):
            assert dbx.files_get_metadata("/folder").property_groups == []
            assert dbx.files_list_folder("/folder").entries[0].property_groups == []
            assert dbx.files_list_revisions("/folder/f.txt").entries[0].property_groups == []
            assert dbx.files_download("/folder/f.txt")[0].property_groups == []
    classic = FakeDropboxService(files={"/a": b""}).client()
    assert classic.files_get_metadata("/a").property_groups is None


@pytest.mark.evidence("F0-57")
def test_the_tags_with_an_optional_payload_are_those_of_the_sdk():
    unions = [each for each in vars(files).values() if hasattr(each, "_tagmap")]
    optional = {
        tag
        for union in unions
        for tag, member in union._tagmap.items()
        if isinstance(member, bv.Nullable)
    }
    assert optional == set(compact._MAY_BE_EMPTY)
