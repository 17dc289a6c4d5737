"""The parts of reference pages that are generated from the code, as Markdown.

A page contains ``<!-- generated: NAME -->`` where the part NAME of `PARTS` belongs.
"""

import ast
import csv
import inspect
import json
import re
from collections import defaultdict
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

import click

import dropspool.cli
import dropspool.pytest_plugin
import dropspool.schemas
import fakedropbox.cli
from dropspool._commands.exits import MEANINGS
from fakedropbox import FakeDropboxService, Personality, coverage, faults, pytest_plugin
from fakedropbox._facts.evidence import (
    STATUSES,
    Citations,
    citations,
    evidence,
    open_facts,
    sources,
)
from fakedropbox.pytest_plugin import MARKER_ONLY
from fakedropbox.server.openapi import openapi


def cell(text):
    """Return a text as the content of one cell of a table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def row(*cells):
    """Return one row of a table."""
    return f"| {' | '.join(map(cell, cells))} |"


def table(*header, rows):
    """Return a table."""
    return "\n".join([row(*header), row(*["---"] * len(header)), *(row(*each) for each in rows)])


def definitions(rows):
    """Return a list of terms, each with its description."""
    return "\n\n".join(f"{term}\n: {' '.join(text.split())}" for term, text in rows)


def code(value):
    """Return a value as code."""
    return f"`{value}`"


def escaped(text):
    """Return plain text, with code in backticks, as Markdown."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(
        part if part.startswith("`") else re.sub(r"([\\*_\[\]<>{}$#~|])", r"\\\1", part)
        for part in parts
    )


def anchor(fact):
    """Return the anchor of a fact on the page of facts."""
    return fact.lower().replace(".", "-")


# Fixtures, marker and options


def fixtures_of(module):
    """Return the list of the public fixtures of a module: type, scope and description."""
    rows = []
    for node in ast.parse(inspect.getsource(module)).body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        for decorator in node.decorator_list:
            if "fixture" in ast.unparse(decorator):
                keywords = getattr(decorator, "keywords", ())
                scope = {each.arg: ast.literal_eval(each.value) for each in keywords}.get("scope")
                kind = re.sub(r"^Iterator\[(.*)\]$", r"\1", ast.unparse(node.returns))
                text = f"{code(kind)}, scope {scope or 'function'}. {ast.get_docstring(node)}"
                rows.append((code(node.name), text))
    return definitions(rows)


def fixtures():
    """Return the list of fakedropbox's fixtures."""
    return fixtures_of(pytest_plugin)


def dropspool_fixtures():
    """Return the list of dropspool's fixtures."""
    return fixtures_of(dropspool.pytest_plugin)


def described_arguments(docstring):
    """Return the description of each argument in a docstring in Google's style."""
    section = inspect.cleandoc(docstring).partition("Args:\n")[2].partition("\n\n")[0]
    return dict(re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE))


def marker():
    """Return the list of the arguments of the marker `dropbox`."""
    described = described_arguments(FakeDropboxService.__doc__)
    parameters = inspect.signature(FakeDropboxService).parameters
    of_the_service = [
        (
            code(name),
            f"{code(parameter.annotation)}. {described[name][:1].upper()}{described[name][1:]}",
        )
        for name, parameter in parameters.items()
    ]
    others = [(code(name), f"{code(kind)}. {text}") for name, (kind, text) in MARKER_ONLY.items()]
    return definitions(of_the_service + others)


class Options:
    """A stand-in for pytest's parser: it only keeps the options and settings that a plugin adds."""

    def __init__(self):
        self.rows = []
        self.settings = []

    def getgroup(self, *_names):
        """Return this object in place of a group of options."""
        return self

    def addoption(self, name, *, metavar="", help="", **_kwargs):  # noqa: A002 -- pytest's
        """Record an option that the plugin adds."""
        self.rows.append((code(f"{name} {metavar}".strip()), help))

    def addini(self, name, help, type, default):  # noqa: A002 -- pytest's
        """Record a setting that the plugin adds."""
        self.settings.append((code(name), f"{code(type)}, {default!r} unless given. {help}"))


def _added():
    found = Options()
    pytest_plugin.pytest_addoption(found)
    return found


def options():
    """Return the list of the command-line options that fakedropbox's plugin adds to pytest."""
    return definitions(_added().rows)


def settings():
    """Return the list of the configuration settings that fakedropbox's plugin adds to pytest."""
    return definitions(_added().settings)


# Personality


def field_documents():
    """Return the description of each field and preset of `Personality`."""
    body = ast.parse(inspect.getsource(Personality)).body[0].body
    return {
        node.target.id: inspect.cleandoc(text.value.value)
        for node, text in pairwise(body)
        if isinstance(node, ast.AnnAssign)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
    }


