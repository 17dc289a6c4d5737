"""Tests of random requests over HTTPS: the server never fails, and an error changes nothing.

The campaign (``-m campaign``) sends 20,000 requests.
"""

import http.client
import json
import random
import ssl
from collections import Counter
from urllib.parse import urlsplit

import pytest
from tests.support import fuzzing
from tests.support.fingerprint import fingerprint, first_difference
from tests.support.plain_http import address

from fakedropbox import FakeDropboxService
from fakedropbox.control import Control

pytestmark = pytest.mark.untraced

EXPECTED = {200, 206, 304, 400, 401, 403, 404, 405, 409, 411, 416, 421, 422, 429, 431, 501}
_LIMIT_SECONDS = 60


class Sender:
    """A client that sends some requests in odd form, over one connection if the server keeps it."""

    def __init__(self, server):
        self.context = ssl.create_default_context(cafile=server.ca_file)
        self.address = address(server)
        self.connection = None

    def send(self, prepared, rng):
        """Return the status, the content type and the body of the response to a request.

        Return None if the request cannot be sent, breaks off before its end, or has no response.
        """
        if self.connection is None:
            self.connection = http.client.HTTPSConnection(
                *self.address, context=self.context, timeout=_LIMIT_SECONDS
            )
        url = urlsplit(prepared.url)
        target = url.path + (f"?{url.query}" if url.query else "")
        body = prepared.body or b""
        headers = [("Host", url.netloc), *prepared.headers.items()]
        form = rng.random()
        if form < 0.02:
            headers.append(rng.choice(headers))
        elif form < 0.04:
            headers.append(("X-Long", "x" * rng.choice([8_000, 70_000, 200_000])))
        elif form < 0.06:
            headers += [(f"X-{number}", "y") for number in range(rng.choice([50, 500]))]
        is_chunked, is_cut = 0.06 < form < 0.1, 0.1 < form < 0.11
        try:
            return self._exchange(prepared.method, target, headers, body, is_chunked, is_cut)
        except (http.client.InvalidURL, UnicodeEncodeError, ValueError):
            outcome = None  # the client's own library refuses to send it
        except (http.client.HTTPException, ConnectionError, ssl.SSLError):
            outcome = None  # the server closes the connection, as after a wrong length
        self.close()
        return outcome

    def _exchange(self, method, target, headers, body, is_chunked, is_cut):
        connection = self.connection
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if is_chunked:
            connection.putheader("Transfer-Encoding", "chunked")
            half = len(body) // 2
            pieces = [piece for piece in (body[:half], body[half:]) if piece]
            sent = b"".join(b"%x;x=y\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
            body = sent + b"0\r\nX-Trailer: 1\r\n\r\n"
        else:
            connection.putheader("Content-Length", str(len(body) + is_cut))
        connection.endheaders(body)
        if is_cut:
            self.close()
            return None
        response = connection.getresponse()
        found = response.status, response.getheader("Content-Type", ""), response.read()
        if response.will_close:
            self.close()
        return found

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def learn(pools, kind, body):
    if kind == "application/json":
        pools.learn(json.loads(body))


def send_all(rng, count):
    """Send requests, check each response, and return the number of responses by status."""
    statuses = Counter()
    service = FakeDropboxService(seed=4, files=fuzzing.FILES)
    with service.serve() as server:
        sender = Sender(server)
        control = Control(server.url, server.control_token, server.ca_file)
        for start in range(0, count, 200):
            with service.scratch():
                pools, undo, before = fuzzing.Pools(rng), service.gate.world.files.undo, None
                for _ in range(min(count - start, 200)):
                    name, prepared = fuzzing.request(pools, service.login)
                    before = before or fingerprint(service)
                    changes = undo.position
                    found = sender.send(prepared, rng)
                    after = fingerprint(service)
                    status, kind, body = found or ("no response", "", b"")
                    if found is not None:
                        assert status in EXPECTED, (status, prepared.__dict__, body)
                        assert status != 501 or b"is not implemented in fakedropbox" in body
                        assert service.login.app_secret.encode() not in body
                    if status not in (200, 206) and not fuzzing.keeps_bytes(name):
                        assert after == before, (prepared.__dict__, first_difference(before, after))
                        assert undo.position == changes, prepared.__dict__
                    if status == 200:
                        learn(pools, kind, body)
                    statuses[status] += 1
                    statuses["changed"] += after != before
                    before = after
                assert control.calls()  # the calls can be listed, whatever was sent
                assert len(control.files()) <= control.tree().count("\n")
        sender.close()
    return statuses


def test_random_requests_over_https_get_responses_of_dropbox():
    statuses = send_all(random.Random(1), 300)  # noqa: S311 -- random test data
    assert min(statuses[status] for status in (200, 400, 409)) > 20
    assert statuses["changed"] > 5
    assert statuses["no response"] < 30


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(4))
def test_five_thousand_requests_over_https_get_responses_of_dropbox(seed, capsys):
    statuses = send_all(random.Random(f"https {seed}"), 5_000)  # noqa: S311 -- random test data
    with capsys.disabled():
        print(f"\nHTTPS {seed}: {dict(statuses)}")
