"""Short forms for tests of shared folders."""

from dropbox import sharing

LEVEL = sharing.AccessLevel


def share(client, path="/Docs", **given):
    """Share a folder and return its metadata."""
    return client.sharing_share_folder(path, **given).get_complete()


def email(address):
    """Return the selector of an e-mail address."""
    return sharing.MemberSelector.email(address)


def account(account_id):
    """Return the selector of an account."""
    return sharing.MemberSelector.dropbox_id(account_id)


def by_email(address, level=None):
    """Return the argument that adds an e-mail address."""
    return sharing.AddMember(email(address), level)


def by_id(account_id, level=None):
    """Return the argument that adds an account."""
    return sharing.AddMember(account(account_id), level)


def levels(result):
    """Return the levels of the members and of the invitations in a list, by e-mail address."""
    found = {user.user.email: user.access_type._tag for user in result.users}
    invited = {each.invitee.get_email(): each.access_type._tag for each in result.invitees}
    return {**found, **invited}
