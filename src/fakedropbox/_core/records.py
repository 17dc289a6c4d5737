"""The conversion of records to JSON and back, with references between records.

Plain values are written as they are. An object that has a record of its own, such as an account or
a file, is written as a reference; other known types are written with their fields. Bytes are
collected apart, because JSON has none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from json.encoder import encode_basestring_ascii
from typing import Any

from dropbox import (
    async_,
    common,
    file_properties,
    files,
    sharing,
    team,
    team_common,
    users_common,
)
from stone.backends.python_rsrc import stone_base, stone_serializers
from stone.backends.python_rsrc import stone_validators as bv

from fakedropbox._api.files.temporary_links import Bring, Fetch
from fakedropbox._api.structs import name_newer_tags
from fakedropbox._base.kept import Kept, Values
from fakedropbox._files.blobs import Blob
from fakedropbox._files.file_requests import Deadline, Terms
from fakedropbox._files.kept_files import KeptFiles
from fakedropbox._files.memberships import Membership
from fakedropbox._files.nodes import Lock, Node, Revision
from fakedropbox._files.shared_folders import Policy, SharedFolder
from fakedropbox._files.shared_links import LinkSettings
from fakedropbox._files.tree import Tree
from fakedropbox._identity.accounts import Account, Team
from fakedropbox._identity.apps import App
from fakedropbox._identity.codes import AccessRequest
from fakedropbox._identity.tokens import AppLink, Grant
from fakedropbox.calls import World

_VALUES: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (
        *(AccessRequest, AppLink, Bring, Deadline, Fetch, Grant, LinkSettings, Lock, Membership),
        *(Policy, Revision, Team, Terms),
    )
}
"""The types whose fields are written, all of them named tuples."""

_SDK = {
    module.__name__.rpartition(".")[2]: module
    for module in (
        *(async_, common, file_properties, files, sharing),
        *(team, team_common, users_common),
    )
}
"""The modules of the SDK whose types are in records."""


def stores_of(world: World) -> list[Kept]:
    """Return all stores of a world, in an order in which they can be loaded."""
    store = world.files
    tables = store.tables
    return [
        world.accounts,
        world.apps,
        KeptFiles(store),
        *(tables.tags, tables.locks, tables.paper_revisions, tables.properties, tables.writers),
        *(store.sessions, store.templates, store.shared_folders, store.shared_files),
        *(store.team_folders, store.file_requests, store.shared_links),
        *(store.references, store.jobs, world.tokens, store.links),
        *(world.teams, world.groups, world.contacts, world.photos, world.team_log),
    ]


class Records:
    """A converter of the values of one world's records to JSON and bytes, and back."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._read: dict[str, Callable[..., Any]] = {
            "account": self._account,
            "app": world.apps.by_key,
            "bytes": lambda start, stop: self._data[start:stop],
            "content": self._content,
            "dict": lambda *pairs: {self._of(key): self._of(value) for key, value in pairs},
            "list": lambda *items: [self._of(item) for item in items],
            "node": self._node,
            "sdk": self._from_sdk,
            "set": lambda *items: frozenset(items),
            "shared folder": self._shared_folder,
            "tree": lambda namespace_id: self._world.files.trees[namespace_id],
            "value": self._value,
        }
        self._data = b""

    def written(self, values: Values) -> tuple[str, bytes]:
        """Return values as JSON, and the bytes that are in them.

        Raises:
            TypeError: a value is of a type that no record may hold.
        """
        data = bytearray()
        return _list(values, data), bytes(data)

    def values(self, text: str, data: bytes) -> Values:
        """Return the values for which `written` returned ``text`` and ``data``."""
        self._data = data
        return tuple(map(self._of, json.loads(text)))

    def _of(self, found: Any) -> Any:
        if isinstance(found, list):
            return tuple(map(self._of, found))
        if isinstance(found, dict):
            ((kind, arguments),) = found.items()
            return self._read[kind](*arguments)
        return found

    def _account(self, account_id: str) -> Account | None:
        return self._world.accounts.by_id(account_id)

    def _content(self, digest: str, size: int) -> Blob:
        return self._world.files.blobs.archived(bytes.fromhex(digest), size)

    def _node(self, number: int) -> Node:
        return self._world.files.nodes[number]

    def _shared_folder(self, namespace_id: int) -> SharedFolder:
        files = self._world.files
        return files.shared_folders.with_tree(files.trees[namespace_id])

    def _value(self, name: str, *items: Any) -> Any:
        found = _VALUES[name](*map(self._of, items))
        return self._world.tokens.same(found) if isinstance(found, AppLink) else found

    def _from_sdk(self, module: str, name: str, found: Any) -> Any:
        kind = getattr(_SDK[module], name)
        value = stone_serializers.json_compat_obj_decode(_validator(kind), found, strict=False)
        name_newer_tags(value, found)
        return value


