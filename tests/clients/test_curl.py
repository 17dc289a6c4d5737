"""Tests of `curl`, with the real host names through the proxy and with the server's address."""

import json

import pytest

CONTENT = "application/octet-stream"


@pytest.fixture(params=["proxy", "address"])
def curl(request, program, environ, dropbox_server):
    """Return a function that calls a route as shown in the documentation of the API."""
    token = environ["DROPBOX_ACCESS_TOKEN"]

    def call(host, route, *options):
        base = f"https://{host}.dropboxapi.com" if request.param == "proxy" else dropbox_server.url
        # A header without a value is not sent; longpoll refuses this one.
        header = "Authorization:" if host == "notify" else f"Authorization: Bearer {token}"
        return program("curl", "-sS", f"{base}/2/{route}", "-X", "POST", "-H", header, *options)

    return call


def test_each_style_of_route_works(curl, dropbox_service, tmp_path):
    (tmp_path / "here.txt").write_bytes(b"hello")
    arg = 'Dropbox-API-Arg: {"path": "/there.txt"}'
    sent = ("-H", f"Content-Type: {CONTENT}", "--data-binary", "@here.txt")
    meta = json.loads(curl("content", "files/upload", "-H", arg, *sent))
    assert dropbox_service.files == {"/there.txt": b"hello"}
    metadata_call = ("-H", "Content-Type: application/json", "-d", '{"path": "/there.txt"}')
    assert json.loads(curl("api", "files/get_metadata", *metadata_call))["id"] == meta["id"]
    assert curl("content", "files/download", "-H", arg) == "hello"
    assert json.loads(curl("api", "users/get_current_account"))["email"] == "owner@example.com"
    page = ("-H", "Content-Type: application/json", "-d", '{"path": ""}')
    cursor = json.loads(curl("api", "files/list_folder", *page))["cursor"]
    poll = ("-H", "Content-Type: application/json", "-d", json.dumps({"cursor": cursor}))
    assert json.loads(curl("notify", "files/list_folder/longpoll", *poll)) == {"changes": False}


def test_a_large_upload_with_expect_100_continue_succeeds(curl, dropbox_service, tmp_path):
    """`curl` sends `Expect: 100-continue` with a body of more than a megabyte."""
    (tmp_path / "big").write_bytes(bytes(3_000_000))
    arg = 'Dropbox-API-Arg: {"path": "/big"}'
    sent = ("-v", "-H", f"Content-Type: {CONTENT}", "--data-binary", "@big")
    assert json.loads(curl("content", "files/upload", "-H", arg, *sent))["size"] == 3_000_000
    part = curl("content", "files/download", "-H", arg, "-H", "Range: bytes=0-9")
    assert part == "\0" * 10
    assert dropbox_service.read("/big") == bytes(3_000_000)


def test_a_file_can_be_downloaded_by_get(program, environ, dropbox_service):
    dropbox_service.seed_files({"/a.txt": b"hello"})
    url = "https://content.dropboxapi.com/2/files/download"
    query = ("-G", "--data-urlencode", 'arg={"path": "/a.txt"}')
    header = f"Authorization: Bearer {environ['DROPBOX_ACCESS_TOKEN']}"
    assert program("curl", "-sS", url, *query, "-H", header) == "hello"


def test_a_refresh_token_returns_an_access_token(program, environ):
    form = {
        "grant_type": "refresh_token",
        "refresh_token": environ["DROPBOX_REFRESH_TOKEN"],
    }
    data = [word for name, value in form.items() for word in ("-d", f"{name}={value}")]
    login = f"{environ['DROPBOX_APP_KEY']}:{environ['DROPBOX_APP_SECRET']}"
    output = program("curl", "-sS", "https://api.dropboxapi.com/oauth2/token", *data, "-u", login)
    assert json.loads(output)["access_token"].startswith("sl.")


def test_other_hosts_cannot_be_reached(program):
    program("curl", "-sS", "https://example.com/", code=56)
