"""The rules about custom properties, which stay with what has them."""

from __future__ import annotations

from typing import Any

from dropbox.file_properties import (
    PropertiesSearchMode,
    PropertiesSearchQuery,
    PropertyField,
    PropertyFieldTemplate,
    PropertyGroup,
    PropertyGroupUpdate,
    PropertyType,
    TemplateFilter,
    TemplateFilterBase,
)
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import Calls, Outcome
from fakedropbox.machines._comparison import expect, page_after_page
from fakedropbox.machines._entries import Entry, Refused
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._names import fold

_PREFIX, _OLD_PREFIX = "file_properties_properties_", "files_properties_"
_NAMES = ["p", "q"]
_PREFIXES = st.sampled_from([_PREFIX, _OLD_PREFIX])
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
        if self._template:
            with self._rule("teardown") as calls:
                calls.make("file_properties_templates_remove_for_user", self._template)
        super().teardown()

    @rule(place=v.THERE, values=_VALUES, is_new=st.booleans(), prefix=_PREFIXES)
    def give_properties(
        self, place: Any, values: dict[str, str], is_new: bool, prefix: str = _PREFIX
    ) -> None:
        """`file_properties_properties_add` or `file_properties_properties_overwrite`.

        These and those below also as the old routes of `files` (F8-13).
        """
        path, model = self._path(place), self._model
        verb = "add" if is_new else "overwrite"
        predict = model.add_properties if is_new else model.overwrite_properties
        with self._rule("give_properties") as calls:
            group = PropertyGroup(self._own_template(calls), _fields(values))
            outcome = calls.make(f"{prefix}{verb}", self._real(path), [group])
            self._expected(lambda: predict(path, values), outcome)

    @precondition(lambda self: self._model.valued())
    @rule(
        place=v.VALUED, names=st.permutations(_NAMES), value=st.none() | st.just("3"),
        prefix=_PREFIXES,
    )  # fmt: skip
    def change_properties(
        self, place: Any, names: list[str], value: str | None, prefix: str = _PREFIX
    ) -> None:
        """`file_properties_properties_remove`, or `file_properties_properties_update`.

        An update changes one value, and takes the other.
        """
        path, (changed, removed) = self._path(place), names
        with self._rule("change_properties") as calls:
            template = self._own_template(calls)
            if value is None:
                outcome = calls.make(f"{_PREFIX}remove", self._real(path), [template])
                self._expected(lambda: self._model.remove_properties(path), outcome)
                return
            values = {changed: value}
            update = PropertyGroupUpdate(template, _fields(values), [removed])
            outcome = calls.make(f"{prefix}update", self._real(path), [update])
            self._expected(lambda: self._model.update_properties(path, values, removed), outcome)

    @rule()
    def template(self) -> None:
        """`file_properties_templates_list_for_user` and `…_get_for_user`."""
        with self._rule("template") as calls:
            template = self._own_template(calls)
            outcome = calls.make("file_properties_templates_list_for_user")
            expect("", outcome.chain)
            expect(True, template in outcome.result.template_ids)
            outcome = calls.make("file_properties_templates_get_for_user", template)
            expect("", outcome.chain)
            expect(_NAMES, [field.name for field in outcome.result.fields])

    @rule(place=v.VALUED, value=st.none() | st.just("1"), name=st.sampled_from(_NAMES))
    def properties_search(self, place: Any, value: str | None, name: str) -> None:
        """`file_properties_properties_search` and `…_search_continue`: what has a value, by id.

        Mostly for a value that there is. As of any search, only of a strict Dropbox is it
        expected that all is found at once.
        """
        value = value or self._value_at(self._path(place), name)
        self.settle()
        with self._rule("properties_search") as calls:
            template = self._own_template(calls)
            outcome = calls.make(
                f"{_PREFIX}search",
                [PropertiesSearchQuery(value, PropertiesSearchMode.field_name(name))],
                template_filter=TemplateFilter.filter_some([template]),
            )
            matches = self._matching(calls, outcome)
            if self.strict:
                living = [match for match in matches if not match.is_deleted]
                ids = self._model.with_property(name, value)
                real = sorted(self._pairs.real("id", number) for number in ids)
                expect(real, sorted(match.id for match in living))
                for match in living:
                    key = self._model.find(f"id:{self._pairs.number('id', match.id)}").key
                    expect(fold(self.folder) + key, fold(match.path))
                    self._check_properties(self._model.properties_at(key), match)
            known = {self._pairs.real("id", number) for number in self._pairs.numbers("id")}
            expect(set(), {match.id for match in matches} - known)

    def _value_at(self, path: str, name: str) -> str:
        try:
            return self._model.properties_at(path).get(name, "2")
        except Refused:
            return "2"

    def _matching(self, calls: Calls, page: Outcome) -> list[Any]:
        """The matches on a page and on all after it."""
        found: list[Any] = []
        for _ in page_after_page():
            if page.chain == "reset" and not self.strict:
                break
            expect("", page.chain)
            found += page.result.matches
            if page.result.cursor is None:
                break
            page = calls.make(f"{_PREFIX}search_continue", page.result.cursor)
        return found

    @rule(place=v.VALUED)
    def properties(self, place: Any) -> None:
        """`files_get_metadata` with `include_property_groups`."""
        path = self._path(place)
        self.settle()
        with self._rule("properties") as calls:
            self._own_template(calls)
            outcome = calls.make("files_get_metadata", self._real(path), **self._look)
            expected = self._expected(lambda: self._model.properties_at(path), outcome)
            if expected is not None:
                self._check_properties(expected, outcome.result)

    def _check_there(self, entry: Entry, meta: Any) -> None:
        super()._check_there(entry, meta)
        if self._look:
            self._check_properties(self._model.properties_at(entry.key), meta)

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
            wanted = TemplateFilterBase.filter_some([self._template])
            self._look = {"include_property_groups": wanted}
        return self._template


def _fields(values: dict[str, str]) -> list[PropertyField]:
    return [PropertyField(name, value) for name, value in values.items()]
