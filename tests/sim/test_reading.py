"""What cannot be played is refused before the run, with its line and the mend."""

from importlib import resources
from pathlib import Path

import pytest

from changliao.sim import facts, paths, reading, scenario
from changliao.sim.facts import NotAQuestion
from changliao.sim.reading import Unplayable

STORY = (resources.files("changliao.sim") / "scenarios" / "story.toml").read_text("utf-8")
JD = '"jd", group = "jd", share = 0.055'
FACT = "competitors(30) > 1.5 * competitors(9)"


def refused(old: str, new: str) -> str:
    """What is said about the story with a change in it."""
    assert old in STORY
    with pytest.raises(Unplayable) as caught:
        reading.parse(STORY.replace(old, new, 1))
    line = STORY.splitlines().index(next(one for one in STORY.splitlines() if old in one)) + 1
    said = str(caught.value)
    assert said.startswith(f"line {line}: "), (line, said)
    return said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("habit = 2.0", "habbit = 2.0", "unknown key 'habbit': did you mean 'habit'"),
        ("habit = 2.0", 'habit = "much"', "Expected `float`"),
        ("habit = 2.0", "habit = -50.0", "habit is in logits: from -20 to 50"),
        ("habit = 2.0", "habit = nan", "habit is in logits"),
        ("days = 540", "days = 0", "from 1 to 3660 days"),
        ("users = 210_000_000", "users = 0", "from 1 to"),
        ("mobile = 0.12", "mobile = 1.2", "mobile is a share"),
        ("presence_half_life = 30", "presence_half_life = 0", "must be above 0"),
        ('"jd", "meituan"]', '"jd", "meituna"]', "did you mean 'meituan'"),
        ('wallet = "changliao", platforms = ["suning"', 'wallet = "chang", platforms = ["suning"',
         "no wallet is called 'chang'"),
        ('{ id = "jd", day = 10', '{ id = "jd", day = 9', "stands after day 10"),
        ("day = 375", "day = 999", "not among the 540 days"),
        ('type = "adopt", wallet = "changliao", platforms = ["qqwg"]',
         'type = "adopt", wallet = "changliao", platforms = ["paipai"]', "not there any more"),
        ('platform = "douyin"', 'platform = "jd"', "is there already"),
        ('target = "alibaba", quote = "淘', 'target = "a", quote = "淘', "no group is called"),
        ('type = "ban"', 'type = "bann"', "did you mean 'ban'?"),
        ('id = "tmall", group', 'id = "taobao", group', "used twice"),
        ('variant=\'without_suning\'', 'variant=\'without_suming\'', "no variant is called"),
        (FACT, "__import__('os')", "is not allowed"),
        (FACT, "(lambda: 1)()", "is not allowed"),
        (FACT, "hhi.__class__", "is not allowed"),
        (FACT, "[x for x in hhi(1)]", "is not allowed"),
        (FACT, "9 ** 9 ** 9", "is not allowed"),
        (FACT, "hhi(1) >", "is not an expression"),
        (FACT, "share('jd' * 9, 1) > 1", "is a name, not a number"),
        (FACT, "-'a' > 1", "is a name, not a number"),
        (FACT, "hhi(999) > 1", "not among the 540 days"),
        (FACT, "share('jdd', 1) > 1", "no platform is called"),
        (FACT, "takes('jd', 'x', 1)", "no wallet is called"),
        (FACT, "survivors('many') > 1", "asked with numbers"),
        (FACT, "paid_with('cod', 'jd', 1, 'x') > 1", "a mood"),
        (FACT, "hhi(day=1, to=2) > 1", "is asked as hhi(day)"),
        ("flow(10, ['taobao', 'tmall'], 'jd')\", equals", "flow(10, 'taobo', 'jd')\", equals",
         "no platform is called 'taobo'"),
        ('vary = "event[1].goodwill"', 'vary = "event[1].godwill"', "did you mean 'goodwill'"),
        ("high = 5.0", "high = -1.0", "low must be below high"),
        ('without = ["qqwg"]', 'without = ["qqwgg"]', "no event is called 'qqwgg'"),
        ('set = { "event[2].platforms" = ["gome"', 'set = { "event[2].platfroms" = ["gome"',
         "did you mean 'platforms'"),
        ("goodwill = 0.9616", "goodwill = 1e9", "goodwill is in logits"),
        ("pc = 0.8", "pc = nan", "pc is in logits"),
        ("wallet_scale = 1.0", "wallet_scale = 1e-9", "from 0.1 to 100"),
        ("seed = 1", "seed = -1", "from 0 to"),
        (FACT, "hhi(1) > 'a'", 'is a name, not a number'),
        (FACT, "'a' > 1", 'is a name, not a number'),
        (FACT, 'hhi(1) + (hhi(1) > 1) > 1', 'is true or false, not a number'),
        (FACT, 'hhi(1) and hhi(2) > 1', 'is a number, not true or false'),
        (FACT, 'competitors', 'competitors(day)'),
        (FACT, 'competitors(30)', 'a fact is true or false'),
        (FACT, '1 < 2', 'asks nothing'),
        (FACT, 'True', 'is not allowed'),
        (FACT, 'hhi(1) in [1]', "'hhi(1) in [1]' is not allowed"),
        (FACT, 'hhi(1) // 2 > 1', "'hhi(1) // 2' is not allowed"),
        (FACT, 'hhi(1) > 1 / 0', 'division by zero'),
        (FACT, 'compettitors(30) > 1', "did you mean 'competitors'?"),
        (FACT, 'competitors() > 1', 'competitors(day)'),
        (FACT, 'competitors(30.5) > 1', 'a day is a whole number'),
        (FACT, "competitors('30') > 1", 'a day is a whole number'),
        (FACT, 'share([], 3) > 1', 'name a platform'),
        (FACT, "share(['jd', 'jd'], 3) > 1", 'named twice'),
        (FACT, "takes(['jd', 'suning'], 'card', 3)", 'one platform'),
        (FACT, 'survivors(10_000_000, 9.3) > 1', 'from 1 to 1,000 firms'),
        (FACT, 'survivors(100, 1e308) > 1', 'a network effect'),
        (FACT, 'war_profit(1e308, 0) > 1', 'math range error'),
        (FACT, 'entrant_among_many(0, 1) > 1', 'division by zero'),
        (FACT, f"{'-' * 900}hhi(1) > 1", "too deep"),
        (JD, JD.replace("0.055", "-0.055"), "above 0 and at most 1"),
        (JD, JD.replace("0.055", '"much"'), "share: Expected `float`"),
        (JD, '"jd", group = "jd"', "share is missing"),
        ('type = "enter",', 'type = "enter", colour = 1,', "unknown key 'colour': there are"),
        ('type = "adopt", wallet = "changliao", platforms = ["qqwg"]', 'type = "adapt"',
         "did you mean 'adopt'?"),
        ('into = "qqwg"', 'into = "qqwg", appeal = "summ"', "appeal is sum or average"),
        ('{ id = "card", pc = 0.0, share = 1.0', '{ id = "card", pc = 0.0, share = 1.5',
         "share is a share"),
        ('into = "qqwg"', 'into = ""', "needs a name"),
        ('platform = "douyin"', 'platform = ""', "needs a name"),
        ('platforms = ["taobao", "tmall"]', "platforms = []", "names no platform"),
        ('value = "implied_scale(0.30, 0.22)"', 'value = "implied_scale(0.30, 9.0)"',
         "math domain error"),
        ("moment = \"flow(10, ['taobao', 'tmall'], 'jd')\"", 'moment = "hhi(1) > 2"',
         "a number is asked for"),
    ],
)  # fmt: skip
def test_a_mistake_is_found_on_its_line(old: str, new: str, said: str) -> None:
    assert said in refused(old, new)


