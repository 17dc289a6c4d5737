"""The rules about tags, which stay with what has them (F8-12)."""

from __future__ import annotations

from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._kernel import Kernel

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

    @rule(place=v.KNOWN, text=_TEXTS)
    def untag(self, place: Any, text: str) -> None:
        """`files_tags_remove`."""
        path = self._path(place)
        with self._rule("untag") as calls:
            outcome = calls.make("files_tags_remove", self._real(path), text)
            self._expected(partial(self._model.untag, path, text), outcome)

    @rule(place=v.KNOWN)
    def tags(self, place: Any) -> None:
        """`files_tags_get`."""
        path = self._path(place)
        with self._rule("tags") as calls:
            outcome = calls.make("files_tags_get", [self._real(path)])
            expected = self._expected(partial(self._model.tags_at, path), outcome)
            if expected is not None:
                (found,) = outcome.result.paths_to_tags
                texts = [each.get_user_generated_tag().tag_text for each in found.tags]
                expect(sorted(expected), sorted(texts))
