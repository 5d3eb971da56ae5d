"""The other side of insight's ratios: DuckDB adds up the same file, in a process of its own.

It is installed for this only (`make rivals`), beside the product, never with it. Run with that
folder on PYTHONPATH: `python -m bench.rival_duckdb payments.parquet 1` prints JSON.
"""

import json
import sys
import time

import duckdb

from bench.results import peak_mb


def added_up(path: str, threads: int) -> dict[str, float]:
    """Everything that `market.files.read` adds up, of the same file, in SQL."""
    began, cpu = time.perf_counter(), time.process_time()
    known = duckdb.connect()
    known.execute(f"SET threads = {threads}")
    known.execute(f"""
        CREATE VIEW paid AS SELECT CAST(floor((ts + 28800) / 86400) AS INTEGER) AS day, "user",
            platform, method, terminal, fen FROM '{path}'""")
    told = known.execute("""
        SELECT day, platform, method, terminal, count(*), sum(fen) FROM paid GROUP BY ALL""")
    rows = len(told.fetchall())
    for period in ("day", "CAST(floor((day + 3) / 7) AS INTEGER)", "month"):
        at = "year(date '1970-01-01' + day) * 12 + month(date '1970-01-01' + day)"
        at = at if period == "month" else period
        known.execute(f"""
            CREATE OR REPLACE TABLE person AS SELECT {at} AS period, "user", platform,
                count(*) AS n FROM paid GROUP BY ALL""")
        for name in ("platform", "method", "terminal"):
            table = "person" if name == "platform" else "paid"
            when = "period" if name == "platform" else at
            rows += len(
                known.execute(f"""
                WITH sets AS (SELECT {when} AS period, "user",
                        list_sort(list(DISTINCT {name})) AS members
                    FROM {table} GROUP BY ALL)
                SELECT period, members, count(*) FROM sets GROUP BY ALL""").fetchall()
            )
        if period == "day":
            continue
        rows += len(
            known.execute("""
            WITH main AS (SELECT period, "user",
                    arg_max(platform, (n, -ascii(platform))) AS platform
                FROM person GROUP BY ALL),
            pairs AS (SELECT coalesce(b.period, a.period + 1) AS period, a.platform AS source,
                    b.platform AS target
                FROM main AS a FULL JOIN main AS b
                    ON a."user" = b."user" AND a.period + 1 = b.period)
            SELECT period, source, target, count(*) FROM pairs GROUP BY ALL""").fetchall()
        )
    rows += len(
        known.execute("""
        WITH lives AS (SELECT "user", min(period) AS first FROM person GROUP BY ALL)
        SELECT first, period, count(DISTINCT "user") FROM person JOIN lives USING ("user")
        GROUP BY ALL""").fetchall()
    )
    return {
        "seconds": time.perf_counter() - began, "cpu_s": time.process_time() - cpu,
        "rows": rows, "peak_mb": peak_mb(),
    }  # fmt: skip


def main() -> None:
    """A file, and how many threads."""
    print(json.dumps(added_up(sys.argv[1], int(sys.argv[2]))))


if __name__ == "__main__":
    main()
