"""What a scenario file may hold: the market, its people, and what happens on which day.

Rates are per day, half-lives in days, shares are fractions of all users, utilities are in logits.
A wallet without a number for a terminal does not work there. See docs/market/scenarios.md.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct, field

MOST_PLATFORMS: Final = 64
MOST_OPTIONAL_WALLETS: Final = 6
MOST_DAYS: Final = 3_660
MOST_USERS: Final = 2_000_000_000
MOST_PEOPLE: Final = 16
MOST_EVENTS: Final = 1_000
MOST_VARIANTS: Final = 100
MOST_FACTS: Final = 200
MOST_CALIBRATED: Final = 10
MOST_SEED: Final = 2**63 - 1
# Chances in the table of a day: eight bytes each, in a few copies.
MOST_TABLE: Final = 10_000_000
TERMINALS: Final = ("pc", "mobile")


class Strict(Struct, frozen=True, forbid_unknown_fields=True):
    """A misspelt key is refused, never forgotten."""


class About(Strict, frozen=True):
    """How many people, for how long. The days are 1 to `days`."""

    name: str
    users: int
    days: int
    seed: int = 1


class Model(Strict, frozen=True):
    """The law's parameters; docs/market/model.md has the equations."""

    visit_rate: float
    mobile: float = 0.0
    habit: float = 0.0
    network: float = 0.0
    presence_half_life: float = 30.0
    goodwill_half_life: float = 60.0
    boycott_cost: float = 0.0
    boycott_wallet: float = 0.0
    forgive: float = 0.0
    contagion: float = 0.0
    wallet_scale: float = 1.0
    subsidy_effect: float = 1.0


class Wallet(Strict, frozen=True):
    """`share` of the users hold it; the others enrol at rate p + q × (share who hold it)."""

    id: str
    share: float
    pc: float | None = None
    mobile: float | None = None
    group: str = ""
    p: float = 0.0
    q: float = 0.0


class Platform(Strict, frozen=True):
    """Where people buy. The shares before the story add up to one."""

    id: str
    share: float
    accepts: tuple[str, ...]
    group: str = ""


class People(Strict, frozen=True):
    """A class of people with a taste of its own: logits added to platforms."""

    id: str
    share: float
    taste: Mapping[str, float] = {}


class Event(Strict, frozen=True, tag_field="type"):
    """Something that happens on the morning of `day`. `quote` is the line of the story it plays."""

    day: int
    quote: str = ""
    id: str = ""


class Ban(Event, tag="ban", frozen=True, kw_only=True):
    """Platforms stop taking a wallet; some of the users are outraged at a group."""

    wallet: str
    platforms: tuple[str, ...]
    outrage: float = 0.0
    target: str = ""


class Suspend(Event, tag="suspend", frozen=True, kw_only=True):
    """As a ban, said more politely."""

    wallet: str
    platforms: tuple[str, ...]
    outrage: float = 0.0
    target: str = ""


class Adopt(Event, tag="adopt", frozen=True, kw_only=True):
    """Platforms begin to take a wallet, which people may like them for."""

    wallet: str
    platforms: tuple[str, ...]
    goodwill: float = 0.0


class Outrage(Event, tag="outrage", frozen=True, kw_only=True):
    """A share of those who were calm begin to boycott a group."""

    target: str
    share: float


class Merge(Event, tag="merge", frozen=True, kw_only=True):
    """Platforms become one, as appealing as all of them together or as they were on average."""

    platforms: tuple[str, ...]
    into: str
    appeal: Literal["sum", "average"] = "sum"


class Enter(Event, tag="enter", frozen=True, kw_only=True):
    """A new platform. An appeal of 0 is the mean of those there were at the start."""

    platform: str
    accepts: tuple[str, ...]
    group: str = ""
    appeal: float = 0.0


class Exit(Event, tag="exit", frozen=True, kw_only=True):
    """A platform closes; its people have no habit any more."""

    platform: str


class Subsidy(Event, tag="subsidy", frozen=True, kw_only=True):
    """Platforms give an amount with every purchase, each until its budget is spent."""

    platforms: tuple[str, ...]
    amount: float
    budget: float


class Cap(Event, tag="cap", frozen=True, kw_only=True):
    """From now on nobody gives more than this with a purchase."""

    subsidy: float


class Quality(Event, tag="quality", frozen=True, kw_only=True):
    """A platform becomes better or worse."""

    platform: str
    amount: float


class Terminal(Event, tag="terminal", frozen=True, kw_only=True):
    """A wallet begins to work on phones."""

    wallet: str
    mobile: float


class Transfer(Event, tag="transfer", frozen=True, kw_only=True):
    """A platform goes over to another group."""

    platform: str
    group: str


Happening = (
    Ban | Suspend | Adopt | Outrage | Merge | Enter | Exit | Subsidy | Cap | Quality | Terminal
    | Transfer
)  # fmt: skip


class Calibrate(Strict, frozen=True):
    """A parameter, by its path, is varied until a moment has its given value."""

    vary: str
    moment: str
    equals: float
    low: float = 0.0
    high: float = 10.0
    quote: str = ""


class Variant(Strict, frozen=True):
    """The same story with other values at some paths, or without some events, by their ids."""

    id: str
    set: Mapping[str, Any] = {}
    without: tuple[str, ...] = ()


class Fact(Strict, frozen=True):
    """Something the story says, and an expression over outputs that is true when the lab agrees."""

    id: str
    quote: str
    test: str
    given: bool = False


class Tell(Strict, frozen=True):
    """A number that the report tells, whatever it is: an expression over outputs."""

    say: str
    value: str


class Market(Strict, frozen=True):
    """Everything that has names."""

    wallet: tuple[Wallet, ...]
    platform: tuple[Platform, ...]
    people: tuple[People, ...] = (People("everybody", 1.0),)
    event: tuple[Happening, ...] = ()
    calibrate: tuple[Calibrate, ...] = ()
    variant: tuple[Variant, ...] = ()
    fact: tuple[Fact, ...] = ()
    tell: tuple[Tell, ...] = ()


class Scenario(Strict, frozen=True):
    """A whole file. Read it with `sim.reading.load`, which also checks it."""

    about: About = field(name="scenario")
    model: Model
    market: Market
