"""Tags: `tags/add`, `tags/get` and `tags/remove` (F8-12)."""

from __future__ import annotations

from typing import Any

from dropbox import files

from fakedropbox._api.files.places import node_at, view_of
from fakedropbox._api.registry import route
from fakedropbox._files.tags import add_tag, remove_tag, tags_of
from fakedropbox.calls import Call


@route(files.tags_add)
def tags_add(call: Call, arg: Any) -> None:
    """Add a tag to a file or folder."""
    node = node_at(call, arg.path, field="path", tag="path")
    add_tag(view_of(call).tree, node, arg.tag_text)


@route(files.tags_remove)
def tags_remove(call: Call, arg: Any) -> None:
    """Remove a tag from a file or folder."""
    node = node_at(call, arg.path, field="path", tag="path")
    remove_tag(view_of(call).tree, node, arg.tag_text)


@route(files.tags_get)
def tags_get(call: Call, arg: Any) -> Any:
    """Return the tags of several files and folders; if one does not exist, the call fails."""
    nodes = [node_at(call, path, field="paths", tag="path") for path in arg.paths]
    tree = view_of(call).tree
    return files.GetTagsResult(
        [
            files.PathToTags(path, [_tag(text) for text in tags_of(tree, node)])
            for path, node in zip(arg.paths, nodes, strict=True)
        ]
    )


def _tag(text: str) -> Any:
    return files.Tag.user_generated_tag(files.UserGeneratedTag(text))
