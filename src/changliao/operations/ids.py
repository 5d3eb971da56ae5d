"""The source of ids of one process."""

import threading

from changliao.core.clock import Clock
from changliao.core.ids import block_end, following


class Ids:
    """Ids of one node, rising, from a clock. `last` is the newest id the node made before."""

    def __init__(self, node: int, clock: Clock, last: int = 0) -> None:
        self.node = node
        self._clock = clock
        self._last = last
        self._lock = threading.Lock()

    def new(self) -> int:
        """The next id."""
        return self.take(1)

    def take(self, count: int) -> int:
        """The first of `count` ids in a row; core.ids.block gives them all."""
        with self._lock:
            first = following(self._last, self.node, self._clock())
            self._last = block_end(first, count)
        return first

    def skip(self, last: int) -> None:
        """Never give an id up to and with this one."""
        with self._lock:
            self._last = max(self._last, last)
