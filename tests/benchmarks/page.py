"""The command that measures all figures of the page of benchmarks, and stores them.

    python -m tests.benchmarks.page [--quick] [--runs 5] [--only NAME ...]

Each measurement runs in fresh processes, one after the other. The results are written to
`data/results.json`, from which `docs/explanation/benchmarks.md` is generated, and printed as that
page shows them. Run it on an idle machine: it takes about a quarter of an hour. A quick run takes a
minute; its figures mean nothing and are not kept.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from docs._ext import generated_parts
from tests.benchmarks.measurements import MEASUREMENTS

ROOT = Path(__file__).parents[2]
RESULTS = generated_parts.BENCHMARKS / "results.json"
PACKAGES = (
    *("dropbox", "requests", "greenlet", "uvicorn", "h11", "starlette"),
    *("uvloop", "httptools", "fakeredis", "pyfakefs", "moto", "boto3"),
)
"""The packages whose versions matter to the figures."""


class BenchmarkError(Exception):
    """A measurement has failed; the message has its output."""


@contextmanager
def environment() -> Iterator[dict[str, str]]:
    """Yield the environment of all measurements, in which compiled modules are kept.

    Many containers set PYTHONDONTWRITEBYTECODE. Then each process would compile what it imports.
    """
    with TemporaryDirectory(prefix="fakedropbox-benchmarks-") as cache:
        kept = {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE")}
        kept.pop("PYTHONDONTWRITEBYTECODE", None)
        yield {**kept, "PYTHONPYCACHEPREFIX": cache}


def measured(name: str, environ: dict[str, str], *, quick: bool) -> dict[str, float | str]:
    """Run one measurement in a new process, and return its figures by key.

    If a package is missing, the only key is ``missing``, with a text that says so.

    Raises:
        BenchmarkError: the process has failed.
    """
    command = [sys.executable, "-m", "tests.benchmarks.measurements", name]
    done = subprocess.run(  # noqa: S603 -- this very interpreter
        [*command, *(["--quick"] if quick else [])],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchmarkError(f"{name}: {' '.join(command)} failed:\n{done.stderr}")
    found: dict[str, float | str] = json.loads(done.stdout.splitlines()[-1])
    return found


def results(names: Iterable[str], runs: int, *, quick: bool) -> dict[str, Any]:
    """Run measurements, with progress on standard error, and return all data for the page."""
    names = list(names)
    figures: dict[str, list[float]] = {}
    missing: dict[str, str] = {}
    begun, done, load = time.monotonic(), 0, _load()
    with environment() as environ:
        measured("import_time", environ, quick=quick)  # compiles the modules for the runs below
        for name in names:
            for run in range(1, runs + 1):
                done += 1
                spent = time.monotonic() - begun
                step = f"[{done}/{len(names) * runs}] {name}, run {run} of {runs} ({spent:.0f} s)"
                print(step, file=sys.stderr, flush=True)
                found = measured(name, environ, quick=quick)
                if "missing" in found:
                    missing[name] = str(found["missing"])
                    print(f"not measured: {missing[name]}", file=sys.stderr)
                    done += runs - run
                    break
                for key, value in found.items():
                    figures.setdefault(key, []).append(float(value))
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "runs": runs,
        "machine": {**machine(), "load at the start": load},
        "versions": versions(),
        "figures": {key: _rounded(median(values)) for key, values in figures.items()},
        "spread": {
            key: [_rounded(min(each)), _rounded(max(each))] for key, each in figures.items()
        },
        "missing": missing,
    }


def machine() -> dict[str, str]:
    """Return what is known about this machine."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release()}",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except FileNotFoundError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def versions() -> dict[str, str]:
    """Return the version of Python, and those of the packages that are installed."""
    import fakedropbox

    python = f"{platform.python_implementation()} {platform.python_version()}"
    found = {"Python": python, "fakedropbox": fakedropbox.__version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="measure small sizes once; keep nothing"
    )
    parser.add_argument("--runs", type=int, default=5, help="the number of runs (%(default)s)")
    parser.add_argument(
        "--only", nargs="+", choices=MEASUREMENTS, metavar="NAME", default=[*MEASUREMENTS],
        help="measure only these, and keep the other figures as they are; one or more of "
        f"{', '.join(MEASUREMENTS)}",
    )  # fmt: skip
    given = parser.parse_args()
    if given.runs < 1:
        parser.error(f"--runs: expected at least 1, got {given.runs}")
    try:
        found = results(given.only, 1 if given.quick else given.runs, quick=given.quick)
    except BenchmarkError as error:
        raise SystemExit(str(error)) from None
    if not given.quick:
        if set(given.only) != set(MEASUREMENTS):
            found = _in_kept(found, given.only)
        RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
        print(f"written: {RESULTS.relative_to(ROOT)}", file=sys.stderr)
    for part in generated_parts.BENCHMARK_PARTS.values():
        print(f"{part(found)}\n")


def _in_kept(found: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return the results of an earlier run, with those of the repeated measurements replaced.

    The date, the machine and the versions stay those of the earlier run, of most figures.
    """
    if not RESULTS.exists():
        return found
    kept = json.loads(RESULTS.read_text("utf-8"))
    still_missing = {name: text for name, text in kept["missing"].items() if name not in names}
    return {
        **kept,
        "figures": {**kept["figures"], **found["figures"]},
        "spread": {**kept["spread"], **found["spread"]},
        "missing": {**still_missing, **found["missing"]},
    }


if __name__ == "__main__":
    main()
