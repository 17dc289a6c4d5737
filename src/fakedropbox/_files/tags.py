"""Tags of files and folders (F8-12)."""

from __future__ import annotations

from fakedropbox._facts.limits import TAGS
from fakedropbox._files.nodes import Node
from fakedropbox._files.paths import lower
from fakedropbox._files.tree import Tree
from fakedropbox.errors import RouteError


def tags_of(tree: Tree, node: Node) -> tuple[str, ...]:
    """Return a node's tags, in the order in which they were added."""
    return tree.tags.get(node) or ()


def add_tag(tree: Tree, node: Node, text: str) -> None:
    """Add a tag, in lower case, to a node; an existing tag changes nothing.

    Raises:
        RouteError: ``too_many_tags``.
    """
    tags, tag = tags_of(tree, node), lower(text)
    if tag in tags:
        return
    if len(tags) == TAGS:
        raise RouteError("too_many_tags")
    tree.tags.set(node, (*tags, tag))


def remove_tag(tree: Tree, node: Node, text: str) -> None:
    """Remove a tag from a node.

    Raises:
        RouteError: ``tag_not_present``.
    """
    tags, tag = tags_of(tree, node), lower(text)
    if tag not in tags:
        raise RouteError("tag_not_present")
    tree.tags.set(node, tuple(each for each in tags if each != tag) or None)
