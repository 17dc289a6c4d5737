"""Tests of manual contacts, which come from invitations by e-mail."""

import pytest
from dropbox.sharing import AddMember, MemberSelector
from tests.support.doors import auth_refusal, bad_input, refusal
from tests.support.shared_folders import share

ADDED = "New@Example.com"


def invite(client, folder, *emails):
    """Add e-mail addresses to a shared folder."""
    members = [AddMember(MemberSelector.email(email)) for email in emails]
    client.sharing_add_folder_member(folder, members)


def unknown(client, *emails):
    """Check that contacts cannot be deleted; return the addresses that the error calls unknown."""
    with pytest.raises(Exception, match="contacts_not_found") as caught:
        client.contacts_delete_manual_contacts_batch(list(emails))
    return caught.value.error.get_contacts_not_found()


@pytest.mark.evidence("P3-02", "P3-03", "P3-05", "P3-06", "O4.6-01")
def test_an_invitation_makes_a_contact_that_can_be_deleted_once(dbx):
    assert unknown(dbx, ADDED) == [ADDED]
    invite(dbx, share(dbx).shared_folder_id, ADDED, "b@example.com")
    assert unknown(dbx, "a@example.com", "NEW@example.com", "c@x.org") == [
        "a@example.com",
        "c@x.org",
    ]
    assert dbx.contacts_delete_manual_contacts_batch(["new@EXAMPLE.com"]) is None
    assert unknown(dbx, ADDED, "b@example.com") == [ADDED]
    dbx.contacts_delete_manual_contacts_batch(["b@example.com", "B@example.com"])
    assert dbx.contacts_delete_manual_contacts_batch([]) is None


@pytest.mark.evidence("P3-06")
def test_a_member_who_was_added_by_id_is_not_a_contact(dbx, service):
    account = service.accounts.create("b@example.com")
    folder = share(dbx).shared_folder_id
    selector = MemberSelector.dropbox_id(account.account_id)
    dbx.sharing_add_folder_member(folder, [AddMember(selector)])
    assert unknown(dbx, "b@example.com") == ["b@example.com"]
    invite(dbx, folder, "b@example.com")
    dbx.contacts_delete_manual_contacts_batch(["b@example.com"])


@pytest.mark.evidence("P3-06")
def test_somebody_added_to_a_file_by_e_mail_is_a_contact(dbx):
    dbx.files_upload(b"x", "/x")
    dbx.sharing_add_file_member("/x", [MemberSelector.email(ADDED)])
    assert dbx.contacts_delete_manual_contacts_batch([ADDED]) is None
    assert unknown(dbx, ADDED) == [ADDED]


@pytest.mark.evidence("P3-06")
def test_a_refused_invitation_makes_no_contact(dbx):
    folder = share(dbx).shared_folder_id
    members = [MemberSelector.email(ADDED), MemberSelector.dropbox_id(f"dbid:{'x' * 35}")]
    added = [AddMember(member) for member in members]
    tags = refusal(dbx.sharing_add_folder_member, folder, added)
    assert tags == "bad_member/invalid_dropbox_id"
    assert unknown(dbx, ADDED) == [ADDED]


@pytest.mark.evidence("P3-01", "O4.6-01")
def test_all_contacts_of_one_account_can_be_deleted(dbx, connect, service):
    other = connect(service.logins.create(service.accounts.create("other@example.com")))
    for client in (dbx, other):
        invite(client, share(client).shared_folder_id, ADDED)
    snapshot = service.snapshot()
    for _ in range(2):
        assert dbx.contacts_delete_manual_contacts() is None
    assert unknown(dbx, ADDED) == [ADDED]
    other.contacts_delete_manual_contacts_batch([ADDED])
    service.restore(snapshot)
    dbx.contacts_delete_manual_contacts_batch([ADDED])


@pytest.mark.evidence("P3-01", "P3-02", "P3-04")
def test_deleting_contacts_has_the_json_of_dropbox(wire):
    assert wire.rpc("contacts/delete_manual_contacts").text == "null"
    batch = "contacts/delete_manual_contacts_batch"
    assert wire.rpc(batch, {"email_addresses": []}).text == "null"
    for wrong in ("x", f"{'a' * 250}@x.org"):
        assert wire.rpc(batch, {"email_addresses": [wrong]}).status_code == 400
    found = wire.rpc(batch, {"email_addresses": ["a@x.org"]})
    assert found.status_code == 409
    assert found.json()["error_summary"].startswith("contacts_not_found/")
    assert found.json()["error"] == {
        ".tag": "contacts_not_found",
        "contacts_not_found": ["a@x.org"],
    }


@pytest.mark.evidence("P3-07")
def test_contacts_need_a_scope_of_their_own(connect, service):
    dbx = connect(service.logins.create(scopes=["contacts.read"]))
    for call, *given in (
        (dbx.contacts_delete_manual_contacts,),
        (dbx.contacts_delete_manual_contacts_batch, []),
    ):
        missing = auth_refusal(call, *given).get_missing_scope()
        assert missing.required_scope == "contacts.write"


@pytest.mark.evidence("P3-07")
@pytest.mark.dropbox(app_folder="app")
def test_an_app_folder_app_has_no_contacts(dbx):
    assert "not allowed" in bad_input(dbx.contacts_delete_manual_contacts)
    assert "not allowed" in bad_input(dbx.contacts_delete_manual_contacts_batch, [])
