"""Tests of the OpenAPI description of the control interface."""

import json
from operator import attrgetter

import jsonschema
import pytest
import requests
from tests.server.test_control_arguments import VALID, prepare
from tests.support.faults import needed_by
from tests.support.project import SRC

from fakedropbox import FakeDropboxService, faults
from fakedropbox.control import Control, fault_to_json
from fakedropbox.faults import KINDS
from fakedropbox.server.openapi import openapi
from fakedropbox.server.operations import OPERATIONS


def validator(schema):
    """Return a validator of a schema that may refer to other schemas of the description."""
    whole = {**schema, "components": openapi()["components"]}
    jsonschema.Draft202012Validator.check_schema(whole)
    return jsonschema.Draft202012Validator(whole)


def described(name):
    return openapi()["paths"][f"/_fake/{name}"]["post"]


def body_of(name):
    return validator(described(name)["requestBody"]["content"]["application/json"]["schema"])


def result_of(name):
    content = described(name)["responses"]["200"]["content"]
    return validator(content["application/json"]["schema"])


def test_a_server_and_the_package_have_the_openapi_description(dropbox_server):
    url = f"{dropbox_server.url}/_fake/openapi.json"
    reply = requests.get(url, verify=str(dropbox_server.ca_file), timeout=30)
    assert reply.json() == openapi()
    assert json.loads((SRC / "fakedropbox/server/openapi.json").read_text("utf-8")) == openapi()


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_schema_of_a_body_accepts_what_the_operation_accepts(name):
    schema = body_of(name)
    schema.validate(VALID.get(name, {}))
    required = [
        field for field, info in OPERATIONS[name].model_fields.items() if info.is_required()
    ]
    assert described(name)["requestBody"]["required"] == bool(required)
    for field in required:
        left = {key: value for key, value in VALID[name].items() if key != field}
        assert not schema.is_valid(left)
    assert not schema.is_valid({**VALID.get(name, {}), "unknown": 1})
    for field in VALID.get(name, {}):
        if field not in ("result", "content"):
            assert not schema.is_valid({**VALID[name], field: {"x": 1}}), field


def test_results_have_the_described_form(dropbox_server, ctl, http):
    ctl.faults.add(faults.lost_reply("files/upload", optional=True))
    http.rpc("files/get_metadata", {"path": "/none"})
    ctl.seed_files({"/a": b"1"})
    for name in OPERATIONS:
        if name in ("webhooks/add", "webhooks/remove", "share_folder", "show"):
            continue  # they need a receiver, a folder or a page
        if name == "services/seed":
            ctl.services.create("worker")
        if name == "faults/remove":
            ctl.faults.lost_reply("files/upload")
        number = ctl.snapshot()
        arguments = {"snapshot": number} if name == "restore" else VALID.get(name, {})
        arguments = {"last": 1} if name == "calls" else arguments
        found = ctl._ask(name, **arguments)
        if name == "reset":
            prepare(dropbox_server.service)
        else:
            ctl.restore(number)
        result_of(name).validate(found)
        assert name in ("reset", "tree") or not result_of(name).is_valid({"x": found}), name
    dropbox_server.service.faults.clear()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_each_kind_of_fault_is_described(kind):
    schema = body_of("faults/add")
    fault = fault_to_json(kind("files/*", **needed_by(kind)))
    schema.validate({"fault": fault})
    assert not schema.is_valid({"fault": {**fault, "unknown": 1}})
    assert not schema.is_valid({"fault": {**fault, "kind": "unknown"}})
    assert not schema.is_valid({"fault": {**fault, "times": "x"}})


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_has_the_name_that_it_has_in_the_process(name, dropbox_server):
    path = name.replace("/", ".")
    owner = dropbox_server if OPERATIONS[name].is_of_the_server else FakeDropboxService()
    assert attrgetter(path)(owner) is not None
    parts = path.split(".")
    assert hasattr(Control, parts[0])


def test_control_returns_the_default_login(ctl, dropbox_service):
    assert ctl.login == dropbox_service.login
