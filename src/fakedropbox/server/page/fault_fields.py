"""The fields of the form that plans a fault: those of its kind, each with the input that fits."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from fakedropbox.faults import Fault
from fakedropbox.server.page.panel import Form

_FIRST = ("route", "path", "times")


class Input(NamedTuple):
    """One field of a kind of fault, as a form shows it.

    ``kind`` is ``text``, ``number``, ``box`` or ``choice``; ``choices`` are the values of a choice.
    ``default`` is shown in an empty field.
    """

    name: str
    kind: str
    default: str
    is_required: bool
    step: str = ""
    choices: tuple[str, ...] = ()


def inputs_of(kind: type[Fault]) -> list[Input]:
    """Return the fields of a kind of fault, those that every kind has first."""
    types = get_type_hints(kind)
    found = [
        _input(each, types[each.name]) for each in fields(kind) if _is_simple(types[each.name])
    ]
    order = {name: number for number, name in enumerate(_FIRST)}
    return sorted(found, key=lambda each: (order.get(each.name, len(order)), not each.is_required))


def _is_simple(kind: Any) -> bool:
    return bool({str, int, float, bool} & {kind, *get_args(kind)}) or get_origin(kind) is Literal


def _input(each: Field[Any], kind: Any) -> Input:
    is_required = each.default is MISSING
    default = "" if is_required or each.default is None else str(each.default)
    if get_origin(kind) is Literal:
        return Input(each.name, "choice", default, is_required, choices=get_args(kind))
    if kind is bool:
        return Input(each.name, "box", default, is_required)
    numbers = {int: "1", float: "any"}.keys() & {kind, *get_args(kind)}
    if numbers:
        return Input(each.name, "number", default, is_required, "any" if float in numbers else "1")
    return Input(each.name, "text", default, is_required)


def fault_in(form: Form, kind: type[Fault]) -> dict[str, Any]:
    """Return the fault that a form describes, as `fault_to_json` does; empty fields are left out.

    Raises:
        ValueError: a field that is to be a number is not one.
    """
    found: dict[str, Any] = {"kind": kind.__name__}
    for each in inputs_of(kind):
        if not form.text(each.name):
            continue
        if each.kind == "number":
            found[each.name] = form.number(each.name, float if each.step == "any" else int)
        elif each.kind == "box":
            found[each.name] = form.is_checked(each.name)
        else:
            found[each.name] = form.text(each.name)
    return found
