"""Random single-point mutations of `src/dropspool`, and the tests that find them.

Run `python -m tests.support.mutations` in a checkout: it runs the contract kit on each mutation,
with default settings up to the first failure, and `tests/dropspool` on those that the kit does not
find.
"""

from __future__ import annotations

import ast
import copy
import functools
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from tests.support.project import ROOT, SRC

SEED = 17
COUNT = 40
SECONDS = 900
"""The longest time for the tests of one mutation, which may have made a loop endless."""

NOT_MUTATED = ("testing", "pytest_plugin.py")
"""The kit itself, and its fixtures."""

_SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}

KIT = """
import logging
import sys
from dropspool.testing import DropboxSubject, FolderSubject, StorageProviderContract, kills
from hypothesis import core

logging.disable()
core.global_force_seed = int(sys.argv[1])
subject = {"dropbox": DropboxSubject, "folder": FolderSubject}[sys.argv[2]]
suite = type("Contract", (subject, StorageProviderContract), {})
for kill in kills(suite, sys.argv[3:] or None):
    print(f"{kill.test}: {kill.example}")
    sys.exit(1)
print(*sys.modules)
"""
"""A program that runs the contract of one of our providers, or a part of it, up to a failure."""


@dataclass(frozen=True)
class Mutation:
    """A change at one place of a module: ``before`` becomes ``after``."""

    path: str
    line: int
    start: int
    end: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {_short(self.before)} -> {_short(self.after)}"

    def applied(self, data: bytes) -> bytes:
        """Return the data of the module with the change."""
        return data[: self.start] + self.after.encode() + data[self.end :]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}..."


def all_mutations() -> Iterator[Mutation]:
    """Yield every mutation of `src/dropspool` without NOT_MUTATED, in the order of the modules."""
    package = SRC / "dropspool"
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        if not name.startswith(NOT_MUTATED):
            yield from mutations_of(name, path.read_bytes())


def mutations_of(name: str, data: bytes) -> Iterator[Mutation]:
    """Yield every mutation of one module."""
    starts = [0]
    for line in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in _executed(ast.parse(data)):
        for changed in _changed(node):
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            start = starts[node.lineno - 1] + node.col_offset
            end = starts[node.end_lineno - 1] + node.end_col_offset
            before = data[start:end].decode()
            yield Mutation(name, node.lineno, start, end, before, changed)


def _executed(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Yield the expressions and statements below a node that a mutation may change."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _is_skipped(child):
                continue
            if isinstance(child, (ast.expr, ast.stmt)):
                yield child
            yield from _executed(child)


def _is_skipped(node: ast.AST) -> bool:
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return True
    if not isinstance(node, ast.Expr):
        return isinstance(node, (ast.Import, ast.ImportFrom, ast.JoinedStr))
    text = ast.unparse(node)
    return isinstance(node.value, ast.Constant) or text.startswith("logger.")


def _changed(node: ast.expr | ast.stmt) -> Iterator[str]:
    """Yield the texts that may replace a node."""
    other = copy.deepcopy(node)
    match other:
        case ast.stmt():
            yield from _changed_statement(other)
        case ast.Compare(ops=[operator]) if type(operator) in _SWAPPED:
            other.ops = [_SWAPPED[type(operator)]()]  # type: ignore[list-item]
            yield f"({ast.unparse(other)})"
        case ast.BoolOp() | ast.BinOp() if type(other.op) in _SWAPPED:
            other.op = _SWAPPED[type(other.op)]()  # type: ignore[assignment]
            yield f"({ast.unparse(other)})"
        case ast.UnaryOp(op=ast.Not()):
            yield f"({ast.unparse(other.operand)})"
        case ast.Constant(value=bool(value)):
            yield repr(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield repr(value + 1)


def _changed_statement(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.Return(value=ast.expr()) if ast.unparse(statement) != "return None":
            yield "return None"
        case ast.Expr(value=ast.Call()) | ast.Raise():
            yield "pass"
        case ast.Break():
            yield "continue"
        case ast.Continue():
            yield "break"


def chosen(seed: int = SEED, count: int = COUNT) -> list[Mutation]:
    """Return some mutations, drawn at random."""
    chance = random.Random(seed)  # noqa: S311 -- the same in each run
    every = list(all_mutations())
    return sorted(chance.sample(every, count), key=lambda each: (each.path, each.start))


@functools.cache
def modules_of_the_kit() -> frozenset[str]:
    """Return the names of the modules that the contract kit loads: no others change its runs."""
    run = subprocess.run(  # noqa: S603 -- this very interpreter
        [sys.executable, "-c", KIT, str(SEED), "folder", "test_the_life_of_a_job"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(SRC), str(ROOT)])},
        capture_output=True,
        text=True,
        check=True,
    )
    return frozenset(run.stdout.split())


def outcome(mutation: Mutation, *command: str) -> str | None:
    """Run a command with the mutation; return the last line about its failure, or None."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(SRC, Path(folder, "src"))
        module = Path(folder, "src/dropspool", mutation.path)
        module.write_bytes(mutation.applied(module.read_bytes()))
        paths = os.pathsep.join([f"{folder}/src", str(ROOT)])
        try:
            run = subprocess.run(  # noqa: S603 -- this very interpreter
                [sys.executable, *command],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired:
            return f"it has not ended after {SECONDS} s"
    lines = [line for line in run.stdout.splitlines() if line.strip()]
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    return None if run.returncode == 0 else (failed or lines or ["it fails"])[-1]


def by_kit(mutation: Mutation) -> str | None:
    """Run the contract kit with the mutation; return the test that fails, or None."""
    name = f"dropspool.{mutation.path.removesuffix('.py').replace('/', '.')}"
    if name.removesuffix(".__init__") not in modules_of_the_kit():
        return None
    storage = "folder" if "local" in mutation.path else "dropbox"
    return outcome(mutation, "-c", KIT, str(SEED), storage)


def by_tests(mutation: Mutation) -> str | None:
    """Run the other tests of the queue with the mutation; return the test that fails, or None."""
    kit = [f"--ignore=tests/dropspool/test_{name}.py" for name in ("contract", "kill_matrix")]
    options = ("-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider")
    return outcome(mutation, "-m", "pytest", *options, *kit, "tests/dropspool")


@click.command()
@click.option("--seed", default=SEED, show_default=True, help="The seed of the lots.")
@click.option("--count", default=COUNT, show_default=True, help="The number of mutations.")
@click.option("--skip", default=0, help="The number of mutations to pass over.")
@click.option("--list", "only_list", is_flag=True, help="Only print the mutations.")
@click.option("--kit-only", is_flag=True, help="Do not run tests/dropspool.")
def main(seed: int, count: int, skip: int, only_list: bool, kit_only: bool) -> None:
    """Print random mutations of `src/dropspool`, and the first test that finds each."""
    for number, mutation in enumerate(chosen(seed, count)[skip:], skip + 1):
        click.echo(f"{number}. {mutation}")
        if only_list:
            continue
        found = by_kit(mutation)
        if found is not None:
            click.echo(f"    kit: {found}")
        elif not kit_only:
            found = by_tests(mutation)
            click.echo(f"    tests: {found}" if found else "    SURVIVED")
        else:
            click.echo("    not found by the kit")


if __name__ == "__main__":
    main(prog_name="python -m tests.support.mutations")
