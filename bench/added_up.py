"""Our side of insight's ratios: everything that insight keeps, of a file, in a process of its own.

`python -m bench.added_up payments.parquet` prints JSON.
"""

import json
import sys
import time
from pathlib import Path

from bench.results import peak_mb
from changliao.market import files


def main() -> None:
    """A file."""
    began = time.process_time()
    book = files.read(Path(sys.argv[1]))
    seconds = time.process_time() - began
    print(json.dumps({"cpu_s": seconds, "peak_mb": peak_mb(), "rows": book.rows}))


if __name__ == "__main__":
    main()
