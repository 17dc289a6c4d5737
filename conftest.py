"""The root of the suite: Hypothesis profiles, and the examples of docstrings as tests."""

import os

from hypothesis import settings
from sybil import Sybil
from sybil.parsers.rest import DocTestParser

pytest_plugins = ["pytester"]

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True)
settings.register_profile("thorough", max_examples=500, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "dev"))

# The README's tests need pytest around them: tests/test_readme.py runs those.
pytest_collect_file = Sybil(parsers=[DocTestParser()], patterns=["**/src/**/*.py"]).pytest()
