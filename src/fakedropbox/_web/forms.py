"""Forms with files, as browsers send them: ``multipart/form-data`` (RFC 7578)."""

from __future__ import annotations

import re
from email.message import Message
from email.parser import HeaderParser
from typing import NamedTuple

from fakedropbox._web.registry import Asked
from fakedropbox.errors import PageRefused

_PATHS = re.compile(r".*[/\\]", re.DOTALL)
_ESCAPED = {"%22": '"', "%0D": "\r", "%0A": "\n"}
"""The characters that browsers escape in the names of files, and nothing else."""


class FormFile(NamedTuple):
    """A file that was chosen in a form: its name without folders, and its content."""

    name: str
    content: bytes


class Form(NamedTuple):
    """The fields of a form, and its files in the order in which they were chosen."""

    fields: dict[str, str]
    files: list[FormFile]


def form_of(asked: Asked, body: bytes) -> Form:
    """Return the form in the body of a request; a file input without a file is left out.

    Raises:
        PageRefused: it is not a form of this kind.
    """
    kind = Message()
    kind["Content-Type"] = asked.headers.get("Content-Type", "")
    boundary = kind.get_param("boundary")
    if kind.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise PageRefused("Content-Type: expected multipart/form-data with a boundary.")
    mark = b"\r\n--" + boundary.encode("utf-8", "surrogateescape")
    _, *parts = (b"\r\n" + body).split(mark)
    if not parts or not parts[-1].startswith(b"--"):
        raise PageRefused("The form is incomplete.")
    form = Form({}, [])
    for part in parts[:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        about = HeaderParser().parsestr(head.decode("utf-8", "replace").removeprefix("\r\n"))
        name = about.get_param("name", header="content-disposition")
        filename = about.get_filename()
        if filename:
            form.files.append(FormFile(_file_name(filename), content))
        elif filename is None and isinstance(name, str):
            form.fields.setdefault(name, content.decode("utf-8", "replace"))
    return form


def _file_name(text: str) -> str:
    for escaped, character in _ESCAPED.items():
        text = text.replace(escaped, character)
    return _PATHS.sub("", text)
