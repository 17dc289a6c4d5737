"""What the door tests share: both ways in, and short words for what comes back."""

import json

import dropbox
import pytest
import requests
from dropbox.exceptions import ApiError, AuthError, BadInputError
from dropbox.files import DeletedMetadata, FileMetadata, FolderMetadata

from fakedropbox import NotImplementedInFake
from fakedropbox._facts.evidence import evidence
from fakedropbox.machines._calls import chain
from fakedropbox.machines._comparison import content_hash  # noqa: F401 -- for the tests

KINDS = {FileMetadata: "file", FolderMetadata: "folder", DeletedMetadata: "deleted"}


def newer_sdk(has, what):
    """Leave a test out where the installed SDK, or the stone that it comes with, lacks ``what``."""
    return pytest.mark.skipif(not has, reason=f"this SDK has no {what}")


def unknown_evidence(items):
    """Test by test, the ids in `evidence` marks that are no fact's."""
    return [
        f"{item.nodeid}: {fact}"
        for item in items
        for mark in item.iter_markers("evidence")
        for fact in mark.args
        if fact not in evidence()
    ]


def sdk_client(service, login=None, **options):
    """The unmodified SDK, with the same credentials that `service.client` gives its own."""
    login = login or service.login
    credentials = {
        "oauth2_access_token": login.access_token,
        "oauth2_access_token_expiration": service.expiry_of(login.access_token),
        "oauth2_refresh_token": login.refresh_token,
        "app_key": login.app_key,
        "app_secret": login.app_secret,
    }
    return dropbox.Dropbox(**{**credentials, **options})


def through_https(monkeypatch, server):
    """Lead the SDK to a server, as its variables would have if they had been set before."""
    here = server.url.removeprefix("https://")
    for module in (dropbox.session, dropbox.dropbox_client, dropbox.oauth):
        for name in ("API_HOST", "API_CONTENT_HOST", "API_NOTIFICATION_HOST", "WEB_HOST"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, here)
    for method in (dropbox.Dropbox.refresh_access_token, dropbox.DropboxOAuth2Flow.build_url):
        hosts = {"api.dropboxapi.com": here}
        defaults = tuple(hosts.get(value, value) for value in method.__defaults__)
        monkeypatch.setattr(method, "__defaults__", defaults)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.ca_file))


def not_there(reply, **_):
    """What the double does not have is a 501; tests know it by the double's own error."""
    if reply.status_code == requests.codes.not_implemented:
        raise NotImplementedInFake(reply.text.strip())


def https_client(service, login=None, **options):
    """The unmodified SDK, on its way over HTTPS."""
    client = sdk_client(service, login, **options)
    client._session.hooks["response"].append(not_there)
    return client


def refusal(call, *args, **kwargs):
    """The chain of tags that a call is refused with."""
    with pytest.raises(ApiError) as caught:
        call(*args, **kwargs)
    return chain(caught.value.error)


def bad_input(call, *args, **kwargs):
    """The text of the 400 that a call is refused with."""
    with pytest.raises(BadInputError) as caught:
        call(*args, **kwargs)
    return caught.value.message


def auth_refusal(call, *args, **kwargs):
    """The SDK's error object of the 401 that a call is refused with."""
    with pytest.raises(AuthError) as caught:
        call(*args, **kwargs)
    return caught.value.error


def rest_of(dbx, page):
    """The entries of a page and of all pages after it, and the last cursor."""
    entries = list(page.entries)
    while page.has_more:
        page = dbx.files_list_folder_continue(page.cursor)
        entries += page.entries
    return entries, page.cursor


def listed(dbx, path="", **options):
    """All entries of a folder."""
    return rest_of(dbx, dbx.files_list_folder(path, **options))[0]


def changes(dbx, cursor):
    """What `continue` says from a cursor on, and the cursor after it."""
    return rest_of(dbx, dbx.files_list_folder_continue(cursor))


def rows(entries):
    """Kind and shown path of each entry."""
    return [(KINDS[type(entry)], entry.path_display) for entry in entries]


def paths(entries):
    """The shown paths of the entries."""
    return [entry.path_display for entry in entries]


def content(dbx, path):
    """A file's bytes."""
    return dbx.files_download(path)[1].content


def proxied(server):
    """A plain `requests.Session` that reaches Dropbox's names through a server's proxy."""
    session = requests.Session()
    session.trust_env = False
    session.verify = str(server.ca_file)
    session.proxies = {"https": server.proxy_url}
    session.hooks["response"].append(not_there)
    return session


class Wire:
    """Requests as any HTTP client would send them."""

    def __init__(self, service, session):
        self.service = service
        self.session = session
        self.authorization = {"Authorization": f"Bearer {service.login.access_token}"}

    def send(self, url, body=None, headers=None, method="POST"):
        """Headers that are None are left out."""
        given = {**self.authorization, **(headers or {})}
        return self.session.request(method, url, data=body, headers=given)

    def rpc(self, route, arg=None, *, body=None, headers=None):
        """An RPC call; `body` in place of the JSON of `arg`."""
        sent = json.dumps(arg).encode() if body is None else body
        url = f"https://api.dropboxapi.com/2/{route}"
        return self.send(url, sent, {"Content-Type": "application/json", **(headers or {})})

    def upload(self, arg, body=b"", *, headers=None, route="upload"):
        """An upload; `headers` may replace the argument's header too."""
        given = {"Content-Type": "application/octet-stream", "Dropbox-API-Arg": json.dumps(arg)}
        url = f"https://content.dropboxapi.com/2/files/{route}"
        return self.send(url, body, {**given, **(headers or {})})

    def download(self, arg, *, headers=None, body=None, method="POST"):
        """A download."""
        given = {"Dropbox-API-Arg": json.dumps(arg), **(headers or {})}
        url = "https://content.dropboxapi.com/2/files/download"
        return self.send(url, body, given, method)
