"""Where figures go."""

import json
import platform
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "results"


def peak_mb() -> float:
    """The most memory that this process had at once."""
    status = Path("/proc/self/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def save(name: str, figures: dict[str, Any]) -> None:
    """One JSON file a benchmark, overwritten by the next run."""
    FOLDER.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "machine": platform.machine()}
    text = json.dumps({"machine": machine, **figures}, indent=1, ensure_ascii=False)
    (FOLDER / f"{name}.json").write_text(text, "utf-8")
