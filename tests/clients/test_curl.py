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


@pytest.mark.dropbox(plan="pro", files={"/docs/a b.txt": b"0123456789"})
@pytest.mark.evidence("S2-05", "S5-06", "S5-14", "S5-15", "S6-02", "S6-13", "S7-03")
def test_links_can_be_created_read_changed_listed_and_revoked(curl):
    def rpc(name, **arg):
        sent = ("-H", "Content-Type: application/json", "-d", json.dumps(arg))
        return json.loads(curl("api", f"sharing/{name}", *sent))

    def file(**arg):
        header = ("-H", f"Dropbox-API-Arg: {json.dumps({'url': link['url'], **arg})}")
        return lambda *options: curl("content", "sharing/get_shared_link_file", *header, *options)

    expires = "2026-02-01T00:00:00Z"
    link = rpc("create_shared_link_with_settings", path="/docs", settings={"expires": expires})
    assert (link[".tag"], link["expires"]) == ("folder", expires)
    assert rpc("list_shared_links", path="/docs/a b.txt")["links"] == [link]
    assert rpc("create_shared_link", path="/docs")["url"] == link["url"]
    assert [each["url"] for each in rpc("get_shared_links")["links"]] == [link["url"]]
    assert rpc("get_shared_link_metadata", url=link["url"], path="/a b.txt")["size"] == 10
    changed = rpc("modify_shared_link_settings", url=link["url"], settings={"link_password": "x"})
    assert changed["link_permissions"]["resolved_visibility"] == {".tag": "password"}
    assert json.loads(file(path="/a b.txt")())["error"] == {".tag": "shared_link_access_denied"}
    opened = file(path="/a b.txt", link_password="x")
    assert opened() == "0123456789"
    assert opened("-H", "Range: bytes=2-4") == "234"
    assert '"name": "a b.txt"' in opened("-D", "-", "-o", "body")
    assert rpc("revoke_shared_link", url=link["url"]) is None
    gone = rpc("get_shared_link_metadata", url=link["url"])
    assert gone["error"] == {".tag": "shared_link_not_found"}


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
