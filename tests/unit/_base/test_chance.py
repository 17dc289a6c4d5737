"""Tests of `Chance`: reproducible random values, each drawn for a named purpose."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakedropbox import FakeDropboxService
from fakedropbox._base.chance import Chance


@given(st.integers(), st.text(max_size=5), st.integers(0, 100))
def test_values_depend_on_the_seed_and_the_number_of_draws(seed, purpose, size):
    first, second = Chance(seed), Chance(seed)
    drawn = [first.bytes(purpose, size) for _ in range(3)]
    assert drawn == [second.bytes(purpose, size) for _ in range(3)]
    assert all(len(each) == size for each in drawn)
    if size > 8:
        assert len(set(drawn)) == 3
        assert Chance(seed + 1).bytes(purpose, size) != drawn[0]


def test_draws_for_one_purpose_do_not_affect_another():
    alone, mixed = Chance(0), Chance(0)
    for _ in range(5):
        mixed.bytes("other", 8)
    assert alone.token("access") == mixed.token("access")


def test_numbers_request_ids_tokens_and_dots_have_their_formats():
    chance = Chance(0)
    numbers = [chance.random("sdk") for _ in range(200)]
    assert all(0 <= number < 1 for number in numbers)
    assert max(numbers) > 0.9
    assert min(numbers) < 0.1
    assert re.fullmatch(r"[0-9a-f]{32}", chance.request_id())
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", chance.token("x", 32))
    assert {chance.summary_dots() for _ in range(60)} == {"", ".", "..", "..."}


def test_below_returns_every_number_under_the_limit():
    chance = Chance(0)
    assert {chance.below("x", 5) for _ in range(60)} == {0, 1, 2, 3, 4}
    assert {chance.below("x", 1) for _ in range(5)} == {0}


def test_shuffled_returns_every_order():
    chance = Chance(0)
    orders = {tuple(chance.shuffled("x", "abc")) for _ in range(60)}
    assert len(orders) == 6
    assert {tuple(sorted(order)) for order in orders} == {("a", "b", "c")}


@pytest.mark.parametrize("calls", [3, 10])
def test_one_in_is_true_once_in_each_window(calls):
    chance = Chance(0)
    drawn = [[chance.one_in("x", calls) for _ in range(calls)] for _ in range(60)]
    assert {sum(window) for window in drawn} == {1}
    assert {window.index(True) for window in drawn} == set(range(calls))


def test_resume_restores_a_saved_state():
    chance = Chance(0)
    chance.token("a")
    state = chance.state()
    drawn = [chance.token("a"), chance.token("b"), chance.request_id()]
    chance.resume(state)
    assert drawn == [chance.token("a"), chance.token("b"), chance.request_id()]
    chance.resume(state)  # drawing has not changed the saved state
    assert chance.token("a") == drawn[0]


def test_threads_never_draw_the_same_token():
    chance = Chance(0)
    barrier = threading.Barrier(8)

    def draw(_):
        barrier.wait(10)
        return [chance.token("x") for _ in range(100)]

    with ThreadPoolExecutor(8) as pool:
        drawn = [token for tokens in pool.map(draw, range(8)) for token in tokens]
    assert len(set(drawn)) == 800


@pytest.mark.parametrize("seed", [1.5, None, b"0"])
def test_a_seed_of_a_wrong_type_is_refused(seed):
    with pytest.raises(TypeError, match=r"seed: expected int, .*, got"):
        FakeDropboxService(seed=seed)


def results_of_a_service(seed):
    service = FakeDropboxService(seed=seed)
    dbx = service.client()
    metas = [dbx.files_upload(b"x", f"/{name}") for name in "ab"]
    listing = dbx.files_list_folder("")
    account = dbx.users_get_current_account()
    return repr((service.login.access_token, metas, listing, account))


def test_a_seed_reproduces_the_results_of_a_service():
    assert results_of_a_service(3) == results_of_a_service(3)
    assert results_of_a_service(3) != results_of_a_service(4)
