"""What the parts of the contract have in common."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Concatenate, ParamSpec, TypeVar

import pytest

from dropspool.providers.base import StorageProvider
from dropspool.testing.bench import Bench, Capabilities, Subject
from dropspool.testing.kit import BACKEND, config
from fakedropbox.simulate import SkewedClock

P = ParamSpec("P")
PartT = TypeVar("PartT", bound="ContractPart")
Test = Callable[Concatenate[PartT, P], None]


def requires(*names: str) -> Callable[[Test[PartT, P]], Test[PartT, P]]:
    """Skip a test of a provider that lacks one of the capabilities."""
    return _unless(lambda capabilities: [name for name in names if not getattr(capabilities, name)])


def on(*storages: str) -> Callable[[Test[PartT, P]], Test[PartT, P]]:
    """Skip a test of a provider whose files are elsewhere."""
    return _unless(
        lambda capabilities: [] if capabilities.storage in storages else ["storage", *storages]
    )


def _unless(
    lacking: Callable[[Capabilities], list[str]],
) -> Callable[[Test[PartT, P]], Test[PartT, P]]:
    def decorate(test: Test[PartT, P]) -> Test[PartT, P]:
        @functools.wraps(test)
        def run(self: PartT, /, *args: P.args, **kwargs: P.kwargs) -> None:
            missing = lacking(self.capabilities)
            if missing:
                pytest.skip(f"not among its capabilities: {', '.join(missing)}")
            test(self, *args, **kwargs)

        return run

    return decorate


class ContractPart(Subject):
    """A part of the contract."""

    @pytest.fixture
    def bench(self) -> Iterator[Bench]:
        """An empty storage."""
        with Bench() as bench:
            yield bench

    def worker(self, bench: Bench, skew: float = 0) -> StorageProvider:
        """A process of its own, whose clock goes wrong by so many seconds."""
        return self.make_provider(bench, SkewedClock(bench.clock, skew=skew))

    def backend(self, bench: Bench) -> StorageProvider:
        """A process of its own, and a backend that is configured."""
        provider = self.worker(bench)
        provider.upload_config(config(), BACKEND)
        return provider
