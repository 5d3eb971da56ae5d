"""`make bench`: every benchmark, one after the other; figures go to bench/results.

Each is a process of its own, as it is when asked for alone: none inherits what another left behind.
"""

import subprocess
import sys
from collections.abc import Sequence
from typing import Final

import click

PARTS: Final = (
    *("start", "http", "committer", "growth", "switch", "rules", "lists", "pages", "drive"),
    "market",
)


@click.command(help=__doc__)
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
def main(parts: Sequence[str]) -> None:
    for part in parts or PARTS:
        click.echo(f"python -m bench.{part}")
        subprocess.run([sys.executable, "-m", f"bench.{part}"], check=True)


if __name__ == "__main__":
    main()
