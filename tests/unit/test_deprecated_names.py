"""Tests of deprecated names: each does the same as its new name; those in Python warn once."""

import importlib
import warnings

import pytest

from fakedropbox import FakeDropboxService, Login, faults
from fakedropbox._base.deprecation import renamed, renamed_arguments
from fakedropbox.control import Control
from fakedropbox.simulate import Schedule, interleavings

MODULE_NAMES = {
    "fakedropbox.intercept.mock_dropbox": "fakedropbox.mock_dropbox",
    "fakedropbox.fault_plan.FaultPlan": "fakedropbox.faults.FaultPlan",
    "fakedropbox.simulate.Interleavings": "fakedropbox.simulate.InterleavingReport",
    "fakedropbox.simulate.mishaps.MISHAPS": "fakedropbox.simulate.call_faults.CALL_FAULTS",
    "fakedropbox.simulate.mishaps.Mishap": "fakedropbox.simulate.call_faults.FaultName",
    "fakedropbox.simulate.mishaps.crash": "fakedropbox.simulate.crash",
    "dropspool.testing.InAFolder": "dropspool.testing.FolderSubject",
    "dropspool.testing.OnDropbox": "dropspool.testing.DropboxSubject",
    "dropspool.testing.ThroughTheSdk": "dropspool.testing.DropboxSdkSubject",
    "dropspool.testing.crashes.FOLDER_MISHAPS": "dropspool.testing.crashes.FOLDER_FAULTS",
    "dropspool.testing.kill_matrix.Kill": "dropspool.testing.Kill",
    "dropspool.testing.kill_matrix.kills": "dropspool.testing.kills",
    "dropspool.testing.ours.InAFolder": "dropspool.testing.FolderSubject",
    "dropspool.testing.ours.OnDropbox": "dropspool.testing.DropboxSubject",
    "dropspool.testing.ours.ThroughTheSdk": "dropspool.testing.DropboxSdkSubject",
}

SERVICE_NAMES = {
    "create_account": (
        "service.accounts.create",
        lambda service: service.create_account("a@example.com", "Ada"),
        lambda service: service.accounts.create("a@example.com", "Ada User"),
    ),
    "link": (
        "service.logins.create",
        lambda service: service.link(wanted=Login(refresh_token="mine"), scopes=["openid"]),
        lambda service: service.logins.create(login=Login(refresh_token="mine"), scopes=["openid"]),
    ),
}


def refused(call):
    """Return the text of the error that a call raises."""
    with pytest.raises(ValueError, match="url") as error:
        call()
    return str(error.value)


FAULT = faults.rate_limit("files/upload", optional=True)
CONTROL_NAMES = {
    "plan": (
        "Control.faults.add",
        lambda control: (control.plan(FAULT, FAULT), control.faults.planned()),
        lambda control: (control.faults.script([FAULT, FAULT]), control.faults.planned()),
    ),
    "faults": (
        "Control.faults.planned()",
        lambda control: control.faults(),
        lambda control: control.faults.planned(),
    ),
    "clear_faults": (
        "Control.faults.clear",
        lambda control: control.clear_faults(),
        lambda control: control.faults.clear(),
    ),
    "now": (
        "Control.clock.now",
        lambda control: control.now(),
        lambda control: control.clock.now(),
    ),
    "advance": (
        "Control.clock.advance",
        lambda control: control.advance(5),
        lambda control: control.clock.advance(5),
    ),
    "create_account": (
        "Control.accounts.create",
        lambda control: control.create_account("a@example.com", surname="L"),
        lambda control: control.accounts.create("a@example.com", "Other L"),
    ),
    "create_app": (
        "Control.apps.create",
        lambda control: control.create_app("small", folder="Small"),
        lambda control: control.apps.create("small", folder="Small"),
    ),
    "link": (
        "Control.logins.create",
        lambda control: control.link("owner@example.com", scopes=["openid"]),
        lambda control: control.logins.create("owner@example.com", scopes=["openid"]),
    ),
    "add_webhook": (
        "Control.webhooks.add",
        lambda control: refused(lambda: control.add_webhook("x")),
        lambda control: refused(lambda: control.webhooks.add("x")),
    ),
    "remove_webhook": (
        "Control.webhooks.remove",
        lambda control: refused(lambda: control.remove_webhook("x")),
        lambda control: refused(lambda: control.webhooks.remove("x")),
    ),
}

INTERLEAVINGS_ARGUMENTS = {
    "mishaps": ("max_faults", 1),
    "most_steps": ("max_steps", 100),
    "patience": ("timeout", 30),
}


