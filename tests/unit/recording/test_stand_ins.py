"""Tests of stand-ins: the form of a value is kept, and equal values have equal stand-ins."""

import re
from base64 import b64decode
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stone.backends.python_rsrc import stone_validators as bv
from tests.support.sdk_definitions import definitions, members

from fakedropbox._files.blobs import content_hash
from fakedropbox.recording import _sdk_types as sdk
from fakedropbox.recording._stand_ins import StandIns

EXAMPLES = {
    "id": ("id:L5U1_AOVa-QAAAAAAAA4vA", r"id:[\w-]{22}"),
    "account": ("dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc", r"dbid:[\w-]{35}"),
    "member": ("dbmid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc", r"dbmid:[\w-]{35}"),
    "template": ("ptid:1a5n2i6d3OYEAAAAAAAAAYa", r"ptid:[\w-]{22}"),
    "rev": ("a1c10ce0dd78", r"[0-9a-f]{21}"),
    "hash": ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b850", "[0-9a-f]{64}"),
    "namespace": ("1087883416", "[0-9]{15}"),
    "cursor": ("AAFBwDxjzL41" + "x" * 180, r"AA[A-Z][\w-]{187,347}"),
    "cursor of a search": ("CgwIABCS2u7HFRgBIAE=", r"[A-Za-z0-9+/]{20,}={0,2}"),
    "reference": ("z1X6ATl6aWtzOGq0c3g5Ng", r"[\w-]{22}"),
    "session": ("pid_upload_session:ABCD", r"pid_upload_session:[\w-]{38}"),
    "job": ("dbjid:AAAAAA", r"dbjid:AA[\w-]{86}"),
    "email": ("ada@lab.org", r"user_\w+@example\.com"),
    "temporary link": (
        "https://dl.dropboxusercontent.com/apitl/1/AA" + "x" * 236,
        r"https://dl\.dropboxusercontent\.com/apitl/1/AA[\w-]{236}",
    ),
    "shared link": (
        "https://www.dropbox.com/scl/fi/abc/a.txt?rlkey=xyz&dl=0",
        r"https://www\.dropbox\.com/scl/fi/text_\w+/text_\w+\?rlkey=text_\w+&dl=0",
    ),
    "other link": ("http://u:p@example.org:8/x?y#z", r"https://\w+\.example/"),
    "broken link": ("https://[x/", r"https://\w+\.example/"),
    "text": ("Ada Lovelace", r"text_\w{12}"),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_stand_in_has_the_form_of_the_value(name):
    value, form = EXAMPLES[name]
    stand_ins = StandIns(b"key")
    assert re.fullmatch(form, stand_ins.text(value))
    assert stand_ins.text(value) == StandIns(b"key").text(value) != value
    assert stand_ins.text(value) != StandIns(b"another").text(value)


TEXTS = {
    (each.pattern, each.min_length, each.max_length): each
    for validator in definitions()
    for name, below in members(validator.definition)
    for bare in [sdk.bare(below)]
    for each in [sdk.bare(getattr(bare, "item_validator", bare))]
    if isinstance(each, bv.String)
    if sdk.kind_of(validator.definition, name, each) != "path"  # paths are kept
}


@pytest.mark.parametrize("limits", sorted(TEXTS, key=str), ids=str)
@settings(max_examples=15)
@given(data=st.data())
def test_the_sdk_accepts_the_stand_in_of_a_text_that_it_accepts(limits, data):
    pattern, least, most = limits
    texts = st.text() if pattern is None else st.from_regex(rf"\A(?:{pattern})\Z")
    if pattern is None:
        texts = st.text(min_size=least or 0, max_size=most)
    value = data.draw(texts.filter(lambda text: len(text) >= (least or 0)))
    if most is not None and len(value) > most:
        return
    stand_in = StandIns(b"key").text(value, TEXTS[limits])
    TEXTS[limits].validate(stand_in)


def test_the_stand_in_of_a_thumbnail_can_be_decoded():
    assert b64decode(StandIns(b"key").text("iVBORw0KGgo" * 4, None), validate=True)


def test_a_number_and_its_digits_have_the_same_stand_in():
    stand_ins = StandIns(b"key")
    assert stand_ins.text("123") == str(stand_ins.number(123))


def test_the_stand_in_of_a_time_is_a_time():
    form = "%Y-%m-%dT%H:%M:%SZ"
    assert datetime.fromisoformat(StandIns(b"key").moment("2015-05-12T15:50:38Z", form))


def content_of(described):
    return described["number"].to_bytes(described["bytes"], "little") if described else b""


@given(st.lists(st.binary(max_size=9), unique=True))
def test_different_contents_have_different_stand_ins_of_their_sizes(contents):
    stand_ins = StandIns(b"key")
    found = [content_of(stand_ins.content(content)) for content in contents]
    assert list(map(len, found)) == list(map(len, contents))
    assert len(set(found)) == len(contents)
    assert [content_of(stand_ins.content(content)) for content in contents] == found


def test_all_contents_of_one_byte_have_a_stand_in():
    stand_ins = StandIns(b"key")
    found = {content_of(stand_ins.content(bytes([byte]))) for byte in range(256)}
    assert len(found) == 256


@given(st.binary(max_size=9))
def test_the_stand_in_of_a_content_hash_is_the_hash_of_the_content_of_the_stand_in(content):
    stand_ins = StandIns(b"key")
    described = stand_ins.content(content)
    assert stand_ins.text(content_hash(content).hex()) == content_hash(content_of(described)).hex()
