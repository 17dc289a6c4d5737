"""Manual contacts, which arise from invitations by e-mail (P3-01 to P3-07)."""

from __future__ import annotations

from typing import Any

from dropbox import contacts

from fakedropbox._api.caller import account_of
from fakedropbox._api.registry import AS_429, route
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError


@route(contacts.delete_manual_contacts, contention=AS_429)
def delete_manual_contacts(call: Call, _arg: None) -> None:
    """Remove all manual contacts of the caller (P3-01)."""
    known, account_id = call.world.contacts, account_of(call).account_id
    known.remove(account_id, known.of(account_id))


@route(contacts.delete_manual_contacts_batch, contention=AS_429)
def delete_manual_contacts_batch(call: Call, arg: Any) -> None:
    """Remove some contacts: all of them or none (P3-02, P3-03)."""
    known, account_id = call.world.contacts, account_of(call).account_id
    emails = {email: email.lower() for email in arg.email_addresses}
    unknown = [email for email, key in emails.items() if key not in known.of(account_id)]
    if unknown:
        raise RouteError("contacts_not_found", {"contacts_not_found": unknown}, fact="P3-03")
    known.remove(account_id, set(emails.values()))
