"""What people watch a command on; programs read JSON instead."""

from typing import Final

from rich.console import Console

console: Final = Console(highlight=False, soft_wrap=True)
