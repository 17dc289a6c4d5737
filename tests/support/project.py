"""The paths of the project, and the text of its README."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"
README = (ROOT / "README.md").read_text("utf-8")
