"""Tests of the schemas: logins, configurations, names, gates, statuses and results."""

import re

import pytest
from pydantic import TypeAdapter, ValidationError

from dropspool.schemas import (
    BackendConfigSchemaIn,
    BackendNameStr,
    DisplayNameStr,
    DropboxLoginInformation,
    ExperimentalInputDict,
    GateDict,
    LocalLoginInformation,
    ResultDict,
    StatusMsgDict,
    get_init_results,
    get_init_status,
)

SECRETS = {"app_key": "KEY-1f", "app_secret": "SECRET-2e", "refresh_token": "TOKEN-3d"}


def test_secrets_are_plain_strings_that_no_repr_shows():
    login = DropboxLoginInformation(**SECRETS)
    assert (login.app_key, login.app_secret, login.refresh_token) == tuple(SECRETS.values())
    for shown in (repr(login), str(login), f"{login}", repr([login])):
        assert not any(secret in shown for secret in SECRETS.values())


@pytest.mark.parametrize("missing", SECRETS)
def test_the_error_for_a_missing_secret_shows_no_other_secret(missing):
    rest = {name: secret for name, secret in SECRETS.items() if name != missing}
    for given in (rest, {**rest, missing: ""}, {**rest, missing: 7}):
        with pytest.raises(ValidationError, match=missing) as raised:
            DropboxLoginInformation(**given)
        assert not any(secret in str(raised.value) for secret in SECRETS.values())


def test_assignment_to_a_configuration_is_validated(backend_config):
    backend_config.pending_jobs = 3
    backend_config.last_queue_check = "2026-01-02T03:04:05Z"
    assert backend_config.last_queue_check.year == 2026
    for name, value in [("cold_atom_type", "quark"), ("wire_order", "zigzag"), ("max_shots", "x")]:
        with pytest.raises(ValidationError):
            setattr(backend_config, name, value)


@pytest.mark.parametrize("wire_order", ["linear", "sequential", "interleaved"])
def test_configurations_of_older_versions_are_read(backend_config, wire_order):
    old = {**backend_config.model_dump(), "version": "0.2", "wire_order": wire_order, "kid": "x"}
    del old["display_name"]
    config = BackendConfigSchemaIn(**old)
    assert config.display_name is None
    assert not hasattr(config, "kid")


@pytest.mark.parametrize("name", ["", "qudit", "q2"])
def test_a_valid_display_name_is_accepted(name):
    assert TypeAdapter(DisplayNameStr).validate_python(name) == name


@pytest.mark.parametrize("name", ["Qudit", "q-2", "q 2", "qudit\n", "é"])
def test_an_invalid_display_name_is_refused(name):
    with pytest.raises(ValidationError):
        TypeAdapter(DisplayNameStr).validate_python(name)


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("", True),
        ("fake_fermions_simulator", True),
        ("fermions", False),
        ("a_b", False),
        ("a_b_c_d", False),
        ("_b_c", False),
        ("A_b_c", False),
        ("a_b_c\n", False),
    ],
)
def test_a_backend_name_has_three_parts_in_lower_case(name, valid):
    if valid:
        assert TypeAdapter(BackendNameStr).validate_python(name) == name
    else:
        with pytest.raises(ValidationError):
            TypeAdapter(BackendNameStr).validate_python(name)


def test_a_gate_may_be_a_list_a_tuple_or_a_dictionary():
    rx = GateDict(name="rx", wires=[0], params=[0.5])
    experiment = ExperimentalInputDict(
        instructions=[["rx", [0], [0.5]], ("rx", (0,), (0.5,)), rx.model_dump()],
        num_wires=1,
        shots=3,
        wire_order="linear",
    )
    assert experiment.instructions == [rx] * 3
    assert experiment.seed is None
    for wrong in (["rx", [0]], ["rx", [0], [0.5], 1], "abc", ["rx", 0, 0.5]):
        with pytest.raises(ValidationError):
            GateDict.model_validate(wrong)


def test_the_initial_status_and_result_have_default_values():
    assert get_init_status().model_dump() == {
        "job_id": "None",
        "status": "INITIALIZING",
        "detail": "Got your json.",
        "error_message": "None",
    }
    assert get_init_results().model_dump() == {
        "backend_name": None,
        "display_name": "",
        "backend_version": "",
        "job_id": "",
        "qobj_id": None,
        "success": True,
        "status": "INITIALIZING",
        "header": {},
        "results": [],
    }
    # Each call returns a new object, so callers do not see each other's changes.
    get_init_results().results.append(1)
    assert get_init_results().results == []


def test_an_unknown_status_or_an_invalid_name_is_refused():
    with pytest.raises(ValidationError, match=re.escape("'INITIALIZING', 'QUEUED', 'DONE'")):
        StatusMsgDict(job_id="1", status="PAUSED", detail="", error_message="")
    with pytest.raises(ValidationError):
        ResultDict(display_name="a b", backend_version="", job_id="", status="DONE")


def test_the_local_login_has_a_base_path():
    assert LocalLoginInformation(base_path="somewhere").base_path == "somewhere"