def bounds(name, kind):
    """Return the values that a field of `Personality` accepts."""
    if get_origin(kind) is Literal:
        return ", ".join(code(repr(value)) for value in get_args(kind))
    if kind is bool:
        return "`True`, `False`"
    found = []
    for value in (-1, 1):
        try:
            replace(Personality.hostile, **{name: value})
        except ValueError as error:
            found.append(re.search(r"expected (.*), got", str(error))[1])
    return f"`int`, {found[-1]}"


PRESETS = ("recorded", "documented", "hostile")


def personality():
    """Return the table of fields by preset, and the description of each field."""
    kinds, documents = get_type_hints(Personality), field_documents()
    overview = [
        (
            f"[`{field.name}`](#{field.name})",
            *(code(repr(getattr(getattr(Personality, preset), field.name))) for preset in PRESETS),
        )
        for field in fields(Personality)
    ]
    described = [
        f"### {field.name}\n\n{documents[field.name]}\n\n"
        f"Values: {bounds(field.name, kinds[field.name])}. "
        f"Default: {code(repr(field.default))}."
        for field in fields(Personality)
    ]
    return "\n\n".join(
        [
            table("field", *PRESETS, rows=overview),
            "## The fields",
            *described,
        ]
    )


def presets():
    """Return the list of the presets."""
    documents = field_documents()
    return "\n".join(f"`Personality.{name}`\n: {documents[name]}\n" for name in PRESETS)


# Faults


def fault_kinds():
    """Return the reference of each kind of fault, and its routes if it is not for all of them."""
    parts = []
    for name, kind in faults.KINDS.items():
        parts.append(
            f"```{{eval-rst}}\n.. autoclass:: fakedropbox.faults.{name}\n   :no-members:\n```"
        )
        if kind.routes != faults.Fault.routes:
            parts.append(f"`{name}` happens to {_routes(kind.routes)}.")
    return "\n\n".join(parts)


MOST_NAMES = 6


def _routes(names):
    names = list(names)
    if len(names) <= MOST_NAMES:
        return " and ".join(map(code, names))
    by_namespace = defaultdict(list)
    for name in names:
        by_namespace[name.partition("/")[0]].append(name)
    counted = ", ".join(f"{len(found)} of `{space}`" for space, found in by_namespace.items())
    return f"{len(names)} routes: {counted}"


# Command line

BLOCK = "\b\n"
"""The mark of click for a paragraph whose lines are kept."""


def commands(main, program):
    """Return the reference of a command line program, from click."""
    parts = []
    for name, command in sorted(main.commands.items()):
        if command.hidden:
            continue
        if isinstance(command, click.Group):
            parts.append(commands(command, f"{program} {name}"))
            continue
        context = click.Context(command, info_name=f"{program} {name}")
        parts += [f"### {program} {name}", f"```text\n{_usage(command, context)}\n```"]
        parts.append(escaped(inspect.cleandoc(command.help)))
        records = [each.get_help_record(context) or ("",) for each in command.params]
        parts.append(
            definitions(
                (code(record[0]), escaped(record[1])) for record in records if record[1:] > ("",)
            )
        )
        if command.epilog:
            parts.append(f"```text\n{inspect.cleandoc(command.epilog).removeprefix(BLOCK)}\n```")
    return "\n\n".join(parts)


def _usage(command, context):
    return " ".join([context.command_path, *command.collect_usage_pieces(context)])


def fakedropbox_commands():
    """Return the reference of `fakedropbox`."""
    return commands(fakedropbox.cli.main, "fakedropbox")


def exit_codes():
    """Return the table of the exit codes of `dropspool`."""
    rows = ((code(each.value), meaning) for each, meaning in MEANINGS.items())
    return table("exit code", "meaning", rows=rows)


def dropspool_commands():
    """Return the reference of `dropspool`."""
    return commands(dropspool.cli.main, "dropspool")


# Control interface


def _type(schema):
    """Return the type of a value in a schema, in words."""
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if "enum" in schema:
        return " or ".join(f'"{each}"' for each in schema["enum"])
    kind = schema.get("type", "any value")
    if kind == "array":
        return f"list of {_type(schema['items'])}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_type(schema['additionalProperties'])}"
    return f"{kind} in base64" if schema.get("contentEncoding") == "base64" else kind


def _body(operation):
    """Return the schema of the body of an operation; an empty one if it has none."""
    none = {"properties": {}, "required": []}
    if "requestBody" not in operation:
        return none
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return none | openapi()["components"]["schemas"][reference.rpartition("/")[2]]


