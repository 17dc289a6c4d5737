"""Tests of random requests: each answer is valid, and an error changes nothing.

The campaign (``-m campaign``) sends 100,000 requests.
"""

import json
import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import fuzzing

from fakedropbox import FakeDropboxService, NotImplementedInFake, Personality
from fakedropbox._files.nodes import File

pytestmark = pytest.mark.untraced

KEEPS_BYTES = ("upload", "upload_session/", "alpha/upload")
"""Routes that keep the data of a refused commit in an upload session (F4-09, F4.1-05)."""
FILES = {"/a": b"1", "/b.txt": b"text", "/é/a": b"", "/é/b.txt": bytes(range(256)), "/Σς/🙂": b"2"}


def state(service):
    """Return everything that a client could see, except upload sessions."""
    world = service.gate.world
    seen = []
    for tree in world.files.trees.values():
        view = world.files.views[tree.namespace_id]
        for node in tree.subtree(tree.root):
            content = (node.rev, node.blob, len(node.past or ())) if isinstance(node, File) else ()
            seen.append((node.number, view.paths(node), *content))
        seen.append((len(tree.journal), tree.used, sorted(tree.tombstones)))
    links = world.files.shared_links._by_key.items()
    return [*seen, {key: link.settings for key, link in links}]


TEXTS = ("Error in call to API function ", "Unknown API function: ")


def check(service, name, reply):
    """Check that an answer has one of the forms that Dropbox's answers have (F1.3-01 to -07)."""
    status, kind = reply.status_code, reply.headers.get("Content-Type", "")
    assert status in (200, 206, 304, 400, 401, 403, 409, 416, 422, 429), (name, status)
    if status in (401, 403, 409, 422, 429):
        assert kind == "application/json"
        summary = reply.json()["error_summary"]
        assert "/" in summary
    elif status == 400 and kind == "application/json":
        assert reply.json() == {"error": "v1_retired"}
    elif status == 400:
        assert kind == "text/plain; charset=utf-8"
        assert not reply.text or reply.text.startswith(TEXTS)
    elif status == 200 and kind == "application/json":
        json.loads(reply.content)
    assert len(reply.headers["X-Dropbox-Request-Id"]) == 32
    assert service.login.access_token not in reply.text
    assert service.login.app_secret not in reply.text


KINDS = {
    "recorded": {},
    "compact": {"personality": replace(Personality.documented, wire="compact", utf8_headers=True)},
    "app folder": {"app_folder": "Test app"},
    # No random failures, because `check` accepts no answer with status 500 or 503.
    "lagging": {"personality": replace(Personality.hostile, fail_one_in=0)},
}


def send_all(rng, count, kind="recorded"):
    """Send `count` requests, check each answer, and return the number of answers by status."""
    service = FakeDropboxService(seed=3, files=FILES, **KINDS[kind])
    # With lag, even a failed call may record a change, so no route is checked for that.
    keeps = "" if kind == "lagging" else KEEPS_BYTES
    adapter = service.session().get_adapter("https://")
    statuses = Counter()
    for start in range(0, count, 200):
        with service.scratch():
            pools = fuzzing.Pools(rng)
            undo = service.gate.world.files.undo
            for _ in range(min(count - start, 200)):
                name, request = fuzzing.request(pools, service.login)
                before, changes = state(service), len(undo._inverses)
                try:
                    reply = adapter.send(request)
                except NotImplementedInFake as missing:
                    assert "is not implemented in fakedropbox" in str(missing)  # noqa: PT017
                    reply = None
                else:
                    check(service, name, reply)
                if reply is None or reply.status_code >= 400:
                    assert state(service) == before, (name, request.__dict__, reply.text)
                    if not name.removeprefix("files/").startswith(keeps):
                        assert len(undo._inverses) == changes, (name, request.__dict__)
                statuses[reply.status_code if reply is not None else "not built"] += 1
                if reply is not None and reply.status_code == 200:
                    learn(pools, reply)
    return statuses


def learn(pools, reply):
    text = reply.headers.get("Dropbox-API-Result") or (
        reply.text if reply.headers["Content-Type"] == "application/json" else "null"
    )
    pools.learn(json.loads(text))


def seeded_random(seed):
    return random.Random(seed)  # noqa: S311 -- random test data


@given(st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_any_request_gets_a_valid_answer_and_an_error_changes_nothing(rng):
    send_all(rng, 10)


@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_requests_get_valid_answers_of_each_status(kind):
    statuses = send_all(seeded_random(kind), 1000, kind)
    assert statuses[200] > 100
    assert statuses[400] > 100
    assert statuses[409] > 100


@pytest.mark.campaign
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_five_thousand_requests_get_valid_answers(seed, kind, capsys):
    statuses = send_all(seeded_random(f"{kind} {seed}"), 5_000, kind)
    with capsys.disabled():
        print(f"\n{kind} {seed}: {sum(statuses.values())} requests, {dict(statuses)}")
