"""A machine for files, without the rules for shared links and details."""

from tests.support.detail_machine import DETAIL_RULES
from tests.support.link_machine import LINK_RULES, without

from fakedropbox import FakeDropbox
from fakedropbox.machines import DropboxMachine


class FilesMachine(type("Plain", (DropboxMachine,), without(LINK_RULES | DETAIL_RULES))):
    """A strict machine, which can also save a URL; other kill tables try the rules it lacks."""

    strict = True
    urls = {"https://example.com/x": b"x"}  # noqa: RUF012 -- as in `DropboxMachine`

    def make_client(self):
        client = FakeDropbox()
        client.service.web = self.urls
        return client
