"""Tests of histories: events in order, written as lines of JSON and read back."""

import json
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakedropbox.simulate import Event, History

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
EVENTS = st.builds(
    Event,
    number=st.integers(0, 99),
    time=st.floats(0, 4e9),
    process=st.text(),
    kind=st.sampled_from(["invoke", "ok", "fail", "unknown"]),
    call=st.text(),
    value=JSON,
)


@given(st.lists(EVENTS, max_size=4))
@settings(max_examples=30)
def test_a_history_written_to_json_and_read_back_is_equal(events):
    history = History(events)
    text = history.to_jsonl()
    assert History.from_jsonl(text) == history
    assert History.from_jsonl(iter(text.splitlines(keepends=True))) == history
    assert len([line for line in text.split("\n") if line]) == len(events)


def test_invoke_and_end_record_the_start_and_the_end_of_a_call():
    history = History()
    first = history.invoke(1.0, "a", "files/upload", {"path": "/x"})
    second = history.invoke(2.0, "b", "files/upload", {"path": "/y"})
    history.end(second, 3.0, "ok")
    history.end(first, 4.0, "unknown")
    assert [(e.process, e.kind, e.number) for e in history] == [
        ("a", "invoke", first),
        ("b", "invoke", second),
        ("b", "ok", second),
        ("a", "unknown", first),
    ]
    assert [event.time for event in history.of("a")] == [1.0, 4.0]


def test_threads_can_write_to_one_history(tmp_path):
    history = History()

    def call(n):
        history.end(history.invoke(n, "p", "call", n), n, "ok", n)

    with ThreadPoolExecutor(8) as executor:
        list(executor.map(call, range(400)))
    begun = {event.number: event.value for event in history if event.kind == "invoke"}
    ended = {event.number: event.value for event in history if event.kind == "ok"}
    assert begun == ended
    assert sorted(begun.values()) == [*range(400)]
    history.save(tmp_path / "h.jsonl")
    assert History.load(tmp_path / "h.jsonl") == history


def test_a_history_from_json_can_be_continued():
    history = History.from_jsonl(History([Event(0, 0.0, "a", "invoke", "x")]).to_jsonl())
    number = history.invoke(1.0, "a", "y")
    assert number not in {event.number for event in history[:1]}
    assert pickle.loads(pickle.dumps(history)) == history  # noqa: S301


@pytest.mark.parametrize("number", [-1, 0, 1, 7])
def test_the_end_of_a_call_that_is_not_under_way_is_refused(number):
    history = History()
    history.end(history.invoke(0.0, "a", "x"), 0.0, "ok")
    with pytest.raises(
        ValueError, match=f"number: expected the number of a call under way, got {number}"
    ):
        history.end(number, 1.0, "ok")


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "[]",
        "{}",
        json.dumps({**Event(0, 0.0, "a", "ok", "x")._asdict(), "more": 1}),
        json.dumps(Event(0, 0.0, "a", "done", "x")._asdict()),
    ],
)
def test_a_line_that_is_not_an_event_is_refused(line):
    good = json.dumps(Event(0, 0.0, "a", "ok", "x")._asdict())
    with pytest.raises(ValueError, match="line 3: "):
        History.from_jsonl([good, "", line])


def test_a_history_that_is_not_json_leaves_an_earlier_file_as_it_is(tmp_path):
    path = tmp_path / "history.jsonl"
    earlier = History()
    earlier.invoke(0.0, "p", "claim")
    earlier.save(path)
    later = History()
    later.invoke(0.0, "p", "claim", {b"not JSON"})
    with pytest.raises(TypeError, match="not JSON serializable"):
        later.save(path)
    assert History.load(path) == earlier
    with pytest.raises(TypeError):
        later.save(tmp_path / "new.jsonl")
    assert not (tmp_path / "new.jsonl").exists()
