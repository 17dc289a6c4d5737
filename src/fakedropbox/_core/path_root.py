"""The header `Dropbox-API-Path-Root`, which says to which namespace paths are relative (O8-02)."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from dropbox import common
from stone.backends.python_rsrc import stone_validators as bv
from stone.backends.python_rsrc.stone_serializers import json_compat_obj_decode

from fakedropbox._api.refusals import bad_input
from fakedropbox._api.roots import Roots
from fakedropbox._facts import messages
from fakedropbox._identity.tokens import Grant
from fakedropbox.errors import PathRootRefused

HEADER = "Dropbox-API-Path-Root"


def refuse_in_app_folder(name: str, header: str, grant: Grant, *, compact: bool) -> None:
    """Refuse a root or namespace named by an app-folder app, which has only its folder.

    ``compact`` selects the text that goes with the compact style.

    Raises:
        BadInput: the app of the caller is an app-folder app, and the header names a namespace.
    """
    if grant.app.folder is None:
        return
    root = _decoded(header)[0]
    if root is not None and not root.is_home():
        if compact:
            raise bad_input(name, messages.COMPACT_NO_PATH_ROOT, fact="F1.4-24")
        raise bad_input(name, messages.NO_PATH_ROOT, fact="F1.4-21")


def namespace_of(name: str, header: str, own: Roots) -> str:
    """Return the id of the namespace that a header names; ``own`` are the caller's root and home.

    Raises:
        BadInput: the header is not a path root.
        PathRootRefused: it names a root that is not the caller's own.
    """
    root, wrong = _decoded(header)
    if root is None:
        raise bad_input(name, messages.PATH_ROOT + wrong, fact="F1.4-20")
    if root.is_root() and root.get_root() != own.root:
        raise PathRootRefused("invalid_root", root=own, fact="F1.5-05")
    if root.is_root():
        return own.root
    named: str = root.get_namespace_id() if root.is_namespace_id() else own.home
    return named


@lru_cache(maxsize=64)
def _decoded(header: str) -> tuple[Any, str]:
    """Return the `PathRoot` in a header and an empty text, or None and the text of the error."""
    try:
        given = json.loads(header)
    except (ValueError, RecursionError):
        return None, messages.NOT_JSON
    try:
        return json_compat_obj_decode(common.PathRoot_validator, given, strict=True), ""
    except bv.ValidationError as error:
        return None, str(error)
