"""The rules about tags, which stay with what has them (F8-12)."""

from __future__ import annotations

from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import Outcome
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._kernel import Kernel, shown_by

_TEXTS = st.sampled_from(["x", "X", "y"])


class TagRules(Kernel):
    """Tags are given, taken and looked at."""

    @rule(place=v.KNOWN, text=_TEXTS)
    def tag(self, place: Any, text: str) -> None:
        """`files_tags_add`."""
        path = self._path(place)
        with self._rule("tag") as calls:
            outcome = calls.make("files_tags_add", self._real(path), text)
            self._expected(partial(self._model.tag, path, text), outcome)

    @precondition(lambda self: self._model.tagged())
    @rule(place=v.TAGGED, text=_TEXTS)
    def untag(self, place: Any, text: str) -> None:
        """`files_tags_remove`."""
        path = self._path(place)
        with self._rule("untag") as calls:
            outcome = calls.make("files_tags_remove", self._real(path), text)
            self._expected(partial(self._model.untag, path, text), outcome)

    @rule(place=v.KNOWN)
    def tags(self, place: Any) -> None:
        """`files_tags_get`."""
        paths = [self._path(place)]
        with self._rule("tags") as calls:
            self._check_tags(paths, calls.make("files_tags_get", self._reals(paths)))

    @invariant()
    def the_tree(self) -> None:
        """After each step also all tags."""
        super().the_tree()
        paths = self._model.tagged()
        if not paths:
            return
        with self._rule("the_tree") as calls:
            method, reals = "files_tags_get", self._reals(paths)
            with shown_by(calls, method, reals):
                self._check_tags(paths, calls.peek(method, reals))

    def _check_tags(self, paths: list[str], outcome: Outcome) -> None:
        expected = self._expected(lambda: [*map(self._model.tags_at, paths)], outcome)
        if expected is not None:
            found = [
                sorted(tag.get_user_generated_tag().tag_text for tag in each.tags)
                for each in outcome.result.paths_to_tags
            ]
            expect([*map(sorted, expected)], found)

    def _reals(self, paths: list[str]) -> list[str]:
        return [*map(self._real, paths)]
