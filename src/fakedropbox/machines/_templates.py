"""Hypothesis rules for the limits of properties, and for a second template (O4.5-51 to -53)."""

from __future__ import annotations

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
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._entries import Refused
from fakedropbox.machines._example import Example
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._properties import own_template

_MOST_BYTES = 1024
_LONG = st.sampled_from(["\u00e9" * 512, "\u00e9" * 513, "a" * 1024, "a" * 1025])


@rule(place=v.THERE, value=_LONG)
def give_long_property(machine: Kernel, place: Any, value: str) -> None:
    """Call `file_properties_properties_overwrite` with a value at the limit, or above it."""
    example = machine.example
    path = example.path(place)
    with example.rule("give_long_property") as calls:
        group = PropertyGroup(own_template(example, calls), [PropertyField("p", value)])
        outcome = calls.make("file_properties_properties_overwrite", example.real(path), [group])
        is_long = len(value.encode()) > _MOST_BYTES
        wrong = ["property_field_too_large"] * is_long
        example.expected(lambda: _overwrite(example, path, {"p": value}, wrong), outcome)


@rule(place=v.VALUED, name=st.sampled_from(["p", "q"]))
def set_one_property(machine: Kernel, place: Any, name: str) -> None:
    """Call `file_properties_properties_update` for one value; the other one stays."""
    example = machine.example
    path = example.path(place)
    with example.rule("set_one_property") as calls:
        update = PropertyGroupUpdate(own_template(example, calls), [PropertyField(name, "4")])
        outcome = calls.make("file_properties_properties_update", example.real(path), [update])
        example.expected(lambda: example.model.properties.update(path, {name: "4"}, ""), outcome)


@rule(place=v.THERE, values=st.sampled_from([("1", "1"), ("1", "2")]), is_new=st.booleans())
def give_properties_twice(
    machine: Kernel, place: Any, values: tuple[str, str], is_new: bool
) -> None:
    """Call `file_properties_properties_add` or `…_overwrite` with two groups of one template."""
    example = machine.example
    path, verb = example.path(place), "add" if is_new else "overwrite"
    with example.rule("give_properties_twice") as calls:
        template = own_template(example, calls)
        groups = [PropertyGroup(template, [PropertyField("p", value)]) for value in values]
        outcome = calls.make(f"file_properties_properties_{verb}", example.real(path), groups)
        example.expected(
            lambda: _overwrite(example, path, {}, ["duplicate_property_groups"]), outcome
        )


def _overwrite(example: Example, path: str, values: dict[str, str], wrong: list[str]) -> None:
    example.model.tree.find(path)
    if wrong:
        raise Refused(*wrong)
    example.model.properties.overwrite(path, values)


@rule(place=v.one_of(v.VALUED, v.VALUED, v.THERE))
def other_template(machine: Kernel, place: Any) -> None:
    """Add a second template, change it, give an entry a value of it, and remove it.

    Values of the machine's own template stay; they are compared after each step.
    """
    example = machine.example
    path = example.path(place)
    prefix = "file_properties_templates_"
    with example.rule("other_template") as calls:
        kind = PropertyType.string
        made = calls.make(
            f"{prefix}add_for_user", "other", "", [PropertyFieldTemplate("r", "", kind)]
        )
        expect("", made.chain)
        template = made.result.template_id
        added = [PropertyFieldTemplate("s", "", kind)]
        outcome = calls.make(f"{prefix}update_for_user", template, name="new", add_fields=added)
        expect("", outcome.chain)
        shown = calls.make(f"{prefix}get_for_user", template).success
        expect(("new", ["r", "s"]), (shown.name, [field.name for field in shown.fields]))
        group = PropertyGroup(template, [PropertyField("s", "1")])
        outcome = calls.make("file_properties_properties_add", example.real(path), [group])
        if example.expected(lambda: example.model.tree.find(path), outcome) is not None:
            wanted = TemplateFilterBase.filter_some([template])
            machine.settle()
            outcome = calls.make(
                "files_get_metadata", example.real(path), include_property_groups=wanted
            )
            expect("", outcome.chain)
            groups = outcome.result.property_groups or []
            expect([template], [each.template_id for each in groups])
            expect([("s", "1")], [(each.name, each.value) for each in groups[0].fields])
        expect("", calls.make(f"{prefix}remove_for_user", template).chain)
        expect("template_not_found", calls.make(f"{prefix}get_for_user", template).chain)
