"""The panel of webhooks: each with its next attempt, and the last deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakedropbox._page.webhooks import webhooks_of
from fakedropbox.server.page.panel import Arguments, Form, Panel


class Webhooks(Panel):
    """The panel of webhooks."""

    name = "webhooks"

    def values(self, query: Mapping[str, str]) -> dict[str, Any]:  # noqa: ARG002 -- the base's signature
        """Return the webhooks, the last deliveries, the latest first, and the apps."""
        service = self.shown.service
        return {"webhooks": webhooks_of(service), "apps": list(service.apps)}

    @property
    def actions(self) -> Mapping[str, Arguments]:
        """The operations that the forms carry out, with the readers of their arguments."""
        return {"webhooks/add": _new, "webhooks/remove": self._known, "webhooks/deliver": _now}

    def _known(self, form: Form) -> dict[str, Any]:
        # The form has a number, because the page shows no query of a URL: it may contain secrets.
        number, webhooks = form.number("number"), list(self.shown.service.webhooks)
        if number not in range(len(webhooks)):
            raise ValueError(f"number: expected that of a webhook, got {number!r}")
        return {"url": webhooks[number].url, "app": webhooks[number].app.key}


def _new(form: Form) -> dict[str, Any]:
    return {**form.given("url", "app"), "allow_remote": form.is_checked("allow_remote")}


def _now(form: Form) -> dict[str, Any]:
    return {"now": form.is_checked("now")}
