"""What `changliao market` prints: shares side by side, and facts with what they hang on."""

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from changliao.sim.check import Report
from changliao.sim.result import Result


def summary(result: Result, days: list[int]) -> dict[str, Any]:
    """The same for a program."""
    return {
        "scenario": result.scenario, "engine": result.engine, "users": result.people,
        "seed": result.seed, "days": result.days,
        "shares": {
            name: {day: result.share(name, day) for day in days} for name in result.platforms
        },
        "hhi": {day: result.hhi(day) for day in days},
        "boycott": {day: result.boycott(day) for day in days},
    }  # fmt: skip


def shares_table(results: dict[str, Result], days: list[int]) -> Table:
    """Shares by platform at each day, for one or several runs side by side."""
    table = Table(
        title="share of purchases", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True
    )
    table.add_column("platform")
    columns = [(name, result, day) for day in days for name, result in results.items()]
    for name, _, day in columns:
        table.add_column(f"day\n{day}" + (f"\n{name}" if name else ""), justify="right")
    platforms = dict.fromkeys(name for result in results.values() for name in result.platforms)
    for platform in platforms:
        shown = [
            f"{result.share(platform, day):.2%}" if platform in result.platforms else ""
            for _, result, day in columns
        ]
        table.add_row(platform, *shown)
    table.add_section()
    table.add_row("group HHI", *(f"{result.hhi(day):,.0f}" for _, result, day in columns))
    table.add_row("boycotting", *(f"{result.boycott(day):.1%}" for _, result, day in columns))
    return table


def sweep_table(name: str, results: dict[float, Result], day: int) -> Table:
    """Shares by platform on one day, a row for each value of the parameter `name`."""
    table = Table(title=f"share of purchases on day {day}")
    platforms = dict.fromkeys(one for result in results.values() for one in result.platforms)
    for title in (name, *platforms, "HHI by group", "boycotting"):
        table.add_column(title, justify="right", no_wrap=True)
    for value, result in results.items():
        shares = (
            f"{result.share(one, day):.2%}" if one in result.platforms else "" for one in platforms
        )
        more = f"{result.hhi(day):,.0f}", f"{result.boycott(day):.1%}"
        table.add_row(f"{value:g}", *shares, *more)
    return table


def swept(
    name: str, results: dict[float, Result], day: int, impossible: dict[float, str]
) -> dict[str, Any]:
    """The same for a program, and which values could not be played."""
    rows = [
        {
            name: value,
            "shares": {one: result.share(one, day) for one in result.platforms},
            "hhi": result.hhi(day),
            "boycott": result.boycott(day),
        }
        for value, result in results.items()
    ]
    refused = [{name: value, "problem": said} for value, said in impossible.items()]
    return {"parameter": name, "day": day, "values": rows, "impossible": refused}


def facts_table(report: Report) -> Table:
    """Each fact, whether it was given, and with which parameters it holds."""
    table = Table(title=report.scenario)
    for name in ("fact", "holds", "is"):
        table.add_column(name)
    sensitive = report.answers[0].sensitive if report.answers else {}
    for name in sensitive:
        table.add_column(f"{name}\nless more")
    if report.sets:
        table.add_column("of sets", justify="right")
    table.add_column("quote")
    for answer in report.answers:
        row = [
            answer.fact.id, "yes" if answer.holds else "NO",
            "given" if answer.fact.given else "predicted",
        ]  # fmt: skip
        row += [" ".join("yes" if one else "no" for one in ends) for ends in
                answer.sensitive.values()]  # fmt: skip
        if report.sets:
            row.append(f"{answer.of_sets or 0:.0%}")
        table.add_row(*row, answer.problem or answer.fact.quote)
    return table
