"""`make bench`: every benchmark, one after the other; figures go to bench/results."""

import gc

from bench import committer, growth, http, market, start, switch
from bench.results import save
from changliao.commands.serve import THRESHOLDS

GROWTH_SIZES = (10_000, 1_000_000)


def main() -> None:
    """About twenty-five minutes; `python -m bench.growth --largest 10000000` goes further."""
    figures = start.run()
    start.show(figures)
    save("start", figures)
    figures = http.run()
    http.show(figures)
    save("http", figures)
    gc.set_threshold(*THRESHOLDS)
    for engine in ("sqlite", "postgresql"):
        figures = committer.run(engine)
        committer.show(figures)
        save(f"committer-{engine}", figures)
        figures = growth.run(engine, GROWTH_SIZES)
        growth.show(figures)
        save(f"growth-{engine}", figures)
        figures = switch.run(engine)
        switch.show(engine, figures)
        save(f"switch-{engine}", figures)
    figures = market.run()
    market.show(figures)
    save("market", figures)


if __name__ == "__main__":
    main()
