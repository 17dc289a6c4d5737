"""Tests of what `help` shows: the public names of modules, fields and attributes."""

import importlib
import inspect
import pydoc
import re
from dataclasses import fields, is_dataclass
from typing import Literal, get_args, get_origin, get_type_hints

import dropbox
import pytest
from tests.support.public_names import MODULES, attributes_of

from fakedropbox import FakeDropbox, FakeDropboxService, Personality, mock_dropbox
from fakedropbox.control import Control, RemoteFaults
from fakedropbox.faults import KINDS, FaultPlan

NAME = re.compile(r"^- `(\w+)`: \S", re.MULTILINE)
LINE = 100


@pytest.mark.parametrize("name", MODULES)
def test_a_module_docstring_lists_its_public_names_one_per_line(name):
    module = importlib.import_module(name)
    assert sorted(NAME.findall(module.__doc__)) == sorted(module.__all__)
    assert max(map(len, module.__doc__.splitlines())) <= LINE
    assert set(module.__all__) <= set(dir(module))
    shown = pydoc.render_doc(module, renderer=pydoc.plaintext)
    assert all(each in shown for each in module.__all__)


def test_the_package_names_its_public_modules():
    doc = importlib.import_module("fakedropbox").__doc__
    named = set(re.findall(r"^- `(fakedropbox\.[\w.]+)`: ", doc, re.MULTILINE))
    assert named | {"fakedropbox", "fakedropbox.faults"} == {
        name for name in MODULES if name.startswith("fakedropbox")
    }


@pytest.mark.parametrize("name", MODULES)
def test_every_public_class_and_function_is_documented(name):
    module = importlib.import_module(name)
    for each in module.__all__:
        value = getattr(module, each)
        if not (inspect.isclass(value) or inspect.isfunction(value)):
            continue
        assert value.__doc__, each
        for attribute in attributes_of(value) if inspect.isclass(value) else ():
            member = inspect.getattr_static(value, attribute)
            if inspect.isroutine(member) or isinstance(member, property):
                assert inspect.getdoc(member), f"{each}.{attribute}"


@pytest.mark.parametrize("kind", [FakeDropboxService, Control])
def test_attributes_are_properties_with_a_docstring_and_a_type(kind):
    made = kind() if kind is FakeDropboxService else kind("https://localhost", "token", "ca.pem")
    plain = {name for name in vars(made) if not name.startswith("_")}
    assert plain <= {"gate"}, "they do not show in help()"
    for name in ("faults", "clock", "accounts", "apps", "logins", "webhooks"):
        attribute = inspect.getattr_static(kind, name)
        assert attribute.__doc__
        assert "return" in inspect.get_annotations(attribute.fget)


@pytest.mark.parametrize("kind", [FaultPlan, RemoteFaults])
@pytest.mark.parametrize("name", KINDS)
def test_the_method_of_a_fault_shows_the_arguments_of_the_fault(kind, name):
    plan = kind.__new__(kind)
    shown = inspect.signature(getattr(plan, name))
    assert list(shown.parameters) == list(inspect.signature(KINDS[name]).parameters)
    assert getattr(plan, name).__doc__ == KINDS[name].__doc__


def field_names(kind):
    """Return the names of the fields of a dataclass, a named tuple or a pydantic model."""
    if is_dataclass(kind):
        return [field.name for field in fields(kind)]
    return [*getattr(kind, "_fields", getattr(kind, "model_fields", ()))]


@pytest.mark.parametrize("name", MODULES)
def test_a_class_describes_its_fields(name):
    module = importlib.import_module(name)
    for each in set(module.__all__) - {"Snapshot", "KINDS"}:
        kind = getattr(module, each)
        if inspect.isclass(kind):
            named = set(re.findall(r"\w+", kind.__doc__))
            assert set(field_names(kind)) <= named, each


def test_the_signature_of_a_client_has_the_arguments_of_the_sdk():
    shown = list(inspect.signature(FakeDropbox).parameters)
    assert shown == [*inspect.signature(dropbox.Dropbox).parameters, "service"]


def test_the_docstring_of_mock_dropbox_refers_to_the_service_for_its_options():
    assert "`FakeDropboxService`" in mock_dropbox.__doc__


def entries(doc):
    """Return the text about each field, by the field's name."""
    found = re.findall(r"^- ``(\w+)``: (.*(?:\n  .*)*)", inspect.cleandoc(doc), re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in found}


def test_each_field_of_a_personality_is_described_with_its_allowed_values():
    described = entries(Personality.__doc__)
    assert list(described) == [name for name in get_type_hints(Personality) if name in described], (
        "in the order of the fields"
    )
    assert set(described) == {field.name for field in fields(Personality)}
    hints = get_type_hints(Personality)
    for name, text in described.items():
        kind = hints[name]
        if get_origin(kind) is Literal:
            assert all(f'"{value}"' in text for value in get_args(kind)), name
        elif kind is bool:
            assert text.startswith("True if "), name
        else:
            assert text.startswith("the number "), name
            assert re.search(r"\b[01] or more|otherwise 3 or more", text), name


@pytest.mark.parametrize(
    ("name", "least"),
    [
        (name, 1 if "; 1 or more" in text else 0)
        for name, text in entries(Personality.__doc__).items()
        if text.startswith("the number ")
    ],
)
def test_a_number_of_a_personality_has_the_described_minimum(name, least):
    together = {"lag_entries": 0, "lag_seconds": 0}
    with pytest.raises(ValueError, match=f"{name}: expected at least {least}"):
        Personality(**{**together, name: least - 1})
    assert getattr(Personality(**{**together, name: least}), name) == least
