"""The rules of all modules stand in the one class that Hypothesis wants."""

from importlib import import_module
from inspect import getmembers
from pkgutil import iter_modules

from hypothesis.stateful import RULE_MARKER, rule

import fakedropbox.machines
from fakedropbox import FakeDropbox
from fakedropbox.machines import DropboxMachine


def rules_of_modules():
    """Pairs of a rule's function and its module's name, of all modules of the package."""
    for module in iter_modules(fakedropbox.machines.__path__, "fakedropbox.machines."):
        for _, member in getmembers(import_module(module.name)):
            if hasattr(member, RULE_MARKER):
                yield member, module.name


def test_every_rule_of_every_module_is_in_the_class_under_its_name():
    for function, module in rules_of_modules():
        assert getattr(DropboxMachine, function.__name__) is function, module


def test_no_two_modules_have_a_rule_of_one_name():
    owners = {}
    for function, module in rules_of_modules():
        owner = owners.setdefault(function.__name__, module)
        assert owner == module, f"{function.__name__}: in {owner}, and in {module}"


def test_every_rule_has_a_docstring():
    assert all(function.__doc__ for function, _ in rules_of_modules())


def test_a_subclass_may_replace_a_rule_and_call_others():
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
