"""Helpers for tests through every door: clients, and short forms of entries and errors."""

import json

import dropbox
import pytest
import requests
from dropbox.exceptions import ApiError, AuthError, BadInputError
from dropbox.files import DeletedMetadata, FileMetadata, FolderMetadata

from fakedropbox import NotImplementedInFake
from fakedropbox._facts.evidence import evidence
from fakedropbox._wire import NOT_FAKED
from fakedropbox.machines._calls import chain
from fakedropbox.machines._comparison import content_hash  # noqa: F401 -- tests import it from here

KINDS = {FileMetadata: "file", FolderMetadata: "folder", DeletedMetadata: "deleted"}


def newer_sdk(has, feature):
    """Return a mark that skips a test if the installed SDK or `stone` package lacks a feature."""
    return pytest.mark.skipif(not has, reason=f"the installed SDK has no {feature}")


def unknown_evidence(items):
    """Return a line for each id in an `evidence` mark that is not the id of a fact."""
    return [
        f"{item.nodeid}: {fact}"
        for item in items
        for mark in item.iter_markers("evidence")
        for fact in mark.args
        if fact not in evidence()
    ]


def sdk_client(service, login=None, **options):
    """Return a client of the unmodified SDK with the credentials of `service.client`."""
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
    """Make the imported SDK use a server.

    It is as if the server's environment variables had been set before the import.
    """
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


def raise_for_not_implemented(reply, **_):
    """Raise `NotImplementedInFake` for the response to a route that is not implemented."""
    if NOT_FAKED in reply.headers:
        raise NotImplementedInFake(reply.text.strip())


def https_client(service, login=None, *, adapter, **options):
    """Return a client of the unmodified SDK that uses HTTPS, with the connections of an adapter."""
    client = sdk_client(service, login, **options)
    client._session.mount("https://", adapter)
    client._session.hooks["response"].append(raise_for_not_implemented)
    return client


def refusal(call, *args, **kwargs):
    """Check that a call is refused, and return the chain of tags of its error."""
    with pytest.raises(ApiError) as caught:
        call(*args, **kwargs)
    return chain(caught.value.error)


def bad_input(call, *args, **kwargs):
    """Check that a call is refused with a 400, and return its text."""
    with pytest.raises(BadInputError) as caught:
        call(*args, **kwargs)
    return caught.value.message


def auth_refusal(call, *args, **kwargs):
    """Check that a call is refused with a 401, and return the SDK's error object."""
    with pytest.raises(AuthError) as caught:
        call(*args, **kwargs)
    return caught.value.error


def rest_of(dbx, page):
    """Return the entries of a page and of all pages after it, and the last cursor."""
    entries = list(page.entries)
    while page.has_more:
        page = dbx.files_list_folder_continue(page.cursor)
        entries += page.entries
    return entries, page.cursor


def listed(dbx, path="", **options):
    """Return all entries of a folder."""
    return rest_of(dbx, dbx.files_list_folder(path, **options))[0]


def changes(dbx, cursor):
    """Return the changes since a cursor, and the next cursor."""
    return rest_of(dbx, dbx.files_list_folder_continue(cursor))


def rows(entries):
    """Return the kind and the `path_display` of each entry."""
    return [(KINDS[type(entry)], entry.path_display) for entry in entries]


def paths(entries):
    """Return the `path_display` of each entry."""
    return [entry.path_display for entry in entries]


def content(dbx, path):
    """Return the content of a file."""
    return dbx.files_download(path)[1].content


def proxied(server):
    """Return a `requests.Session` that reaches the hosts of Dropbox through a server's proxy."""
    session = requests.Session()
    session.trust_env = False
    session.verify = str(server.ca_file)
    session.proxies = {"https": server.proxy_url}
    session.hooks["response"].append(raise_for_not_implemented)
    return session


class Wire:
    """A plain HTTP client for the routes, independent of the SDK."""

    def __init__(self, service, session):
        self.service = service
        self.session = session
        self.authorization = {"Authorization": f"Bearer {service.login.access_token}"}

    def send(self, url, body=None, headers=None, method="POST"):
        """Send a request, without the headers that are None."""
        given = {**self.authorization, **(headers or {})}
        return self.session.request(method, url, data=body, headers=given)

    def rpc(self, route, arg=None, *, body=None, headers=None):
        """Send an RPC request; `body` replaces the JSON of `arg`."""
        sent = json.dumps(arg).encode() if body is None else body
        url = f"https://api.dropboxapi.com/2/{route}"
        return self.send(url, sent, {"Content-Type": "application/json", **(headers or {})})

    def upload(self, arg, body=b"", *, headers=None, route="upload"):
        """Send an upload request; `headers` may also replace the header with the argument."""
        given = {"Content-Type": "application/octet-stream", "Dropbox-API-Arg": json.dumps(arg)}
        url = f"https://content.dropboxapi.com/2/files/{route}"
        return self.send(url, body, {**given, **(headers or {})})

    def download(self, arg, *, headers=None, body=None, method="POST"):
        """Send a download request."""
        given = {"Dropbox-API-Arg": json.dumps(arg), **(headers or {})}
        url = "https://content.dropboxapi.com/2/files/download"
        return self.send(url, body, given, method)
