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
from tests.support.fingerprint import fingerprint, first_difference

from fakedropbox import FakeDropboxService, NotImplementedInFake, Personality

pytestmark = pytest.mark.untraced


TEXTS = ("Error in call to API function ", "Unknown API function: ")


def check(service, name, reply):
    """Check that an answer has one of the forms that Dropbox's answers have (F1.3-01 to -07)."""
    status, kind = reply.status_code, reply.headers.get("Content-Type", "")
    text = reply.content.decode("utf-8", "replace")
    assert status in (200, 206, 304, 400, 401, 403, 409, 416, 422, 429), (name, status)
    if status in (401, 403, 409, 422, 429):
        assert kind == "application/json"
        summary = json.loads(text)["error_summary"]
        assert "/" in summary
    elif status == 400 and kind == "application/json":
        assert json.loads(text) == {"error": "v1_retired"}
    elif status == 400:
        assert kind == "text/plain; charset=utf-8"
        assert not text or text.startswith(TEXTS)
    elif status == 200 and kind == "application/json":
        json.loads(reply.content)
    assert len(reply.headers["X-Dropbox-Request-Id"]) == 32
    assert service.login.access_token not in text
    assert service.login.app_secret not in text


KINDS = {
    "recorded": {},
    "compact": {"personality": replace(Personality.documented, wire="compact", utf8_headers=True)},
    "app folder": {"app_folder": "Test app"},
    # No random failures, because `check` accepts no answer with status 500 or 503.
    "lagging": {"personality": replace(Personality.hostile, fail_one_in=0)},
}


def send_all(rng, count, kind="recorded"):
    """Send requests, check each answer, and return the number of answers by status.

    The number of requests that changed anything is under ``changed``.
    """
    service = FakeDropboxService(seed=3, files=fuzzing.FILES, **KINDS[kind])
    adapter = service.session().get_adapter("https://")
    statuses = Counter()
    for start in range(0, count, 200):
        with service.scratch():
            pools = fuzzing.Pools(rng)
            undo = service.gate.world.files.undo
            before = fingerprint(service)
            for _ in range(min(count - start, 200)):
                name, request = fuzzing.request(pools, service.login)
                changes = undo.position
                try:
                    reply = adapter.send(request)
                except NotImplementedInFake as missing:
                    assert "is not implemented in fakedropbox" in str(missing)  # noqa: PT017
                    status = "not built"
                else:
                    check(service, name, reply)
                    status = reply.status_code
                after = fingerprint(service)
                keeps = kind == "lagging" or fuzzing.keeps_bytes(name)
                if status not in (200, 206) and not keeps:
                    assert after == before, (request.__dict__, first_difference(before, after))
                    assert undo.position == changes, (name, request.__dict__)
                statuses[status] += 1
                statuses["changed"] += after != before
                before = after
                if status == 200:
                    learn(pools, reply)
    return statuses


def learn(pools, reply):
    text = reply.headers.get("Dropbox-API-Result") or (
        reply.content if reply.headers["Content-Type"] == "application/json" else "null"
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
    assert statuses["changed"] > 20


@pytest.mark.campaign
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_five_thousand_requests_get_valid_answers(seed, kind, capsys):
    statuses = send_all(seeded_random(f"{kind} {seed}"), 5_000, kind)
    with capsys.disabled():
        print(f"\n{kind} {seed}: {dict(statuses)}")
