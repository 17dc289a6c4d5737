"""The rules about custom properties, which stay with what has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dropbox.file_properties import (
    PropertyField,
    PropertyFieldTemplate,
    PropertyGroup,
    PropertyGroupUpdate,
    PropertyType,
    TemplateFilterBase,
)
from hypothesis import strategies as st
from hypothesis.stateful import rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import Calls
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._names import fold

_NAMES = ["p", "q"]
_VALUES = st.dictionaries(st.sampled_from(_NAMES), st.sampled_from(["1", "2"]), min_size=1)


class PropertyRules(Kernel):
    """Properties are given, changed, taken and looked at, by a template of the machine's own.

    The template is made where it is needed first, and removed in the end.
    """

    def __init__(self) -> None:
        super().__init__()
        self._template = ""

    def teardown(self) -> None:
        """Remove the template."""
        if self._template and self._calls is not None:
            self._calls.make("file_properties_templates_remove_for_user", self._template)
        super().teardown()

    @rule(place=v.PLACES, values=_VALUES)
    def add_properties(self, place: Any, values: dict[str, str]) -> None:
        """`file_properties_properties_add`."""
        self._give("add", place, values, self._model.add_properties)

    @rule(place=v.PLACES, values=_VALUES)
    def overwrite_properties(self, place: Any, values: dict[str, str]) -> None:
        """`file_properties_properties_overwrite`."""
        self._give("overwrite", place, values, self._model.overwrite_properties)

    def _give(
        self,
        verb: str,
        place: Any,
        values: dict[str, str],
        predict: Callable[[str, dict[str, str]], None],
    ) -> None:
        path = self._path(place)
        with self._rule(f"{verb}_properties") as calls:
            group = PropertyGroup(self._own_template(calls), _fields(values))
            method = f"file_properties_properties_{verb}"
            outcome = calls.make(method, self._real(path), [group])
            self._expected(lambda: predict(path, values), outcome)

    @rule(place=v.PLACES, change=st.permutations(_NAMES), value=st.sampled_from(["1", "2"]))
    def update_properties(self, place: Any, change: list[str], value: str) -> None:
        """`file_properties_properties_update`: one value is changed, and the other taken."""
        path, (changed, removed) = self._path(place), change
        values = {changed: value}
        with self._rule("update_properties") as calls:
            update = PropertyGroupUpdate(self._own_template(calls), _fields(values), [removed])
            method = "file_properties_properties_update"
            outcome = calls.make(method, self._real(path), [update])
            self._expected(lambda: self._model.update_properties(path, values, removed), outcome)

    @rule(place=v.PLACES)
    def remove_properties(self, place: Any) -> None:
        """`file_properties_properties_remove`."""
        path = self._path(place)
        with self._rule("remove_properties") as calls:
            templates, method = [self._own_template(calls)], "file_properties_properties_remove"
            outcome = calls.make(method, self._real(path), templates)
            self._expected(lambda: self._model.remove_properties(path), outcome)

    @rule(place=v.PLACES)
    def properties(self, place: Any) -> None:
        """`files_get_metadata` with `include_property_groups`."""
        path = self._path(place)
        self.settle()
        with self._rule("properties") as calls:
            wanted = TemplateFilterBase.filter_some([self._own_template(calls)])
            outcome = calls.make(
                "files_get_metadata", self._real(path), include_property_groups=wanted
            )
            expected = self._expected(lambda: self._model.properties_at(path), outcome)
            if expected is not None:
                self._check_properties(expected, outcome.result)

    @rule()
    def all_properties(self) -> None:
        """`files_list_folder` with `include_property_groups`, of all that is there."""
        self.settle()
        with self._rule("all_properties") as calls:
            wanted = TemplateFilterBase.filter_some([self._own_template(calls)])
            options = {"recursive": True, "include_property_groups": wanted}
            outcome = calls.make("files_list_folder", self.folder, **options)
            found: dict[str, Any] = {}
            while not outcome.chain:
                found.update((meta.path_lower, meta) for meta in outcome.result.entries)
                if not outcome.result.has_more:
                    break
                outcome = calls.make("files_list_folder_continue", outcome.result.cursor)
            if outcome.chain == "reset" and not self.strict:
                return
            expect("", outcome.chain)
            for path in self._model.live:
                expected = self._model.properties_at(path)
                self._check_properties(expected, found[fold(self.folder) + path])

    def _check_properties(self, expected: dict[str, str], meta: Any) -> None:
        groups = meta.property_groups or []
        expect([self._template] * bool(expected), [each.template_id for each in groups])
        shown = {field.name: field.value for group in groups for field in group.fields}
        expect(expected, shown)

    def _own_template(self, calls: Calls) -> str:
        if not self._template:
            fields = [PropertyFieldTemplate(name, "", PropertyType.string) for name in _NAMES]
            method = "file_properties_templates_add_for_user"
            outcome = calls.make(method, "fakedropbox machine", "", fields)
            expect("", outcome.chain)
            self._template = outcome.result.template_id
        return self._template


def _fields(values: dict[str, str]) -> list[PropertyField]:
    return [PropertyField(name, value) for name, value in values.items()]
