"""The texts to copy from a call: three make it again, in a shell, in Python or as a test.

The fourth plans a fault that makes it fail.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pprint import pformat
from textwrap import indent
from typing import Any, NamedTuple

from fakedropbox import faults
from fakedropbox._api.error_tags import chains_of
from fakedropbox._api.registry import SDK_ROUTES
from fakedropbox._core.shown_json import without_secrets
from fakedropbox._facts import ROUTES
from fakedropbox._page.arguments import argument_of
from fakedropbox.calls import CallRecord, paths_of

_TOKEN = "DROPBOX_ACCESS_TOKEN"  # noqa: S105 -- a variable's name
_WIDTH = 72


class Copy(NamedTuple):
    """A text to copy, and the name of its form."""

    name: str
    text: str


def copies_of(call: CallRecord, *, hides_secrets: bool = False) -> list[Copy]:
    """Return the texts for a call of a route; none for other requests, whose secrets are missing.

    The token and the content of an upload are not recorded: the token is taken from the environment
    or from the test's service, the content is that of a file, or an example. With ``hides_secrets``
    the argument is one for strangers, without the URLs of links and the like.
    """
    fact = ROUTES.get(call.route)
    if fact is None:
        return []
    argument = _argument(call)
    if hides_secrets:
        argument = without_secrets(argument, call.route)
    return [
        Copy("curl", _curl(call.route, fact.style, argument)),
        Copy("Python", _python(call.route, fact.style, argument)),
        Copy("pytest", _test(call, fact.style, argument)),
        Copy("fault", _fault(call)),
    ]


def _argument(call: CallRecord) -> Any:
    """Return the argument as plain values, without the hash of content that is not recorded."""
    argument = json.loads(json.dumps(argument_of(call)))
    if isinstance(argument, dict):
        argument.pop("content_hash", None)
    return argument


def _header(argument: Any) -> str:
    """Return an argument as JSON that is valid in an HTTP header."""
    return json.dumps(argument).replace("\x7f", "\\u007f")


def _curl(route: str, style: str, argument: Any) -> str:
    lines = [
        f'curl "$FAKEDROPBOX_URL/2/{route}"',
        f'--header "Authorization: Bearer ${_TOKEN}"',
    ]
    if style == "rpc":
        lines += [
            "--header 'Content-Type: application/json'",
            f"--data {shlex.quote(json.dumps(argument))}",
        ]
    else:
        lines.append(f"--header {shlex.quote(f'Dropbox-API-Arg: {_header(argument)}')}")
        if style == "upload":
            lines += [
                "--header 'Content-Type: application/octet-stream'",
                "--data-binary @FILE",
            ]
        else:
            lines.append("--request POST")
    return " \\\n  ".join(lines)


def _request(route: str, style: str, argument: Any, url: str, token: str, ca_file: str) -> str:
    """Return the lines that send a call by `requests`."""
    headers = [f'"Authorization": f"Bearer {{{token}}}"']
    if style == "rpc":
        body = "json=argument" if argument is not None else 'data="null"'
        headers += [] if argument is not None else ['"Content-Type": "application/json"']
    else:
        headers.append('"Dropbox-API-Arg": json.dumps(argument)')
        body = 'data=b"content"' if style == "upload" else 'data=b""'
        headers += ['"Content-Type": "application/octet-stream"'] if style == "upload" else []
    return "\n".join(
        [
            f"argument = {pformat(argument, width=_WIDTH, sort_dicts=False)}",
            "reply = requests.post(",
            f'    f"{{{url}}}/2/{route}",',
            f"    headers={{{', '.join(headers)}}},",
            f"    {body},",
            f"    verify={ca_file},",
            "    timeout=30,",
            ")",
        ]
    )


def _python(route: str, style: str, argument: Any) -> str:
    sent = _request(
        route,
        style,
        argument,
        "os.environ['FAKEDROPBOX_URL']",
        f"os.environ['{_TOKEN}']",
        'os.environ["FAKEDROPBOX_CA_FILE"]',
    )
    return (
        f"import json\nimport os\n\nimport requests\n\n{sent}\nprint(reply.status_code, reply.text)"
    )


def _test(call: CallRecord, style: str, argument: Any) -> str:
    sent = _request(
        call.route,
        style,
        argument,
        "dropbox_server.url",
        "dropbox_server.service.login.access_token",
        "str(dropbox_server.ca_file)",
    )
    outcome = f"assert dropbox_server.service.calls[-1].outcome == {call.outcome!r}"
    if call.fault is None:
        imports, lines = ["import json", "", "import requests"], [sent, f"{outcome}, reply.text"]
    else:
        imports = [
            "import json\nfrom contextlib import suppress",
            "",
            "import requests\n\nfrom fakedropbox import faults",
        ]
        # The same fault, for the test's first call; there is no reply if it ends the connection.
        planned = replace(call.fault, times=1, at_most=None, skip=0)
        lines = [
            f"dropbox_server.service.faults.add(faults.{planned!r})",
            "with suppress(requests.RequestException):",
            indent(sent, "    "),
            outcome,
        ]
    test = f"def test_call_{call.number}(dropbox_server):"
    return "\n".join([*imports, "", "", test, indent("\n".join(lines), "    ")])


def _fault(call: CallRecord) -> str:
    return f"faults.{_fault_of(call)!r}"


def _fault_of(call: CallRecord) -> faults.Fault:
    """Return the fault that makes such a call fail in the same way, or with a server error."""
    if call.fault is not None:
        same: faults.Fault = call.fault
        return same
    path = next((path for path in paths_of(call.arg) if path), None)
    route = SDK_ROUTES.get(call.route)
    if route is not None and call.outcome in chains_of(route.error_type):
        return faults.route_error(call.route, call.outcome, path=path)
    return faults.server_error(call.route, path=path)
