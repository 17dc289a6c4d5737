"""A machine for files, without the rules for shared links."""

from tests.support.link_machine import LINK_RULES, without

from fakedropbox import FakeDropbox
from fakedropbox.machines import DropboxMachine


class FilesMachine(type("WithoutLinks", (DropboxMachine,), without(LINK_RULES))):
    """A strict machine, which can also save a URL."""

    strict = True
    urls = {"https://example.com/x": b"x"}  # noqa: RUF012 -- as in `DropboxMachine`

    def make_client(self):
        client = FakeDropbox()
        client.service.web = self.urls
        return client
