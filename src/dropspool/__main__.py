"""The command ``dropspool``, as ``python -m dropspool``."""

from dropspool.cli import main

main(prog_name="dropspool")
