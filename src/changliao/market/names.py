"""Who is who: platforms, their groups on a day, methods and terminals, as figures label them."""

from collections.abc import Mapping

from msgspec import Struct

from changliao.core import ids
from changliao.core.market import ABSENT, OTHERS, Dimension
from changliao.store.engine import Reader
from changliao.store.views import acceptance, market, mergers, parties, platforms

# How figures call what has no id of its own.
OTHERS_KEY = "others"
ABSENT_KEY = "absent"


class Label(Struct, frozen=True, order=True):
    """What a figure is about: `key` for programs, `name` for people."""

    key: str
    name: str


class Names(Struct, frozen=True):
    """`groups` are (from day, name) of each platform in order; a merged platform is its heir's.

    `keys` are what programs call platforms that are in no network. `merchants` sell without one.
    """

    platforms: Mapping[int, str]
    heirs: Mapping[int, tuple[int, int]]
    groups: Mapping[int, tuple[tuple[int, str], ...]]
    methods: Mapping[int, Label]
    terminals: Mapping[int, Label]
    keys: Mapping[int, str] = {}
    merchants: Mapping[int, str] = {}

    def platform(self, platform_id: int) -> Label:
        """A platform as it was when people bought there."""
        if platform_id == OTHERS:
            return Label(OTHERS_KEY, OTHERS_KEY)
        if platform_id == ABSENT:
            return Label(ABSENT_KEY, ABSENT_KEY)
        key = self.keys.get(platform_id) or ids.show("mch", platform_id)
        name = self.platforms.get(platform_id) or self.merchants.get(platform_id, "?")
        return Label(key, name)

    def group(self, platform_id: int, day: int) -> Label:
        """The group of a platform on a day: the one named last, else its heir's, else itself."""
        if platform_id in (OTHERS, ABSENT):
            return self.platform(platform_id)
        named = [name for since, name in self.groups.get(platform_id, ()) if since <= day]
        if named:
            return Label(named[-1], named[-1])
        heir_id, since = self.heirs.get(platform_id, (0, 0))
        return self.group(heir_id, day) if heir_id and since <= day else self.platform(platform_id)

    def label(self, dimension: Dimension, number: int) -> Label:
        """A platform, method or terminal by its number."""
        if dimension is Dimension.PLATFORM:
            return self.platform(number)
        known = self.methods if dimension is Dimension.METHOD else self.terminals
        return known.get(number, Label(f"{number}", f"{number}"))


def read(reader: Reader, chinese: bool = False) -> Names:
    """Everybody who is known by now."""
    groups: dict[int, tuple[tuple[int, str], ...]] = {}
    for one in market.groups(reader):
        groups[one.platform_id] = (*groups.get(one.platform_id, ()), (one.from_day, one.name))
    known = platforms.platforms(reader)
    return Names(
        {one.merchant_id: one.name for one in known},
        mergers.heirs(reader),
        groups,
        {
            one.id: Label(one.code, one.name_zh if chinese else one.name_en)
            for one in acceptance.methods(reader)
        },
        {
            one.id: Label(one.code, one.name_zh if chinese else one.name_en)
            for one in acceptance.terminals(reader)
        },
        merchants=parties.names(reader),
    )
