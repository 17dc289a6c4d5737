"""Paper docs of the model, which are files that contain words."""

from __future__ import annotations

from fakedropbox.machines._entries import Entry, refuse
from fakedropbox.machines._names import composed, fold, is_doc, is_malformed, renamed
from fakedropbox.machines._tree import Tree


class Docs:
    """The Paper docs in a tree."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def keys(self) -> list[str]:
        """Return the keys of all docs."""
        return [key for key in self._tree.live if is_doc(key)]

    def at(self, path: str) -> Entry:
        """Return the doc at a path."""
        found = self._tree.find(path)
        refuse([] if found.content is not None else ["path/not_file"])
        refuse([] if is_doc(found.key) else ["path/unsupported_content_type"])
        return found

    def create(self, path: str, words: bytes) -> Entry:
        """Make a doc, with another name if the path is taken."""
        path = composed(path)
        wrong = ["invalid_path"] * is_malformed(path)
        wrong += ["invalid_file_extension"] * (not is_doc(path))
        refuse(wrong + ["invalid_path"] * bool(self._tree.obstacles(path, "")))
        if fold(path) in self._tree.live:
            path = renamed(path, "", self._tree.live)
        return self._tree.write(path, words)

    def rewrite(self, doc: Entry, words: bytes) -> Entry:
        """Replace the words of a doc; with the same words it does not change."""
        path = f"{doc.key.rpartition('/')[0]}/{doc.name}"
        return doc if words == doc.content else self._tree.write(path, words, None, doc)
