"""Tests of forms with files, as different libraries send them."""

import pytest
import requests

from fakedropbox._web.forms import FormFile, form_of
from fakedropbox._web.registry import Asked
from fakedropbox.errors import PageRefused


def read(content_type, body):
    return form_of(Asked({}, {"Content-Type": content_type}), body)


def part(disposition, data, *more):
    lines = [f"Content-Disposition: form-data; {disposition}", *more]
    return "\r\n".join(["--x", *lines, "", data, ""]).encode()


def test_a_form_of_requests_is_read():
    files = [
        ("file", ("a.bin", bytes(range(256)))),
        ("file", ("b", b"")),
        ("c", ("m.eml", b"x: y")),
    ]
    sent = requests.Request("POST", "https://x", data={"name": "é"}, files=files).prepare()
    form = read(sent.headers["Content-Type"], sent.body)
    assert form.fields == {"name": "é"}
    assert form.files == [
        FormFile("a.bin", bytes(range(256))),
        FormFile("b", b""),
        FormFile("m.eml", b"x: y"),
    ]


def test_unusual_parts_of_a_form_are_read_as_browsers_send_them():
    body = (
        b"a preamble\r\n"
        + part('name="name"', "first")
        + part('name="name"', "second")
        + part('name="file"; filename=""', "")
        + part('name="file"; filename="a%22%0D%0A%41.txt"', "1", "Content-Type: message/rfc822")
        + part("name=\"file\"; filename*=UTF-8''%C3%A9.txt", "2\r\n\r\n--y")
        + part("filename=x", "3")
        + b"--x\r\nNonsense\r\n\r\nlost\r\n"
        + b"--x--\r\nan epilogue"
    )
    form = read('multipart/form-data; charset=utf-8; boundary="x"', body)
    assert form.fields == {"name": "first"}
    assert form.files == [
        FormFile('a"\r\n%41.txt', b"1"),
        FormFile("é.txt", b"2\r\n\r\n--y"),
        FormFile("x", b"3"),
    ]


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("", b"--x--", "with a boundary"),
        ("application/x-www-form-urlencoded", b"a=1", "with a boundary"),
        ("multipart/mixed; boundary=x", b"--x--", "with a boundary"),
        ("multipart/form-data", b"--x--", "with a boundary"),
        ("multipart/form-data; boundary=x", b"", "incomplete"),
        ("multipart/form-data; boundary=x", part('name="a"', "1"), "incomplete"),
    ],
)
def test_a_body_that_is_not_a_complete_form_is_refused(content_type, body, text):
    with pytest.raises(PageRefused, match=text):
        read(content_type, body)
