"""A client of the page of a server, without a browser."""

import requests


def entered(server):
    """Return a session that has entered the page; ``open`` requests a path below ``/_fake``."""
    session = requests.Session()
    session.trust_env = False
    address = server.page_address()
    reply = session.get(address)
    assert reply.status_code == 200
    session.origin = address.partition("/_fake")[0]
    session.open = lambda at, /, **params: session.get(f"{session.origin}/_fake{at}", params=params)
    return session
