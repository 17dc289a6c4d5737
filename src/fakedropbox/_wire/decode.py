"""Decoding of HTTP requests into calls: credentials first, the argument only on demand."""

from __future__ import annotations

import json
import re
from collections import ChainMap
from collections.abc import Mapping, MutableMapping
from typing import Any, cast
from urllib.parse import parse_qsl

from stone.backends.python_rsrc import stone_validators as bv
from stone.backends.python_rsrc.stone_serializers import json_compat_obj_decode

from fakedropbox._api.refusals import bad_input
from fakedropbox._api.registry import SDK_ROUTES
from fakedropbox._core import selection
from fakedropbox._facts import RouteFact, messages
from fakedropbox._facts.limits import RPC_BYTES
from fakedropbox._files.blobs import Content, piece_of
from fakedropbox._identity.credentials import Credentials
from fakedropbox.errors import BadInput
from fakedropbox.personality import Personality

CORS_TYPE = "text/plain; charset=dropbox-cors-hack"
_RPC_TYPES = ("application/json", "application/json; charset=utf-8", CORS_TYPE)
_UPLOAD_TYPES = ("application/octet-stream", CORS_TYPE)
_ARGUMENT_HEADER = "Dropbox-API-Arg"
_QUOTED_CHARACTERS = 1000  # F1.4-07
_NO_MATCH = re.compile(r"'.*' did not match pattern '(.*)'", re.DOTALL)  # F1.4-04, Stone's text
_PATH_FIELDS = {"path", "from_path", "to_path", "commit.path"}
_PATH_FIELDS |= {"paths", *(f"entries.{field}" for field in _PATH_FIELDS)}  # in batches


def query_of(query: str) -> Mapping[str, str]:
    """Return the URL's parameters."""
    return dict(parse_qsl(query, keep_blank_values=True)) if query else {}


def wrong_method(fact: RouteFact, method: str) -> BadInput:
    """Return the 400 for a method other than POST; the text is a guess."""
    return bad_input(
        fact.wire_name, f"Your request was made with {method}.  Expecting POST.", fact="F1.1-06"
    )


def with_selected_user(headers: Mapping[str, str], query: Mapping[str, str]) -> Mapping[str, str]:
    """Return the headers, with one for the member whom the URL's ``select_user`` names (P4-06)."""
    selected = query.get("select_user")
    if selected is None or selection.USER in headers:
        return headers
    # A `ChainMap` writes to its first mapping only, so the headers are never changed.
    return ChainMap({selection.USER: selected}, cast("MutableMapping[str, str]", headers))


def credentials(headers: Mapping[str, str], query: Mapping[str, str]) -> Credentials | None:
    """Return the caller's credentials from a header or a URL parameter (F1.1-08), or None."""
    text = headers.get("Authorization") or query.get("authorization")
    if text is None:
        return None
    return Credentials.parse(text)


def argument(
    fact: RouteFact,
    headers: Mapping[str, str],
    query: Mapping[str, str],
    body: Content,
    personality: Personality,
) -> Any:
    """Return the route's argument as an SDK object.

    Raises:
        BadInput: the content type or the body is wrong, there is no argument, or it is too long,
            not JSON, or not an argument of the route (F1.4-01 to -09).
    """
    name = fact.wire_name
    compact = personality.wire == "compact"
    validator = SDK_ROUTES[name].arg_type
    if fact.style == "rpc":
        if not body and isinstance(validator, bv.Void) and "Content-Type" not in headers:
            return None
        _check_type(name, headers, _RPC_TYPES, messages.RPC_CONTENT_TYPES)
        if len(body) > RPC_BYTES:
            raise bad_input(name, messages.RPC_ARGUMENT + messages.TOO_LARGE)
        text = piece_of(body, 0, len(body))
        return _decoded(name, messages.RPC_ARGUMENT, validator, text, compact)
    if fact.style == "upload":
        _check_type(name, headers, _UPLOAD_TYPES, messages.UPLOAD_CONTENT_TYPES)
    elif body:
        raise bad_input(name, messages.DOWNLOAD_BODY.format(body=_quoted(body)), fact="F1.4-16")
    if _ARGUMENT_HEADER in headers:
        text = headers[_ARGUMENT_HEADER].encode("latin-1")  # the bytes that were sent
        if not (text.isascii() or personality.utf8_headers):
            raise BadInput("", fact="F1.1-07")
        return _decoded(name, messages.HEADER_ARGUMENT, validator, text, compact)
    if "arg" in query:
        return _decoded(name, messages.URL_ARGUMENT, validator, query["arg"], compact)
    raise bad_input(name, messages.NO_ARGUMENT, fact="F1.4-15")


def _check_type(
    name: str, headers: Mapping[str, str], taken: tuple[str, ...], expected: str
) -> None:
    given = headers.get("Content-Type")
    if not given:
        missing = messages.NO_CONTENT_TYPE.format(expected=expected)
        raise bad_input(name, missing, fact="F1.4-14")
    if given.lower() not in taken:
        wrong = messages.BAD_CONTENT_TYPE.format(value=given, expected=expected)
        raise bad_input(name, wrong, fact="F1.4-13")


def _quoted(body: Content) -> str:
    """Return a request body as an error quotes it: with JSON escapes, and cut if it is long."""
    begin = piece_of(body, 0, 4 * (_QUOTED_CHARACTERS + 1)).decode("utf-8", "replace")
    cut = messages.CUT if len(begin) > _QUOTED_CHARACTERS else ""
    return json.dumps(begin[:_QUOTED_CHARACTERS] + cut)


def _decoded(name: str, where: str, validator: Any, text: str | bytes, compact: bool) -> Any:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise bad_input(name, where + messages.NOT_JSON, fact="F1.4-01") from None
    try:
        return json_compat_obj_decode(validator, given, strict=True)
    except bv.ValidationError as error:
        field = ".".join(error._parents[::-1])  # noqa: SLF001 -- Stone has no public name for it
        if field in _PATH_FIELDS and error.message.startswith("''"):
            # The service checks for the root before it checks the pattern.
            root = f"{where}{field}: {messages.ROOT_UNSUPPORTED}"
            raise bad_input(name, root, fact="F1.4-09") from None
        pattern = _NO_MATCH.fullmatch(error.message)
        if compact and pattern:
            mismatch = messages.COMPACT_PATTERN.format(pattern=pattern[1])
            raise bad_input(name, mismatch, fact="F0-58") from None
        raise bad_input(name, where + str(error)) from None


def fields_of(query: str, body: bytes) -> Mapping[str, str]:
    """Return the fields of a page request's query and form, without those that are empty.

    One SDK sends everything in the query, with a JSON content type and no body (O2.2-51). Of
    several fields with one name, the first is used (S1-37).
    """
    form = parse_qsl(body.decode("utf-8", "replace"))
    return dict([*reversed(parse_qsl(query)), *reversed(form)])