def _list(values: Iterable[Any], data: bytearray) -> str:
    """Return the JSON of values; their bytes are added to ``data``."""
    parts = [(_WRITERS.get(type(each)) or _writer(type(each)))(each, data) for each in values]
    return f"[{','.join(parts)}]"


def _writer(kind: type) -> Callable[[Any, bytearray], str]:
    """Return the function that writes values of a type, and keep it.

    Raises:
        TypeError: no record may hold such a value.
    """
    for each, write in _BY_BASE.items():
        if issubclass(kind, each):
            if each is tuple:
                if _VALUES.get(kind.__name__) is not kind:
                    break
                write = partial(_value_text, kind.__name__)  # noqa: PLW2901 -- bound to the name
            _WRITERS[kind] = write
            return write
    raise TypeError(f"no record may hold {kind.__module__}.{kind.__name__}")


def _refer(name: str, *attributes: str) -> Callable[[Any, bytearray], str]:
    """Return a function that writes a reference to a value by its attributes."""

    def text(value: Any, data: bytearray) -> str:
        return _tagged(name, [getattr(value, attribute) for attribute in attributes], data)

    return text


def _tagged(name: str, values: Iterable[Any], data: bytearray) -> str:
    return f'{{"{name}":{_list(values, data)}}}'


def _value_text(name: str, value: Any, data: bytearray) -> str:
    return _tagged("value", [name, *value], data)


def _bytes_text(value: bytes, data: bytearray) -> str:
    start = len(data)
    data += value
    return f'{{"bytes":[{start},{len(data)}]}}'


def _float_text(value: float, _data: bytearray) -> str:
    return json.dumps(value)


_WRITERS: dict[type, Callable[[Any, bytearray], str]] = {
    str: lambda value, _: encode_basestring_ascii(value),
    int: lambda value, _: str(value),
    bool: lambda value, _: "true" if value else "false",
    type(None): lambda _value, _data: "null",
    float: _float_text,
    tuple: _list,
    bytes: _bytes_text,
}
_BY_BASE: dict[type, Callable[[Any, bytearray], str]] = {
    Blob: lambda value, data: _tagged("content", [value.digest.hex(), value.size], data),
    Node: _refer("node", "number"),
    Account: _refer("account", "account_id"),
    App: _refer("app", "key"),
    Tree: _refer("tree", "namespace_id"),
    SharedFolder: lambda value, data: _tagged("shared folder", [value.tree.namespace_id], data),
    tuple: _list,
    list: lambda value, data: _tagged("list", value, data),
    frozenset: lambda value, data: _tagged("set", sorted(value), data),
    Mapping: lambda value, data: _tagged("dict", value.items(), data),
    stone_base.Struct: lambda value, _: json.dumps({"sdk": _to_sdk(value)}),
    stone_base.Union: lambda value, _: json.dumps({"sdk": _to_sdk(value)}),
}


def _to_sdk(value: Any) -> list[Any]:
    kind = type(value)
    module = kind.__module__.rpartition(".")[2]
    if getattr(_SDK.get(module), kind.__name__, None) is not kind:
        raise TypeError(f"no record may hold {kind.__module__}.{kind.__name__}")
    plain = stone_serializers.json_compat_obj_encode(_validator(kind), value)
    return [module, kind.__name__, plain]


def _validator(kind: Any) -> Any:
    return bv.Union(kind) if issubclass(kind, stone_base.Union) else bv.Struct(kind)
