"""A Sphinx extension: generated parts of pages, and links from names and ids of facts.

- ``<!-- generated: NAME -->`` in a page is replaced by the text that ``generated_parts`` has
  under this name.
- The id of a fact, such as F4-02, becomes a link to it.
- A public name in backticks, such as `FakeDropbox`, becomes a link to its reference. A type in
  a signature is found even if its module is a private one.
"""

import re

import generated_parts
from docutils import nodes
from sphinx.ext.napoleon import Config, GoogleDocstring
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

from fakedropbox._facts.evidence import evidence

FACT = re.compile(r"\b[FOS]\d+(?:\.\d+)?-\d+\b")
FACTS_PAGE = "reference/facts"
NAPOLEON = Config(napoleon_use_rtype=False, napoleon_use_ivar=True)
OURS = ("fakedropbox", "dropspool")
MOST_UNBROKEN = 36  # characters of code that fit on one line of a narrow screen
UNLINKED = (nodes.reference, nodes.literal_block, nodes.title, nodes.raw)


def insert_generated_parts(_app, _docname, source):
    """Replace the placeholders of a page by the generated text."""
    source[0] = re.sub(
        r"^<!-- generated: (\w+) -->$",
        lambda found: generated_parts.PARTS[found[1]](),
        source[0],
        flags=re.MULTILINE,
    )


def documented(env, name):
    """Return the full name and the entry of the documented object with a name, or None.

    The name may lack its module; a method is found by its class and name, such as `Calls.of`. If
    several objects have the name, it is that of the only class, or of the only one of fakedropbox.
    """
    objects = env.get_domain("py").objects
    if name in objects:
        return name, objects[name]
    found = {
        entry.node_id: (full, entry)
        for full, entry in objects.items()
        if full.endswith(f".{name}") and entry.objtype != "module" and not entry.aliased
    }
    tops = [each for each in found.values() if each[1].objtype in {"class", "exception"}]
    for candidates in (
        found.values(),
        tops,
        [each for each in tops if each[0].startswith(OURS[0])],
    ):
        if len(candidates) == 1:
            return next(iter(candidates))
    return None


def resolve_our_names(app, env, node, content):
    """Resolve a name of ours that has no module, or another one than in its reference."""
    target = node.get("reftarget", "")
    ours = target.partition(".")[0] in OURS
    if node.get("refdomain") != "py" or (not ours and node["reftype"] != "obj"):
        return None
    # `package._module.Class` is documented as `package.Class`: look for `Class` in any module.
    name = re.sub(r"^(?:[a-z_]\w*\.)+(?=[A-Z])", "", target) if ours else target
    found = documented(env, name)
    if found is None:
        return None
    _, entry = found
    return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, content, target)


def parse_google_style(app, what, name, parsed, options, lines):
    """Translate the sections of a docstring, as the extension napoleon does.

    Unlike napoleon, it does not read the first words of an attribute's docstring as its type if a
    colon follows them.
    """
    what = "object" if what in {"attribute", "data", "property"} else what
    lines[:] = GoogleDocstring(lines, NAPOLEON, app, what, name, parsed, options).lines()


class Links(SphinxPostTransform):
    """Link the ids of facts, and public names in backticks; mark short code as unbroken."""

    default_priority = 400
    formats = ("html",)

    def run(self, **_kwargs):
        """Replace the text of ids and names by links, and mark short code as unbroken."""
        for text in list(self.document.findall(nodes.Text)):
            is_code = isinstance(text.parent, nodes.literal)
            if is_code and len(text) <= MOST_UNBROKEN and " " not in text:
                text.parent["classes"].append("unbroken")
            if any(isinstance(parent, UNLINKED) for parent in ancestors(text)):
                continue
            if is_code:
                self.link_name(text.parent)
            elif self.env.docname != FACTS_PAGE:
                self.link_facts(text)

    def link_name(self, literal):
        """Link a public class or function in backticks."""
        name = re.sub(r"\[.*", "", literal.astext())  # without the parameters of a type
        if not re.fullmatch(r"[A-Za-z_.]{5,}", name) or not re.search(r"[A-Z_]", name):
            return
        found = documented(self.env, name)
        if found and found[1].objtype in {"class", "exception", "function"}:
            _, entry = found
            node = make_refnode(
                self.app.builder,
                self.env.docname,
                entry.docname,
                entry.node_id,
                literal.deepcopy(),
                found[0],
            )
            literal.parent.replace(literal, node)

    def link_facts(self, text):
        """Split a text at the ids of known facts and link these."""
        parts, last = [], 0
        for found in FACT.finditer(text):
            if found[0] in evidence():
                uri = self.app.builder.get_relative_uri(self.env.docname, FACTS_PAGE)
                uri += f"#{generated_parts.anchor(found[0])}"
                link = nodes.reference("", found[0], refuri=uri, internal=True)
                parts += [nodes.Text(text[last : found.start()]), link]
                last = found.end()
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(text[last:])])


def ancestors(node):
    """Yield the parents of a node, from the nearest to the document."""
    while node.parent is not None:
        node = node.parent
        yield node


def setup(app):
    """Register the parts of the extension."""
    app.connect("source-read", insert_generated_parts)
    app.connect("missing-reference", resolve_our_names)
    app.connect("autodoc-process-docstring", parse_google_style)
    app.add_post_transform(Links)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
