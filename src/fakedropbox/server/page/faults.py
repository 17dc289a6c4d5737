"""The panel of faults: those that are planned, how often each has happened, and a form for more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fakedropbox._page.faults import faults_of, purpose_of
from fakedropbox._web import call_names
from fakedropbox.faults import KINDS
from fakedropbox.server.page.fault_fields import fault_in, inputs_of
from fakedropbox.server.page.panel import Arguments, Form, Panel, no_arguments


class Faults(Panel):
    """The panel of faults."""

    name = "faults"

    def values(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return the planned faults, the calls to which one has happened, and the form."""
        service = self.shown.service
        kind = query.get("kind", "")
        kind = kind if kind in KINDS else "rate_limit"
        return {
            "faults": faults_of(service, service.calls.kept()),
            "kinds": list(KINDS),
            "kind": kind,
            "purpose": purpose_of(KINDS[kind]),
            "inputs": inputs_of(KINDS[kind]),
            "routes": sorted(call_names()),
            "given": query,
        }

    @property
    def actions(self) -> Mapping[str, Arguments]:
        """The operations that the forms carry out, with the readers of their arguments."""
        return {"faults/add": _new, "faults/remove": _known, "faults/clear": no_arguments}


def _new(form: Form) -> dict[str, Any]:
    kind = form.text("kind")
    if kind not in KINDS:
        raise ValueError(f"kind: expected one of {', '.join(KINDS)}, got {kind!r}")
    return {"fault": fault_in(form, KINDS[kind])}


def _known(form: Form) -> dict[str, Any]:
    return {"fault": json.loads(form.text("fault"))}
