"""Tests of random requests to a service with a state file: a start gives the same state.

The campaign (``-m campaign``) sends 10,000 requests to each personality with each of three seeds.
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
MEMBERS = ["ada@example.org", "ben@example.org", "zoe@example.org"]
INVITED = "new@example.com"
MORE = {
    "destination": "/Docs",
    "file": "/a",
    "group_id": "g:00000000000000000000000000000000",
    "shared_folder_id": "84528192421",
    "team_folder_id": "84528192421",
    "team_member_id": f"dbmid:{35 * 'A'}",
    **dict.fromkeys(["email", "member", "members", "new_email", "user", "users"], INVITED),
}
"""Fields of requests about sharing and teams, each with a value that may not be known."""


def populate(service):
    """Make two other accounts, an app and a team, and share folders among the accounts."""
    others = [service.accounts.create(email, plan=plan) for email, plan in ACCOUNTS.items()]
    service.apps.create("small", folder="Small")
    service.share_folder("/Shared", members=[(others[0], "viewer"), others[1]])
    service.share_folder("/Own", account=others[0], members=[service.accounts.default])
    service.seed_files({"/Own/a.txt": b"own"}, account=others[0])
    service.teams.create("Team", MEMBERS)


def new_pools(rng, service):
    """Return pools of identifiers for requests, with the people of a service among them."""
    pools = fuzzing.Pools(rng, MORE)
    people = [*ACCOUNTS, *MEMBERS, *(each.account_id for each in service.accounts)]
    for name in ("member", "members", "user", "users"):
        pools.known[name] += people
    members = service.teams.members(service.teams.default)
    pools.known["team_member_id"] += [member.team_member_id for member in members]
    pools.known["file"] += fuzzing.FILES
    return pools


def new_logins(service):
    """Return logins of an app with a folder, of all accounts, and, in the last place, of the team.

    Earlier ones may be revoked.
    """
    small = list(service.apps)[1]
    of_accounts = [service.logins.create(app=small), *map(service.logins.create, service.accounts)]
    return [*of_accounts, service.logins.create(team=service.teams.default)]


def bombard(kept, rng, pools, count):
    """Send requests and operations; return the number of requests after which the file differed."""
    service, database, changes = kept.service, kept.file._database, 0
    last, snapshot = database.total_changes, None
    for number in range(count):
        if number % 50 == 0:
            snapshot = operate(service, rng, snapshot)
            logins = new_logins(service)
        prepared = request(pools, logins)
        found = kept.send(prepared)
        changes += database.total_changes != last
        last = database.total_changes
        if found is not None and found[0] == 200 and found[1][:1] == b"{":
            with suppress(ValueError):  # after a fault that corrupts the reply
                pools.learn(json.loads(found[1]))
    return changes


def request(pools, logins):
    """Return a random request, in most cases of a route that changes something."""
    rng = pools.rng
    of_team = rng.random() < 0.2
    names = fuzzing.OF_TEAMS if of_team else fuzzing.OF_ACCOUNTS
    while True:
        login = logins[-1] if of_team else rng.choice(logins)
        name, prepared = fuzzing.request(pools, login, names)
        if login is logins[-1] and not of_team:
            prepared.headers["Dropbox-API-Select-User"] = pools.one_of("team_member_id")
        scope = IMPLEMENTED[name].fact.scope or ""
        if scope.endswith(".write") or pools.rng.random() < 0.1:
            return prepared


def operate(service, rng, snapshot):
    """Restore the snapshot, or else carry out an operation other than the random requests.

    Return the snapshot that the operation takes, if any.
    """
    if snapshot is not None:
        service.restore(snapshot)
        return None
    kind = rng.randrange(5)
    if kind == 0:
        service.clock.advance(rng.choice([1, 3600, 86400]))
    elif kind == 1:
        service.faults.rate_limit("files/upload", times=2)
    elif kind == 2:
        service.seed_files({f"/seeded {rng.randrange(3)}": rng.randbytes(9)})
    elif kind == 3:
        made = service.client().file_requests_create("Homework", f"/Docs {rng.randrange(3)}")
        service.upload_to_request(made.id, {"a.txt": rng.randbytes(9)})
        service.gate.world.photos.set(service.accounts.default.account_id, rng.randbytes(9))
    else:
        return service.snapshot()
    return None


def survive(path, personality, seed, rounds, count):
    """Send requests in several rounds with a start after each; return the number of changes."""
    rng = random.Random(f"{personality} {seed}")  # noqa: S311 -- random test data
    beginning = {"seed": 4, "files": fuzzing.FILES, "personality": personality}
    changes, pools = 0, None
    for number in range(rounds):
        kept = KeptService(path, **beginning)
        if not number:
            populate(kept.service)
            pools = new_pools(rng, kept.service)
        changes += bombard(kept, rng, pools, count)
        logins = new_logins(kept.service)
        before = kept.close()
        again = KeptService(path, **beginning)
        assert differences(before, again.close()) == {}
        if not kept.service.personality.lag_entries:
            answer_the_same(kept.service, again.service, rng, logins, pools)
    return changes


def answer_the_same(one, other, rng, logins, pools):
    """Check that the original service and the loaded one answer the same requests alike."""
    for _ in range(60):
        prepared = request(pools, logins)
        assert sent(other, prepared) == sent(one, prepared), vars(prepared)


@pytest.mark.parametrize("personality", PRESETS)
def test_a_start_gives_the_same_state_after_random_requests(tmp_path, personality):
    assert survive(tmp_path / "state", personality, 1, 2, 150) > 20


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(2, 5))
@pytest.mark.parametrize("personality", PRESETS)
def test_a_start_gives_the_same_state_after_10_000_random_requests(tmp_path, personality, seed):
    assert survive(tmp_path / "state", personality, seed, 5, 2_000) > 500
