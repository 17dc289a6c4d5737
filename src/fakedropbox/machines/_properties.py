"""Hypothesis rules for custom properties, which stay with their file or folder.

They use the machine's own template, which is added when it is first needed, and removed at
the end.
"""

from __future__ import annotations

from functools import partial
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
from fakedropbox.machines._example import Example
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._names import fold

_PREFIX, _OLD_PREFIX = "file_properties_properties_", "files_properties_"
_NAMES = ["p", "q"]
_PREFIXES = st.sampled_from([_PREFIX, _OLD_PREFIX])
_VALUES = st.dictionaries(st.sampled_from(_NAMES), st.sampled_from(["1", "2"]), min_size=1)


class OwnTemplate:
    """The template of the example; its id is empty until it is made."""

    def __init__(self) -> None:
        self.id = ""


@rule(place=v.THERE, values=_VALUES, is_new=st.booleans(), prefix=_PREFIXES)
def give_properties(
    machine: Kernel, place: Any, values: dict[str, str], is_new: bool, prefix: str = _PREFIX
) -> None:
    """Call `file_properties_properties_add` or `file_properties_properties_overwrite`.

    This rule and `change_properties` also call old routes of `files` (F8-13).
    """
    example = machine.example
    path, model = example.path(place), example.model
    verb = "add" if is_new else "overwrite"
    predict = model.properties.add if is_new else model.properties.overwrite
    with example.rule("give_properties") as calls:
        group = PropertyGroup(own_template(example, calls), _fields(values))
        outcome = calls.make(f"{prefix}{verb}", example.real(path), [group])
        example.expected(lambda: predict(path, values), outcome)


@precondition(lambda machine: machine.example.model.properties.owners())
@rule(
    place=v.VALUED, names=st.permutations(_NAMES), value=st.none() | st.just("3"),
    prefix=_PREFIXES,
)  # fmt: skip
def change_properties(
    machine: Kernel, place: Any, names: list[str], value: str | None, prefix: str = _PREFIX
) -> None:
    """Call `file_properties_properties_remove` or `file_properties_properties_update`.

    An update changes one value, and removes the other one.
    """
    example = machine.example
    path, (changed, removed) = example.path(place), names
    with example.rule("change_properties") as calls:
        template = own_template(example, calls)
        if value is None:
            outcome = calls.make(f"{_PREFIX}remove", example.real(path), [template])
            example.expected(lambda: example.model.properties.remove(path), outcome)
            return
        values = {changed: value}
        update = PropertyGroupUpdate(template, _fields(values), [removed])
        outcome = calls.make(f"{prefix}update", example.real(path), [update])
        example.expected(lambda: example.model.properties.update(path, values, removed), outcome)


@rule()
def template(machine: Kernel) -> None:
    """Call `file_properties_templates_list_for_user` and `…_get_for_user`."""
    example = machine.example
    with example.rule("template") as calls:
        template = own_template(example, calls)
        outcome = calls.make("file_properties_templates_list_for_user")
        expect("", outcome.chain)
        expect(True, template in outcome.result.template_ids)
        outcome = calls.make("file_properties_templates_get_for_user", template)
        expect("", outcome.chain)
        expect(_NAMES, [field.name for field in outcome.result.fields])


@rule(place=v.VALUED, value=st.none() | st.just("1"), name=st.sampled_from(_NAMES))
def properties_search(machine: Kernel, place: Any, value: str | None, name: str) -> None:
    """Call `file_properties_properties_search` and `…_search_continue`; compare the ids found.

    The value usually exists. As with other searches, complete results are expected only in the
    strict mode.
    """
    example = machine.example
    value = value or _value_at(example, example.path(place), name)
    machine.settle()
    with example.rule("properties_search") as calls:
        template = own_template(example, calls)
        outcome = calls.make(
            f"{_PREFIX}search",
            [PropertiesSearchQuery(value, PropertiesSearchMode.field_name(name))],
            template_filter=TemplateFilter.filter_some([template]),
        )
        matches = _matching(example, calls, outcome)
        if example.strict:
            living = [match for match in matches if not match.is_deleted]
            ids = example.model.properties.having(name, value)
            real = sorted(example.pairs.real("id", number) for number in ids)
            expect(real, sorted(match.id for match in living))
            for match in living:
                key = example.model.tree.find(f"id:{example.pairs.number('id', match.id)}").key
                expect(fold(example.folder) + key, fold(match.path))
                _check_properties(example, example.model.properties.at(key), match)
        known = {example.pairs.real("id", number) for number in example.pairs.numbers("id")}
        expect(set(), {match.id for match in matches} - known)


def _value_at(example: Example, path: str, name: str) -> str:
    try:
        return example.model.properties.at(path).get(name, "2")
    except Refused:
        return "2"


def _matching(example: Example, calls: Calls, page: Outcome) -> list[Any]:
    """Return the matches on a page and on all later pages."""
    found: list[Any] = []
    for _ in page_after_page():
        if page.chain == "reset" and not example.strict:
            break
        expect("", page.chain)
        found += page.result.matches
        if page.result.cursor is None:
            break
        page = calls.make(f"{_PREFIX}search_continue", page.result.cursor)
    return found


@rule(place=v.VALUED)
def properties(machine: Kernel, place: Any) -> None:
    """Call `files_get_metadata` with `include_property_groups`."""
    example = machine.example
    path = example.path(place)
    machine.settle()
    with example.rule("properties") as calls:
        own_template(example, calls)
        outcome = calls.make("files_get_metadata", example.real(path), **example.look)
        expected = example.expected(lambda: example.model.properties.at(path), outcome)
        if expected is not None:
            _check_properties(example, expected, outcome.result)


def _check_properties(example: Example, expected: dict[str, str], meta: Any) -> None:
    groups = meta.property_groups or []
    template = example.notes(OwnTemplate).id
    expect([template] * bool(expected), [each.template_id for each in groups])
    shown = {field.name: field.value for group in groups for field in group.fields}
    expect(expected, shown)


def own_template(example: Example, calls: Calls) -> str:
    """Return the template's id; add the template first if needed.

    From then on properties are compared after each step.
    """
    template = example.notes(OwnTemplate)
    if not template.id:
        fields = [PropertyFieldTemplate(name, "", PropertyType.string) for name in _NAMES]
        method = "file_properties_templates_add_for_user"
        outcome = calls.make(method, "fakedropbox machine", "", fields)
        expect("", outcome.chain)
        template.id = outcome.result.template_id
        remove = "file_properties_templates_remove_for_user"
        example.until_the_end.callback(calls.make, remove, template.id)
        wanted = TemplateFilterBase.filter_some([template.id])
        example.look = {"include_property_groups": wanted}
        example.checks.append(partial(_check_there, example))
    return template.id


def _check_there(example: Example, entry: Entry, meta: Any) -> None:
    _check_properties(example, example.model.properties.at(entry.key), meta)


def _fields(values: dict[str, str]) -> list[PropertyField]:
    return [PropertyField(name, value) for name, value in values.items()]