def test_a_taste_that_is_no_number_is_refused_with_its_line() -> None:
    people = 'people = [{ id = "all", share = 1.0, taste = { taobao = "much" } }]\nevent = ['
    assert "taste: Expected `float`" in refused("event = [", people)


def test_shares_that_do_not_add_up() -> None:
    with pytest.raises(Unplayable, match=r"add up to 1\.1, not to 1"):
        reading.parse(STORY.replace("share = 0.608", "share = 0.708"))


@pytest.mark.parametrize("text", ["", "[scenario]\n", "scenario = 1\n", "[[scenario]]\n"])
def test_a_file_without_its_tables_is_refused(text: str) -> None:
    with pytest.raises(Unplayable, match=r"^line 1: "):
        reading.parse(text)


def test_what_is_not_toml_is_refused_with_its_line() -> None:
    with pytest.raises(Unplayable, match=r"^line 3: not TOML"):
        reading.parse("[scenario]\nname = 'x'\nusers = = 1\n")


@pytest.mark.parametrize("number", ["9" * 5_000, "[" * 3_000, "1e999999"])
def test_a_number_or_nesting_without_end_is_refused(number: str) -> None:
    with pytest.raises(Unplayable):
        reading.parse(STORY.replace("210_000_000", number))


def test_tables_that_would_not_fit_are_refused_with_their_size() -> None:
    classes = ", ".join(f'{{ id = "c{one}", share = 0.0625 }}' for one in range(16))
    wallets = "".join(f'  {{ id = "w{one}", pc = 0.0, share = 0.5 }},\n' for one in range(3))
    shops = "".join(
        f'  {{ id = "s{one}", share = 0.001, accepts = ["card"] }},\n' for one in range(40)
    )
    large = STORY.replace('  { id = "cod"', wallets + '  { id = "cod"')
    large = large.replace('  { id = "others"', shops + '  { id = "others"')
    large = large.replace("share = 0.105", "share = 0.065")
    large = large.replace("event = [", f"people = [{classes}]\nevent = [", 1)
    with pytest.raises(Unplayable, match=r"[\d,]+ chances a day: 2048 kinds of people at 53"):
        reading.parse(large)


