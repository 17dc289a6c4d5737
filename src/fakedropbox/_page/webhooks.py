"""The webhooks of a service as the page and the control interface show them: without secrets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from fakedropbox._core.service import Service
from fakedropbox._core.webhooks import shown_url
from fakedropbox.clock import EPOCH


@dataclass(frozen=True)
class WebhookShown:
    """A webhook; ``retry_at`` is None if no notice is to be sent again.

    ``url`` has no query, which may contain secrets; ``app`` is a key.
    """

    url: str
    app: str
    failed_attempts: int
    retry_at: str | None
    lost: int


@dataclass(frozen=True)
class DeliveryShown:
    """An attempt to send a notice; ``status`` is 0 if there was no response.

    ``url`` has no query, ``app`` is a key, ``accounts`` are e-mail addresses.
    """

    time: str
    app: str
    url: str
    accounts: list[str]
    status: int


class WebhooksShown(NamedTuple):
    """The webhooks of a service, and its last deliveries, the latest first."""

    registered: list[WebhookShown]
    deliveries: list[DeliveryShown]


def webhooks_of(service: Service) -> WebhooksShown:
    """Return the webhooks of a service, and its last deliveries."""
    with service.gate.lock:
        return WebhooksShown(registered(service), deliveries(service)[::-1])


def registered(service: Service) -> list[WebhookShown]:
    """Return the webhooks of a service, whose lock the caller holds."""
    return [
        WebhookShown(
            url=shown_url(each.url),
            app=each.app.key,
            failed_attempts=each.failed_attempts,
            retry_at=_moment(each.retry_at) if each.failed_attempts else None,
            lost=each.lost,
        )
        for each in service.webhooks
    ]


def deliveries(service: Service) -> list[DeliveryShown]:
    """Return the last attempts to send a notice of a service, whose lock the caller holds."""
    return [
        DeliveryShown(
            time=each.time.isoformat(),
            app=each.app.key,
            url=shown_url(each.url),
            accounts=[account.email for account in each.accounts],
            status=each.status,
        )
        for each in service.webhooks.deliveries
    ]


def _moment(micros: int) -> str:
    return (EPOCH + timedelta(microseconds=micros)).isoformat()
