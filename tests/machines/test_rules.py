"""Tests that `DropboxMachine` contains the rules of all modules of the package but `_folders`."""

from importlib import import_module
from inspect import getmembers
from pkgutil import iter_modules

from hypothesis.stateful import RULE_MARKER, rule

import fakedropbox.machines
from fakedropbox import FakeDropbox
from fakedropbox.machines import DropboxMachine


def rules_of_modules():
    """Yield each rule function outside of `_folders`, with the name of its module."""
    for module in iter_modules(fakedropbox.machines.__path__, "fakedropbox.machines."):
        for _, member in getmembers(import_module(module.name)):
            if hasattr(member, RULE_MARKER):
                yield member, module.name


def test_dropbox_machine_has_every_rule_under_its_name():
    for function, module in rules_of_modules():
        assert getattr(DropboxMachine, function.__name__) is function, module


def test_rule_names_are_unique_across_modules():
    owners = {}
    for function, module in rules_of_modules():
        owner = owners.setdefault(function.__name__, module)
        assert owner == module, f"rule {function.__name__}: defined in {owner} and in {module}"


def test_every_rule_has_a_docstring():
    assert all(function.__doc__ for function, _ in rules_of_modules())


def test_a_subclass_can_replace_rules_and_call_the_original():
    class Machine(DropboxMachine):
        def make_client(self):
            return FakeDropbox()

        @rule()
        def copy(self):
            self.create_folder(path="/a", autorename=False)
            super().copy(source="/a", to="/b", autorename=False)

        template = None

    machine = Machine()
    machine.begin(files=())
    machine.copy()
    machine.the_tree()
    assert machine.dbx.service.files == {}
    assert sorted(machine.example.model.tree.live) == ["/a", "/b"]
    names = [each.function.__name__ for each in machine.rules]
    assert names.count("copy") == 1
    assert "template" not in names
