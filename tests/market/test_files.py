"""A file of payments, added up at once, says what the network's worker would say of them."""

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from changliao.core.ids import UserId
from changliao.core.market import Dimension, Paid, Stretch
from changliao.market import files
from changliao.market.files import Unreadable
from changliao.market.rollup import members
from changliao.operations.market import FOLD
from tests.world import World

PLATFORMS = ("others", "jd", "suning", "taobao")
METHODS = ("card", "changliao")
TERMINALS = ("mobile", "pc")
DAY_S = 86_400
BEIJING_S = 8 * 3_600


def bought(seed: int, people: int = 40, days: int = 120) -> list[tuple[int, ...]]:
    """Day, person, platform, method, terminal, amount: with weeks and months in which some stay."""
    draw = random.Random(seed)
    homes = [draw.randrange(len(PLATFORMS)) for _ in range(people)]
    rows: list[tuple[int, ...]] = []
    for day in [one for one in range(20_000, 20_000 + days) if one // 20 % 2]:
        for person in range(people):
            for _ in range(draw.choice([0, 0, 0, 1, 1, 2, 3]) if draw.random() < 0.3 else 0):
                at = homes[person] if draw.random() < 0.6 else draw.randrange(len(PLATFORMS))
                row = (day, person, at, draw.randrange(2), draw.randrange(2))
                rows.append((*row, draw.randrange(1, 9_000)))
    return rows


def written(path: Path, rows: list[tuple[int, ...]], **columns: Any) -> Path:
    table = {
        "ts": [day * DAY_S - BEIJING_S + (person * 97) % DAY_S for day, person, *_ in rows],
        "user": [row[1] for row in rows],
        "platform": [PLATFORMS[row[2]] for row in rows],
        "method": [METHODS[row[3]] for row in rows],
        "terminal": [TERMINALS[row[4]] for row in rows],
        "fen": [row[5] for row in rows],
    } | columns
    kept = {name: column for name, column in table.items() if column is not None}
    pyarrow.parquet.write_table(pa.table(kept), path, row_group_size=333)
    return path


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_its_sums_are_the_workers(sqlite_world: World, tmp_path: Path, seed: int) -> None:
    rows = bought(seed)
    book = files.read(written(tmp_path / "payments.parquet", rows))
    # The worker knows nobody with the number 0.
    paid = [Paid(UserId(row[1] + 1), row[0], row[2], row[3], row[4], 156, row[5]) for row in rows]
    for number, at in enumerate(range(0, len(paid), 200)):
        part = tuple(paid[at : at + 200])
        sqlite_world.do(FOLD, Stretch(9, number * 2, number * 2 + 2, part))
    told = sqlite_world.rows()
    assert [(*key, 156, *both, 0, 0) for key, both in sorted(book.sums.volumes.items())] == told[
        "market_volumes"
    ]
    seen = [row for row in told["market_seen"] if row[2] != Dimension.CELL]
    found = [(*key[:3], members(key[3]), users) for key, users in book.sums.seen.items()]
    assert sorted(found) == seen
    assert [(*key, users) for key, users in sorted(book.sums.flows.items())] == told["market_flows"]
    cohorts = [(*key, users) for key, users in sorted(book.sums.cohorts.items())]
    assert cohorts == told["market_cohorts"]
    assert (book.first, book.last, book.rows) == (rows[0][0], rows[-1][0], len(rows))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"fen": None}, "has no column fen"),
        ({"user": [-1, 2, 3, 4]}, "numbered from 0"),
        ({"user": [1 << 40, 2, 3, 4]}, "numbered from 0"),
        ({"platform": ["jd", None, "jd", "jd"]}, "without a"),
        ({"ts": [3 * DAY_S, DAY_S, 2 * DAY_S, 4 * DAY_S]}, "of day 1 after one of day 3"),
        ({"ts": ["a", "b", "c", "d"]}, "ts is not a whole number"),
    ],
    ids=lambda one: str(one)[:30],
)
def test_what_holds_no_payments_is_refused(tmp_path: Path, columns: Any, said: str) -> None:
    path = written(
        tmp_path / "x.parquet", [(20_000, one, 1, 0, 0, 5) for one in range(4)], **columns
    )
    with pytest.raises(Unreadable, match=said):
        files.read(path)


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(b"ts,user\n1,2\n")
    with pytest.raises(Unreadable):
        files.read(path)
    empty = files.read(written(path, []))
    assert (empty.rows, empty.sums.flows) == (0, {})
