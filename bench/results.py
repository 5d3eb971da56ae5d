"""Where figures go."""

import json
import platform
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "results"


def save(name: str, figures: dict[str, Any]) -> None:
    """One JSON file a benchmark, overwritten by the next run."""
    FOLDER.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "machine": platform.machine()}
    text = json.dumps({"machine": machine, **figures}, indent=1, ensure_ascii=False)
    (FOLDER / f"{name}.json").write_text(text, "utf-8")
