"""A client of the page of a server, without a browser."""

import requests


class Visitor(requests.Session):
    """A session that has entered the page by an address that works once."""

    def __init__(self, address):
        super().__init__()
        self.trust_env = False
        assert self.get(address).status_code == 200
        self.origin = address.partition("/_fake")[0]

    def open(self, at, /, **params):
        """Request a path below ``/_fake``."""
        return self.get(f"{self.origin}/_fake{at}", params=params)


def entered(server):
    """Return a session that has entered the page of a server."""
    return Visitor(server.page_address())
