"""Test of a client for the control interface, generated from its OpenAPI description.

It needs `openapi-python-client` and `openapi-spec-validator`.
"""

import json
import subprocess
import sys
from importlib.util import find_spec

from fakedropbox import faults
from fakedropbox.server.openapi import openapi

PROGRAM = """
import os
import ssl
from client import AuthenticatedClient, models
from client.api.default import clock_advance, faults_add, seed_files

trusted = ssl.create_default_context(cafile=os.environ["FAKEDROPBOX_CA_FILE"])
client = AuthenticatedClient(
    base_url=os.environ["FAKEDROPBOX_URL"],
    token=os.environ["FAKEDROPBOX_CONTROL_TOKEN"],
    verify_ssl=trusted,
)
files = models.SeedFilesFiles()
files["/a.txt"] = "aGVsbG8="
seed = models.SeedFiles(files=files)
assert seed_files.sync_detailed(client=client, body=seed).status_code == 200
fault = models.FaultLostReply(kind="lost_reply", route="files/upload")
add = models.AddFault(fault=fault)
assert faults_add.sync_detailed(client=client, body=add).status_code == 200
refused = clock_advance.sync(client=client, body=models.AdvanceClock(seconds=-1))
print(refused.fields["seconds"])
"""


def test_a_generated_client_seeds_a_file_and_plans_a_fault(
    dropbox_service, environ, tmp_path, missing
):
    for name in ("openapi_spec_validator", "openapi_python_client"):
        if find_spec(name) is None:
            missing(name)
    from openapi_spec_validator import validate

    validate(openapi())
    (tmp_path / "openapi.json").write_text(json.dumps(openapi()), "utf-8")
    command = ["openapi_python_client", "generate", "--meta", "none", "--output-path", "client"]
    subprocess.run(  # noqa: S603 -- this very interpreter
        [sys.executable, "-m", *command, "--path", "openapi.json"], cwd=tmp_path, check=True
    )
    direct = {name: value for name, value in environ.items() if name.upper() != "HTTPS_PROXY"}
    done = subprocess.run(  # noqa: S603 -- this very interpreter
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env=direct,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "expected a number greater than or equal to 0, got -1\n"
    assert dropbox_service.files == {"/a.txt": b"hello"}
    assert [fault for fault, _ in dropbox_service.faults.planned()] == [
        faults.lost_reply("files/upload")
    ]
    dropbox_service.faults.clear()
