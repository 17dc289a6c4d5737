"""A reader of the HTML file about a failed test."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "wbr", "img"}


class DumpPage(HTMLParser):
    """The page of a failed test: its text without scripts and styles, and checks of its form."""

    def __init__(self, html):
        super().__init__()
        self.html, self.text, self.title = html, "", ""
        self.open, self.scripts, self.styles, self.policy = [], [], [], ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        assert tag not in ("img", "iframe", "object", "embed", "link", "base")
        assert not any(name.startswith("on") or name in ("src", "style") for name in values)
        assert values.get("href", "#").startswith("#")
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        kept_apart = {"script": self.scripts, "style": self.styles}
        if self.open and self.open[-1] in kept_apart:
            kept_apart[self.open[-1]].append(data)
        elif "title" in self.open:
            self.title += data
        else:
            self.text += data

    def expect_alone(self):
        """Check that the page has only one script and one style, which its policy names."""
        (script,), (style,) = self.scripts, self.styles
        assert self.policy.startswith("default-src 'none'; ")
        for kind, text in (("script", script), ("style", style)):
            digest = b64encode(sha256(text.encode()).digest()).decode()
            assert f"{kind}-src 'sha256-{digest}'" in self.policy
        assert not re.search(r"@import|url\(", style)