def control_operations():
    """Return the reference of the operations of the control interface."""
    parts = []
    for path, methods in openapi()["paths"].items():
        for method, operation in methods.items():
            title = f"### {method.upper()} {path}"
            parts += [title, escaped(operation["summary"])]
            if "description" in operation:
                parts.append(escaped(operation["description"]))
            body = _body(operation)
            rows = (
                (code(name), escaped(_type(each)), "yes" if name in body["required"] else "")
                for name, each in body["properties"].items()
            )
            if body["properties"]:
                parts.append(table("argument", "type", "required", rows=rows))
            result = operation["responses"]["200"]["content"]["application/json"]["schema"]
            parts.append(f"Result: {escaped(_type(result))}.")
    return "\n\n".join(parts)


# Benchmarks

BENCHMARKS = Path(__file__).parents[2] / "tests" / "benchmarks" / "data"
"""The folder of the tables of figures, and of the results of `python -m tests.benchmarks.page`."""

NOT_MEASURED = "not measured"


def benchmark_results():
    """Return the recorded results of the benchmarks."""
    return json.loads((BENCHMARKS / "results.json").read_text("utf-8"))


def benchmark_rows(name):
    """Return the rows of a table of figures, each as a dictionary."""
    with (BENCHMARKS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


_UNITS = {
    "times": " \N{MULTIPLICATION SIGN}",
    "times SET": " \N{MULTIPLICATION SIGN} SET",
    "/s": "/s",
}
_LARGE = 10  # from this number on, no digits after the point, except in seconds and multiples


def quantity(value, unit):
    """Return a number and its unit with as many digits as matter."""
    if value in ("", None):
        return ""
    number = float(value)
    digits = 2 if unit in ("times", "times SET", "s") else 0 if number >= _LARGE else 1
    if unit != "/s" and number < 0.1:  # noqa: PLR2004 -- two digits would be too few
        digits = 3
    return f"{number:,.{digits}f}{_UNITS.get(unit, f' {unit}')}"


def is_met(figure, value):
    """Return whether a measured value meets the goal of a row of figures."""
    goal = float(figure["goal"])
    return value >= goal if figure["better"] == "higher" else value <= goal


def benchmark_figures(results=None):
    """Return the table of goals and figures, and what could not be measured."""
    results = results or benchmark_results()
    rows = []
    for figure in benchmark_rows("figures"):
        unit, value = figure["unit"], results["figures"].get(figure["key"])
        words = {"higher": "at least", "lower": "at most"}
        goal = f"{words[figure['better']]} {quantity(figure['goal'], unit)}"
        before = quantity(figure["before"], unit)
        if value is None:
            rows.append((figure["what"], before, goal, NOT_MEASURED, ""))
            continue
        met = is_met(figure, value)
        after = f"{quantity(value, unit)}{'' if met else ' (missed)'}"
        rows.append((figure["what"], before, goal, after, "" if met else figure["reason"]))
    made = table("what", "November 2026, before", "goal", "after", "why missed", rows=rows)
    return "\n\n".join([made, *_not_measured(results)])


def benchmark_peers(results=None):
    """Return the table of other libraries, with the figures of fakedropbox beside theirs."""
    results = results or benchmark_results()
    rows = []
    for peer in benchmark_rows("peers"):
        theirs, ours = (results["figures"].get(peer[name]) for name in ("key", "ours"))
        times = quantity(theirs / ours, "times") if theirs and ours else ""
        shown = [
            NOT_MEASURED if each is None else quantity(each, peer["unit"])
            for each in (theirs, ours)
        ]
        rows.append((peer["peer"], peer["operation"], *shown, times))
    return table("what", "operation", "it", "fakedropbox", "ratio", rows=rows)


def benchmark_machine(results=None):
    """Return the machine, the date and the versions of the measurement."""
    results = results or benchmark_results()
    rows = [
        ("date", results["date"]),
        ("runs of each figure, whose median is shown", results["runs"]),
        *results["machine"].items(),
        *results["versions"].items(),
    ]
    return table("what", "value", rows=rows)


def _not_measured(results):
    return [f"{NOT_MEASURED}: {escaped(text)}." for text in results["missing"].values()]


BENCHMARK_PARTS = {
    "benchmark_figures": benchmark_figures,
    "benchmark_peers": benchmark_peers,
    "benchmark_machine": benchmark_machine,
}


# Coverage


def _counts(found):
    return [f"{one['pinned']} of {one['facts']}" if one["facts"] else "" for one in found.values()]


def coverage_table():
    """Return the table of the namespaces, and the routes of each."""
    report = coverage.report()
    overview = [
        (
            f"[{name}](#{name})",
            f"{len(space['implemented'])} of {space['routes']}",
            *_counts(space["evidence"]),
        )
        for name, space in report["namespaces"].items()
    ]
    overview.append(("of all: HTTP, errors, permissions, webhooks", "", *_counts(report["http"])))
    parts = [
        f"The routes are those of version {report['sdk']} of the SDK for Python.",
        table("namespace", "routes faked", *STATUSES.values(), rows=overview),
    ]
    for name, space in report["namespaces"].items():
        parts.append(f"## {name}")
        for title, routes in (("Faked", "implemented"), ("Not faked", "missing")):
            if space[routes]:
                names = ", ".join(code(route.removeprefix(f"{name}/")) for route in space[routes])
                parts.append(f"{title}: {names}")
        if space["reasons"]:
            reasons = [(code(each), reason) for each, reason in space["reasons"].items()]
            parts.append(table("not faked", "reason", rows=reasons))
    return "\n\n".join(parts)


# Schemas


def schemas():
    """Return the reference of the models and types of `dropspool.schemas`."""
    tree = ast.parse(inspect.getsource(dropspool.schemas))
    models = [each for each in tree.body if isinstance(each, ast.ClassDef)]
    parts = []
    for model in models:
        parts.append(
            f"```{{eval-rst}}\n.. autoclass:: dropspool.{model.name}()\n   :no-members:\n```"
        )
        parts.append(
            table(
                "field",
                "type",
                "default",
                "meaning",
                rows=map(_field, filter(_is_field, model.body)),
            )
        )
    types = [
        (code(target.id), code(ast.unparse(each.value)))
        for each in tree.body
        if isinstance(each, ast.Assign)
        for target in each.targets
        if isinstance(target, ast.Name)
    ]
    shown = [each for each in types if not each[0].startswith("`_")]
    parts.append("These types are names for:\n\n" + table("name", "type", rows=shown))
    return "\n\n".join(parts)


def _is_field(node):
    return isinstance(node, ast.AnnAssign)


def _field(node):
    """Return the row of one field of a model."""
    kind, default, meaning = ast.unparse(node.annotation), "", ""
    kind = "str" if kind == "_Secret" else kind
    if isinstance(node.value, ast.Call):
        given = {each.arg: each.value for each in node.value.keywords}
        meaning = ast.literal_eval(given["description"]) if "description" in given else ""
        default = ast.unparse(given["default"]) if "default" in given else ""
    elif node.value is not None:
        default = ast.unparse(node.value)
    return code(node.target.id), code(kind), code(default) if default else "", meaning


# Facts


def _source_anchor(source):
    return "source-" + re.sub(r"\W+", "-", source.lower()).strip("-")


def _fact(fact):
    cited = citations().get(fact.fact, Citations())
    linked = [f"[{escaped(name)}](sources.md#{_source_anchor(name)})" for name in fact.sources]
    uses = [f"sources: {', '.join(linked)}"]
    if cited.tests:
        uses.append("tests: " + ", ".join(code(name) for name in cited.tests))
    if cited.code:
        uses.append("code: " + ", ".join(code(name) for name in cited.code))
    if reason := open_facts().get(fact.fact):
        uses.append(f"open: {escaped(reason)}")
    return (
        f"{{#{anchor(fact.fact)} .fact}}\n"
        f"**{fact.fact}** {STATUSES[fact.status]}. {escaped(fact.statement)}\n\n"
        f"{{.fact-uses}}\n{'; '.join(uses)}"
    )


def facts():
    """Return all facts, in a section for each theme."""
    sections = defaultdict(list)
    for fact in evidence().values():
        sections[fact.fact.partition("-")[0], fact.section].append(fact)
    parts = []
    for (prefix, title), found in sections.items():
        parts += [f"## {prefix} {title}", *map(_fact, found)]
    return "\n\n".join(parts)


def fact_sources():
    """Return the list of the sources of facts."""
    parts = []
    for source in sources().values():
        link = f" [{source.link}]({source.link})" if source.link else ""
        parts.append(
            f"{{#{_source_anchor(source.code)} .fact}}\n"
            f"**{escaped(source.code)}** {escaped(source.title)}.{link}"
        )
    return "\n\n".join(parts)


PARTS = {
    **BENCHMARK_PARTS,
    "control_operations": control_operations,
    "coverage": coverage_table,
    "dropspool_commands": dropspool_commands,
    "dropspool_fixtures": dropspool_fixtures,
    "exit_codes": exit_codes,
    "facts": facts,
    "fakedropbox_commands": fakedropbox_commands,
    "fault_kinds": fault_kinds,
    "fixtures": fixtures,
    "marker": marker,
    "options": options,
    "personality": personality,
    "presets": presets,
    "schemas": schemas,
    "settings": settings,
    "sources": fact_sources,
}