def test_a_file_too_large_or_not_text(tmp_path: Path) -> None:
    large = tmp_path / "large.toml"
    large.write_text(STORY + "#" * reading.MOST_BYTES, "utf-8")
    with pytest.raises(Unplayable, match="larger than"):
        reading.load(large)
    with pytest.raises(Unplayable, match="larger than"):
        reading.load(Path("/dev/zero"))
    large.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Unplayable, match="UTF-8"):
        reading.load(large)


@pytest.mark.parametrize(
    ("kind", "one", "most"),
    [
        ("tell", '{ say = "%d", value = "hhi(1)" }', scenario.MOST_FACTS),
        ("variant", '{ id = "v%d" }', scenario.MOST_VARIANTS),
        ("fact", '{ id = "f%d", quote = "", test = "hhi(1) > 1" }', scenario.MOST_FACTS),
        ("event", '{ day = 1, type = "cap", subsidy = %d }', scenario.MOST_EVENTS),
        ("calibrate", '{ vary = "model.habit", moment = "hhi(%d)", equals = 1 }',
         scenario.MOST_CALIBRATED),
    ],
)  # fmt: skip
def test_lists_without_end_are_refused_with_their_length(kind: str, one: str, most: int) -> None:
    more = "".join(f"  {one % place},\n" for place in range(most))
    many = STORY.replace(f"\n{kind} = [\n", f"\n{kind} = [\n{more}", 1)
    with pytest.raises(Unplayable, match=rf"^line \d+: \d+ of these; at most {most}") as caught:
        reading.parse(many)
    assert len(caught.value.problems) == 1


def test_too_many_wallets_are_refused_with_the_number() -> None:
    more = "".join(f'  {{ id = "w{one}", pc = 0.0, share = 0.5 }},\n' for one in range(5))
    with pytest.raises(Unplayable, match="make 256 sets of wallets"):
        reading.parse(STORY.replace('  { id = "cod"', more + '  { id = "cod"'))


def test_a_path_names_one_value() -> None:
    file = reading.parse(STORY)
    changed = file.changed({"model.habit": 1.5, "event[1].goodwill": 0.1})
    assert (changed.scenario.model.habit, file.scenario.model.habit) == (1.5, 2.0)
    for path in ("event[99].goodwill", "model.nothing.more", "1+1", "event[x]"):
        with pytest.raises(Unplayable):
            file.changed({path: 1.0})
    with pytest.raises(paths.NoSuchPath):
        paths.steps("a b")


def test_a_variant_changes_what_it_says_and_no_more() -> None:
    file = reading.parse(STORY)
    alone = file.variant("merger_alone_no_network").scenario
    assert [event.id for event in alone.market.event] == ["merger", "douyin"]
    assert alone.model.network == 0
    with pytest.raises(Unplayable, match="no variant is called"):
        file.variant("nobody")


def test_an_expression_too_long_or_too_deep_is_refused() -> None:
    for text in ("1+" * 5_000 + "1", "(" * 900 + "1" + ")" * 900):
        with pytest.raises(NotAQuestion):
            facts.compiled(text)
