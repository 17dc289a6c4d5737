"""A minimal browser for the pages: it reads a form and submits it, and follows links."""

from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import requests


class Document(HTMLParser):
    """A page: its text and title, its inputs and buttons, and the addresses of its links."""

    def __init__(self, text):
        super().__init__()
        self.text, self.title, self.open = "", "", []
        self.inputs, self.buttons, self.forms = [], [], []
        self.links, self.address = {}, None
        self.feed(text)
        self.close()
        assert self.open == [], (
            f"expected every element to be closed, but these are open: {self.open}"
        )

    def handle_starttag(self, tag, attrs):
        assert tag != "script"
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in ("meta", "link", "input"):
            self.open.append(tag)
        if tag == "a":
            self.address = dict(attrs)["href"]
        kept = {"input": self.inputs, "button": self.buttons, "form": self.forms}.get(tag)
        if kept is not None:
            kept.append(dict(attrs))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "a" in self.open:
            self.links[data] = self.address
        if "title" in self.open:
            self.title += data
        if "style" not in self.open:
            self.text += data

    def radios(self):
        return [each for each in self.inputs if each.get("type") == "radio"]

    def value(self, element_id):
        return next(each["value"] for each in self.inputs if each.get("id") == element_id)


class Browser:
    """A client that sends requests through a session; `open` and `press` follow no redirects."""

    def __init__(self, session=None):
        self.session = session or requests.Session()

    def open(self, url, **params):
        """Request a URL."""
        return self.session.get(url, params=params, allow_redirects=False)

    def press(self, page, answer, account=None, **headers):
        """Submit the form by the button ``answer``, with ``account`` or the preselected one."""
        document = Document(page.text)
        (form,) = document.forms
        assert form == {"method": "post"}
        assert answer in [button["value"] for button in document.buttons]
        chosen = [each["value"] for each in document.radios() if "checked" in each]
        data = {"account": account or chosen[0], "answer": answer}
        return self.session.post(page.url, data=data, headers=headers, allow_redirects=False)

    def follow(self, page, text):
        """Follow a link of a page by its text, and all redirects."""
        return self.session.get(urljoin(page.url, Document(page.text).links[text]))

    def fill(self, page, *, headers=None, allow_redirects=True, **values):
        """Submit the form of a page, with ``values`` in place of its own; None omits a field."""
        document = Document(page.text)
        (form,) = document.forms
        fields = {
            each["name"]: each.get("value", "")
            for each in document.inputs
            if each.get("type") != "radio" or "checked" in each
        }
        data = {name: value for name, value in {**fields, **values}.items() if value is not None}
        url = urljoin(page.url, form.get("action", page.url))
        return self.session.post(url, data, headers=headers, allow_redirects=allow_redirects)


def told(reply, part="query"):
    """Return the address of a redirect and the parameters that the app receives there."""
    assert reply.status_code == 302, reply.text
    url = urlsplit(reply.headers["Location"])
    given = parse_qs(getattr(url, part), strict_parsing=True)
    assert all(len(values) == 1 for values in given.values())
    address = f"{url.scheme}://{url.netloc}{url.path}"
    return address, {name: values[0] for name, values in given.items()}


def location(reply):
    """Return the address that a reply redirects to."""
    assert (reply.status_code, reply.content) == (302, b"")
    return reply.headers["Location"]


def error_of(reply, status):
    """Check that a reply is the page of an error, and return its text."""
    assert reply.status_code == status
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    document = Document(reply.text)
    assert document.title == f"Dropbox - {status}"
    assert f"Error ({status})" in document.text
    return document.text
