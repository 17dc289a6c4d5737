"""Tests of random requests to a service with a state file: a start gives the same state.

The campaign (``-m campaign``) sends 10,000 requests to each personality.
"""

import json
import random
from contextlib import suppress

import pytest
from tests.support import fuzzing
from tests.support.kept_services import KeptService, differences, sent

from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._facts.presets import PRESETS

pytestmark = pytest.mark.untraced

ACCOUNTS = {"bob@example.com": "pro", "eve@example.com": "basic"}


def populate(service):
    """Make other accounts and apps, and share folders with them."""
    others = [service.accounts.create(email, plan=plan) for email, plan in ACCOUNTS.items()]
    service.apps.create("small", folder="Small")
    service.share_folder("/Shared", members=[(others[0], "viewer"), others[1]])
    service.share_folder("/Own", account=others[0], members=[service.accounts.default])
    service.seed_files({"/Own/a.txt": b"own"}, account=others[0])


def new_logins(service):
    """Return logins of all accounts, and of an app with a folder: others may be revoked."""
    small = list(service.apps)[1]
    return [service.logins.create(app=small), *map(service.logins.create, service.accounts)]


def bombard(kept, rng, pools, count):
    """Send requests, and return the number of those that changed something."""
    service, database, changes = kept.service, kept.file._database, 0
    last = database.total_changes
    for number in range(count):
        if number % 50 == 0:
            operate(service, rng)
            logins = new_logins(service)
        prepared = request(pools, rng.choice(logins))
        found = kept.send(prepared)
        changes += database.total_changes != last
        last = database.total_changes
        if found is not None and found[0] == 200 and found[1][:1] == b"{":
            with suppress(ValueError):  # after a fault that corrupts the reply
                pools.learn(json.loads(found[1]))
    return changes


def request(pools, login):
    """Return a random request, in most cases of a route that changes something."""
    while True:
        name, prepared = fuzzing.request(pools, login)
        scope = IMPLEMENTED[name].fact.scope or ""
        if scope.endswith(".write") or pools.rng.random() < 0.1:
            return prepared


def operate(service, rng):
    """Carry out an operation that no request is."""
    kind = rng.randrange(4)
    if kind == 0:
        service.clock.advance(rng.choice([1, 3600, 86400]))
    elif kind == 1:
        service.faults.rate_limit("files/upload", times=2)
    elif kind == 2:
        service.seed_files({f"/seeded {rng.randrange(3)}": rng.randbytes(9)})
    else:
        before = service.snapshot()
        service.seed_files({"/undone": rng.randbytes(5)})
        service.restore(before)


def survive(path, personality, seed, rounds, count):
    """Send requests in several rounds with a start after each; return the number of changes."""
    rng = random.Random(f"{personality} {seed}")  # noqa: S311 -- random test data
    beginning = {"seed": 4, "files": fuzzing.FILES, "personality": personality}
    changes, pools = 0, fuzzing.Pools(rng)
    for number in range(rounds):
        kept = KeptService(path, **beginning)
        if not number:
            populate(kept.service)
        changes += bombard(kept, rng, pools, count)
        logins = new_logins(kept.service)
        before = kept.close()
        again = KeptService(path, **beginning)
        assert differences(before, again.close()) == {}
        if not kept.service.personality.lag_entries:
            answer_the_same(kept.service, again.service, rng, logins, pools)
    return changes


def answer_the_same(one, other, rng, logins, pools):
    """Send the same requests to the service of before and to the one that was loaded."""
    for _ in range(60):
        prepared = request(pools, rng.choice(logins))
        assert sent(other, prepared) == sent(one, prepared), vars(prepared)


@pytest.mark.parametrize("personality", PRESETS)
def test_a_start_gives_the_same_state_after_random_requests(tmp_path, personality):
    assert survive(tmp_path / "state", personality, 1, 2, 150) > 20


@pytest.mark.campaign
@pytest.mark.parametrize("personality", PRESETS)
def test_a_start_gives_the_same_state_after_10_000_random_requests(tmp_path, personality):
    assert survive(tmp_path / "state", personality, 2, 5, 2_000) > 500
