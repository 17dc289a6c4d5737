"""Hypothesis rules for values at a limit: names (F3.2-12 to -16), and numbers of tags (F8-12)."""

from __future__ import annotations

from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._entries import Write
from fakedropbox.machines._kernel import Kernel

_MORE_TAGS = 21  # one more than an entry can have
_NAMES = st.sampled_from(
    [
        *("a" * 255, "a" * 256, "\u00e9" * 255, "icon\r", "Icon\r", ".DROPBOX", ".dropbox.ATTR"),
        *("~x.tmp", "~X.TMP", "~$x", "~x", "x.tmp", "~$", "~.tmp", ".~x", "a.", ". .", "<:>|?*"),
    ]
)


@rule(
    above=st.sampled_from(["/", "/", "/a/", "/c/"]), name=_NAMES, below=st.sampled_from(["", "/a"]),
    is_folder=st.booleans(),
)  # fmt: skip
def create_at_border(machine: Kernel, above: str, name: str, below: str, is_folder: bool) -> None:
    """Call `files_create_folder_v2` or `files_upload` with a name that is just valid, or not."""
    example = machine.example
    path, tree = f"{above}{name}{below}", example.model.tree
    with example.rule("create_at_border") as calls:
        if is_folder:
            outcome = calls.make("files_create_folder_v2", example.real(path))
            example.compare(lambda: tree.create(path), outcome)
            return
        outcome = calls.make("files_upload", b"x", example.real(path))
        example.compare(lambda: tree.upload(path, b"x", Write()), outcome)
        example.keep_refused(b"x", outcome)


@rule(place=v.KNOWN)
def tag_to_limit(machine: Kernel, place: Any) -> None:
    """Try to give an entry more tags than it can have, and take those away again."""
    example = machine.example
    path, tags = example.path(place), example.model.tags
    texts = [f"t{number}" for number in range(_MORE_TAGS)]
    with example.rule("tag_to_limit") as calls:
        for method, change in [("files_tags_add", tags.add), ("files_tags_remove", tags.remove)]:
            for text in texts:
                outcome = calls.make(method, example.real(path), text)
                example.expected(partial(change, path, text), outcome)
                if outcome.chain.startswith("path/"):
                    return


@rule(path=v.PATHS)
def rename_again(machine: Kernel, path: str) -> None:
    """Create a folder three times with autorename, delete the second, and create another."""
    example = machine.example
    tree, keys = example.model.tree, list[str]()
    create = partial(tree.create, path, autorename=True)
    with example.rule("rename_again") as calls:
        for is_last in (False, False, False, True):
            if is_last:
                outcome = calls.make("files_delete_v2", example.real(keys[1]))
                example.compare(partial(tree.delete, keys[1]), outcome)
            outcome = calls.make("files_create_folder_v2", example.real(path), autorename=True)
            entry = example.compare(create, outcome)
            if entry is None:
                return
            keys.append(entry.key)
