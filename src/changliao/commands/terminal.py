"""What people watch a command on; programs read JSON instead."""

from typing import Final

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

console: Final = Console(highlight=False, soft_wrap=True)
_ENDLESS: Final = 10_000


def print_whole(table: Table) -> None:
    """A table as wide as it is: a narrow terminal wraps its lines, and nothing is left out."""
    options = console.options.update(max_width=_ENDLESS)
    width = max(console.width, Measurement.get(console, options, table).maximum)
    Console(highlight=False, soft_wrap=True, width=width).print(table)
