"""Tests of the JSON of files: values that are stored, and refused or broken data."""

import math
from types import MappingProxyType

import pytest

from dropspool.errors import BrokenFile
from dropspool.providers._json import decode, decode_as, encode
from dropspool.schemas import NextJobSchema


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"a": [1, 2.5, None, True, "é\ud83d\n", {"b": {}}]},
        {"": 10**30, "x": 1e-300},
        MappingProxyType({"a": 1}),
    ],
)
def test_decoding_returns_the_encoded_content(content):
    data = encode("content_dict", content)
    assert data.isascii()
    assert decode("/a.json", data) == content


def test_a_tuple_is_read_as_a_list():
    assert decode("/a.json", encode("job_dict", {"a": ("load", (7,))})) == {"a": ["load", [7]]}


def circular():
    content = {}
    content["again"] = [content]
    return content


def deep():
    content = {}
    for _ in range(100_000):
        content = {"a": content}
    return content


@pytest.mark.parametrize(
    "content",
    [
        {"a": math.nan},
        {"a": [math.inf]},
        {"a": {1, 2}},
        {"a": b"bytes"},
        {"a": object()},
        {"a": MappingProxyType({})},
        {1: "a"},
        {"a": [({None: 1},)]},
        {("a", "b"): 1},
        circular(),
        deep(),
    ],
)
def test_values_that_json_cannot_represent_are_refused(content):
    with pytest.raises(ValueError, match=r"^job_dict: expected"):
        encode("job_dict", content)


@pytest.mark.parametrize("content", [None, [1], "a", 7])
def test_a_value_that_is_not_a_mapping_is_refused(content):
    with pytest.raises(TypeError, match=r"^job_dict: expected a mapping"):
        encode("job_dict", content)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[1]", b"null", b'"a"', b"\xff\xfe\x00", b"\x80", b"[" * 100_000]
)
def test_the_error_names_the_file_that_has_no_json_object(data):
    with pytest.raises(BrokenFile, match=r"^/a.json: expected"):
        decode("/a.json", data)


def test_a_byte_order_mark_is_ignored():
    assert decode("/a.json", b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_the_error_names_the_file_that_does_not_fit_the_model():
    with pytest.raises(BrokenFile, match=r"^/a.json: expected a NextJobSchema(?s:.)*job_json_path"):
        decode_as(NextJobSchema, "/a.json", {"job_id": "1"})