def warned(call, *args):
    """Return what a call returns, and its only warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = call(*args)
    (warning,) = caught
    assert warning.category is DeprecationWarning
    assert warning.filename == __file__
    assert "will be removed in fakedropbox 0.3; use " in str(warning.message)
    return result, str(warning.message)


@pytest.mark.parametrize("old", MODULE_NAMES)
def test_an_old_name_in_a_module_warns_and_gives_the_new_object(old):
    new = MODULE_NAMES[old]
    (module, name), (home, attribute) = old.rsplit(".", 1), new.rsplit(".", 1)
    expected = getattr(importlib.import_module(home), attribute)
    module = importlib.import_module(module)
    found, message = warned(lambda: getattr(module, name))
    assert found is expected
    assert message.startswith(f"{old} is deprecated")
    assert message.endswith(f"use {new}")
    assert name not in dir(module) or not hasattr(module, "__all__")


@pytest.mark.parametrize("old", MODULE_NAMES)
def test_an_import_of_an_old_name_warns_once(old):
    module, name = old.rsplit(".", 1)
    importlib.import_module(module)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        exec(f"from {module} import {name}", {})  # noqa: S102 -- the statement under test
    assert [warning.filename for warning in caught] == ["<string>"]


@pytest.mark.parametrize(
    "module", sorted({name.rpartition(".")[0] for name in MODULE_NAMES}), ids=str
)
def test_a_name_that_never_existed_raises(module):
    with pytest.raises(AttributeError, match=f"module '{module}' has no attribute 'Nonsense'"):
        _ = importlib.import_module(module).Nonsense


@pytest.mark.parametrize("old", SERVICE_NAMES)
def test_an_old_method_of_the_service_warns_and_returns_the_same(old):
    new, old_call, new_call = SERVICE_NAMES[old]
    found, message = warned(old_call, FakeDropboxService())
    assert found == new_call(FakeDropboxService())
    assert message.startswith(f"service.{old} is deprecated")
    assert message.endswith(f"use {new}")


@pytest.mark.parametrize("old", CONTROL_NAMES)
def test_an_old_method_of_control_warns_and_returns_the_same(dropbox_server, old):
    new, old_call, new_call = CONTROL_NAMES[old]
    control = Control(dropbox_server.url, dropbox_server.control_token, dropbox_server.ca_file)
    start = control.snapshot()
    found, message = warned(old_call, control)
    control.restore(start)
    expected = new_call(control)
    if isinstance(found, Login):  # each login has new tokens, also after a restore
        found, expected = found.account_email, expected.account_email
    assert found == expected
    assert message.startswith(f"Control.{old}")
    assert message.endswith(f"use {new}")


@pytest.mark.parametrize("old", ["faults/plan", "faults/list", "accounts/list", "link"])
def test_an_old_path_of_the_control_interface_works(dropbox_server, old):
    """Check that the old path works, without a warning, as its client may not be in Python."""
    control = Control(dropbox_server.url, dropbox_server.control_token, dropbox_server.ca_file)
    assert control._ask(old, **({"faults": []} if old == "faults/plan" else {})) != ""


@pytest.mark.parametrize("old", INTERLEAVINGS_ARGUMENTS)
def test_an_old_argument_of_interleavings_warns_and_has_the_same_effect(old):
    new, value = INTERLEAVINGS_ARGUMENTS[old]
    service = FakeDropboxService()
    workers = [lambda: service.client().files_upload(b"", "/a")] * 2

    def run(**options):
        return interleavings(workers, check=lambda _: None, service=service, **options)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        report = run(**{old: value})
    (warning,) = caught
    assert f"interleavings({old}=...) is deprecated" in str(warning.message)
    assert str(warning.message).endswith(f"use {new}=...")
    assert warning.filename == __file__
    assert report == run(**{new: value})
    with pytest.raises(TypeError, match=f"{old}, {new}: expected only {new}, got both"):
        run(**{old: value, new: value})


def test_the_old_name_of_the_attribute_fault_of_a_step_warns():
    (step,) = Schedule.parse("0 upload lost_reply")
    assert warned(lambda: step.mishap) == (
        "lost_reply",
        "Step.mishap is deprecated and will be removed in fakedropbox 0.3; use Step.fault",
    )


def test_the_decorators_keep_the_functions_name_and_docstring():
    @renamed("old", "new")
    @renamed_arguments(b="a")
    def function(a):
        """Return the argument."""
        return a

    assert (function.__name__, function.__doc__) == ("function", "Return the argument.")
    with pytest.warns(DeprecationWarning, match="old is deprecated"):
        assert function(1) == 1
