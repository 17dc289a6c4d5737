"""Tests of the headers of requests."""

import pytest

from fakedropbox.server.headers import Headers

RAW = [(b"host", b"localhost"), (b"x", b"1"), (b"name", b"\xe4"), (b"x", b"2")]


def test_the_case_of_names_is_ignored_and_the_first_of_equal_headers_counts():
    headers = Headers(RAW)
    assert (headers["Host"], headers["X"], headers["NAME"]) == ("localhost", "1", "ä")
    assert (headers.get("x"), headers.get("y"), headers.get("Y", "-")) == ("1", None, "-")
    assert "X" in headers
    assert "Y" not in headers
    assert 1 not in headers
    with pytest.raises(KeyError):
        headers["y"]


def test_all_headers_are_listed_in_their_order():
    headers = Headers(RAW)
    assert list(headers.items()) == [("host", "localhost"), ("x", "1"), ("name", "ä"), ("x", "2")]
    assert sorted(headers) == ["host", "name", "x"]
    assert len(headers) == 3
