"""What the market's benchmarks play."""

from importlib import resources

from changliao.sim.check import calibrate
from changliao.sim.reading import File, parse

EIGHT = """
[scenario]
name = "eight platforms, habit"
users = 1_000_000
days = 30
[model]
visit_rate = 1.0
habit = 2.0
[market]
wallet = [{id = "cash", pc = 0.0, share = 1.0}]
platform = [
  {id = "a", share = 0.5, accepts = ["cash"]}, {id = "b", share = 0.2, accepts = ["cash"]},
  {id = "c", share = 0.1, accepts = ["cash"]}, {id = "d", share = 0.05, accepts = ["cash"]},
  {id = "e", share = 0.05, accepts = ["cash"]}, {id = "f", share = 0.04, accepts = ["cash"]},
  {id = "g", share = 0.03, accepts = ["cash"]}, {id = "h", share = 0.03, accepts = ["cash"]},
]
"""


def story() -> File:
    """The opening story, fitted to its moments."""
    text = (resources.files("changliao.sim") / "scenarios" / "story.toml").read_text("utf-8")
    return calibrate(parse(text))[0]
