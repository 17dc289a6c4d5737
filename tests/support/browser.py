"""A minimal browser for the authorize page: it reads a form and submits it."""

from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import requests


class Document(HTMLParser):
    """A page: its text, its radio buttons by label, its other inputs and its buttons."""

    def __init__(self, text):
        super().__init__()
        self.text, self.open = "", []
        self.inputs, self.buttons, self.forms = [], [], []
        self.feed(text)
        self.close()
        assert self.open == [], (
            f"expected every element to be closed, but these are open: {self.open}"
        )

    def handle_starttag(self, tag, attrs):
        assert tag != "script"
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in ("meta", "input"):
            self.open.append(tag)
        kept = {"input": self.inputs, "button": self.buttons, "form": self.forms}.get(tag)
        if kept is not None:
            kept.append(dict(attrs))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data

    def radios(self):
        return [each for each in self.inputs if each.get("type") == "radio"]

    def value(self, element_id):
        return next(each["value"] for each in self.inputs if each.get("id") == element_id)


class Browser:
    """A client that sends requests through a session and does not follow redirects."""

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


def told(reply, part="query"):
    """Return the address of a redirect and the parameters that the app receives there."""
    assert reply.status_code == 302, reply.text
    url = urlsplit(reply.headers["Location"])
    given = parse_qs(getattr(url, part), strict_parsing=True)
    assert all(len(values) == 1 for values in given.values())
    address = f"{url.scheme}://{url.netloc}{url.path}"
    return address, {name: values[0] for name, values in given.items()}
