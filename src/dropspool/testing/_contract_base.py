"""The base class of the parts of the contract, and the marks that skip a test."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

import pytest
from hypothesis import Phase, given, settings
from hypothesis.strategies import SearchStrategy

from dropspool.providers.base import StorageProvider
from dropspool.testing.bench import Bench, Capabilities, QueueSubject, Subject
from dropspool.testing.kit import BACKEND, config
from fakedropbox.simulate import SkewedClock

P = ParamSpec("P")
PartT = TypeVar("PartT", bound="QueuePart")
Test = Callable[Concatenate[PartT, P], None]

MOST_STEPS = 200
"""More changes, or requests, than one verb of a queue should need."""


def requires(*names: str) -> Callable[[Test[PartT, P]], Test[PartT, P]]:
    """Skip a test if the provider lacks one of these capabilities."""
    return _unless(lambda capabilities: [name for name in names if not getattr(capabilities, name)])


def on(*storages: str) -> Callable[[Test[PartT, P]], Test[PartT, P]]:
    """Skip a test unless the provider keeps its files in one of these storages."""
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


def inherits(provider: StorageProvider, method: str) -> bool:
    """Return whether a provider has a method of `StorageProvider` and none of its own."""
    return getattr(type(provider), method) is getattr(StorageProvider, method)


class QueuePart(QueueSubject):
    """The base class of a part of the contract of any queue.

    ``examples`` is the number of random examples of each property. A ``thorough`` contract tries
    ten times as many, and others act at every step of every action, which takes minutes.
    """

    examples: ClassVar[int] = 20
    thorough: ClassVar[bool] = False

    @property
    def _examples(self) -> int:
        return self.examples * (10 if self.thorough else 1)

    def _for_all(
        self, check: Callable[..., None], *cases: SearchStrategy[Any], share: float = 1
    ) -> None:
        """Check random examples: ``share`` times the usual number of them."""
        searched = self._settings()
        count = math.ceil(searched.max_examples * share)
        settings(searched, max_examples=count)(given(*cases)(check))()

    def _settings(self) -> settings:
        # Without the explain phase: its report is not worth the time that it takes.
        phases = (Phase.explicit, Phase.generate, Phase.shrink)
        return settings(
            max_examples=self._examples,
            stateful_step_count=20,
            deadline=None,
            database=None,
            phases=phases,
            report_multiple_bugs=False,
        )

    @pytest.fixture
    def bench(self) -> Iterator[Bench]:
        """An empty storage."""
        with Bench() as bench:
            yield bench


class ContractPart(QueuePart, Subject):
    """The base class of a part of the contract of storage providers."""

    def worker(self, bench: Bench, skew: float = 0) -> StorageProvider:
        """Return a provider for a new process, whose clock is wrong by ``skew`` seconds."""
        return self.make_provider(bench, SkewedClock(bench.clock, skew=skew))

    def backend(self, bench: Bench) -> StorageProvider:
        """Return a provider for a new process, after storing the configuration of a backend."""
        provider = self.worker(bench)
        provider.upload_config(config(), BACKEND)
        return provider
