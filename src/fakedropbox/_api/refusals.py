"""SDK error objects for tags such as ``path/not_found``, and refusals of bad arguments."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from dropbox import common
from stone.backends.python_rsrc import stone_base
from stone.backends.python_rsrc import stone_validators as bv

from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._api.structs import NewerTag, catch_all_of, payload_of, tag_of, tags_of, union_of
from fakedropbox._facts import messages
from fakedropbox.calls import Call
from fakedropbox.errors import BadInput, PathRootRefused, RouteError

_PREFIXES = {
    "rpc": messages.RPC_ARGUMENT,
    "upload": messages.HEADER_ARGUMENT,
    "download": messages.HEADER_ARGUMENT,
}


def error_object(union: Any, error: RouteError) -> Any:
    """Return a route's error as a new SDK object; it is not shared, as SDK unions are mutable."""
    unions = None if error.fields else nested_unions(union, error.tags)
    if unions is None:
        return _union(union, error.tags.split("/"), error.fields)
    made = None
    for union_type, tag in unions:
        made = union_of(union_type, tag, made)
    return made


@cache
def nested_unions(validator: Any, tags: str) -> tuple[tuple[Any, str], ...] | None:
    """Return the types and tags of an error that is only nested unions, the innermost first.

    Return None for an error in which there is anything else.
    """
    found: list[tuple[Any, str]] = []
    error = _union(validator, tags.split("/"), {})
    while isinstance(error, stone_base.Union):
        found.append((type(error), tag_of(error)))
        error = payload_of(error)
    return None if error is not None else tuple(reversed(found))


def failure_object(union: Any, error: RouteError) -> Any:
    """Return a route's error as a part of a result, which keeps a tag that the SDK lacks."""
    return _union(union, error.tags.split("/"), error.fields, is_part=True)


def _union(
    validator: Any, tags: Sequence[str], fields: Mapping[str, Any], *, is_part: bool = False
) -> Any:
    tag, below = tags[0], tags[1:]
    made = validator.definition
    known = tags_of(made)
    if tag not in known:  # the SDK is older than the tag, which it decodes to the catch-all tag
        known_as = catch_all_of(made)
        return union_of(made, NewerTag(tag, known_as) if is_part and known_as else known_as)
    member = known[tag]
    if isinstance(member, bv.Nullable):
        member = member.validator
        if not below:
            return union_of(made, tag, fields.get(tag))
    if isinstance(member, bv.Union):
        return union_of(made, tag, _union(member, below, fields, is_part=is_part))
    is_struct = isinstance(member, bv.Struct) and not isinstance(member, bv.StructTree)
    if is_struct and tag not in fields:  # otherwise `fields[tag]` is the struct
        return union_of(made, tag, _struct(member, below, fields, is_part=is_part))
    return union_of(made, tag, fields.get(tag))


def _struct(
    validator: Any, tags: Sequence[str], fields: Mapping[str, Any], *, is_part: bool
) -> Any:
    """Return a struct whose union field holds the remaining tags.

    A struct between two unions has no tag of its own (F1.6-01).
    """
    values = {}
    for name, member in validator.definition._all_fields_:
        if name in fields:
            values[name] = fields[name]
        elif isinstance(member, bv.Union):
            values[name] = _union(member, tags, fields, is_part=is_part)
    return validator.definition(**values)


def path_root_error(refused: PathRootRefused) -> Any:
    """Return the SDK's `PathRootError` (F1.5-05)."""
    if refused.root is None:
        return common.PathRootError(refused.tag)
    return common.PathRootError(refused.tag, root_info(*refused.root))


def root_info(root: str, home: str, home_path: str | None) -> Any:
    """Return the SDK's `RootInfo`: that of a team if the home is in a team space."""
    if home_path is None:
        return common.UserRootInfo(root, home)
    return common.TeamRootInfo(root, home, home_path)


def bad_argument(call: Call, text: str, *, fact: str | None = None) -> BadInput:
    """Return the HTTP 400 error for a bad argument of a route (F1.4-01)."""
    prefix = _PREFIXES[IMPLEMENTED[call.name].fact.style]
    return bad_input(call.name, prefix + text, fact=fact)


def unknown_route(name: str) -> BadInput:
    """Return the HTTP 400 error for a route that does not exist, or not on that host (F1.4-12)."""
    return BadInput(messages.UNKNOWN_ROUTE.format(route=json.dumps(name)), fact="F1.4-12")


def bad_input(name: str, text: str, *, fact: str | None = None) -> BadInput:
    """Return the HTTP 400 error for a call (F1.3-01); ``fact`` is the fact that explains it."""
    return BadInput(messages.CALL_PREFIX.format(route=name) + text, fact=fact)
