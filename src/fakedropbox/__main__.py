"""The command ``fakedropbox``, as ``python -m fakedropbox``."""

from fakedropbox.cli import main

main(prog_name="fakedropbox")
