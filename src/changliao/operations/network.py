"""The network as a door sees it: perform a command, read a view.

`perform` awaits the committer; `read` runs a view on a connection of its own. Watchers learn in
this process that an order changed; another process's changes they find by looking again.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, TypeVarTuple, cast

from changliao.core.clock import SECOND, Clock, Instant
from changliao.core.orders import Order
from changliao.core.outcome import Reason, Refused
from changliao.core.sandbox import RuleKind
from changliao.operations.challenges import Challenges
from changliao.operations.clock import MovableClock, ahead_us
from changliao.operations.committer import Committer, Ticket
from changliao.operations.directory import Directory
from changliao.operations.downloads import Downloads
from changliao.operations.ids import Ids
from changliao.operations.invitations import Invitations
from changliao.operations.key_uses import KeyUses
from changliao.operations.links import Links
from changliao.operations.openids import Openids
from changliao.operations.operation import Operation
from changliao.operations.secrets import Secrets
from changliao.operations.vault import Vault
from changliao.store.acceptance import ACCEPTANCES
from changliao.store.channels import CHANNELS
from changliao.store.engine import Engine, Reader
from changliao.store.events import EVENTS
from changliao.store.members import MEMBERS
from changliao.store.orders import ORDERS
from changliao.store.parties import APPS, KEYS, MERCHANTS, PARTNERSHIPS
from changliao.store.sandbox import RULES
from changliao.store.unit import UnitOfWork

C = TypeVar("C")
R = TypeVar("R")
P = ParamSpec("P")
Ts = TypeVarTuple("Ts")
_READERS: Final = 4
_DIRECTORY_TABLES: Final = (ACCEPTANCES, CHANNELS, MEMBERS, MERCHANTS, APPS, KEYS, PARTNERSHIPS)


class Network:
    """One process's part of the network. Make it, `start` it in a running loop, `close` it."""

    def __init__(self, engine: Engine, clock: Clock, vault: Vault, node: int) -> None:
        self.engine = engine
        self.clock = clock
        # Signatures tell real time, also where a sandbox's clock was moved.
        self.real_clock = clock.real if isinstance(clock, MovableClock) else clock
        self._moved = asyncio.Event()
        self.vault = vault
        self.ids = Ids(node, clock)
        self.secrets = Secrets(vault)
        self.links = Links(vault)
        self.invitations = Invitations(vault)
        self.downloads = Downloads(vault)
        self.openids = Openids(vault)
        self.challenges = Challenges(vault)
        self.directory = Directory(clock)
        self.key_uses = KeyUses()
        self.committer = Committer(engine, clock, self.ids, self._deliver, self._observe)
        self.events_waiting = asyncio.Event()
        self._gathered: list[Ticket] = []
        self._reading: list[tuple[asyncio.Future[Any], Callable[[Reader], Any]]] = []
        self._pool = ThreadPoolExecutor(_READERS, "reader")
        self._watchers: dict[int, set[asyncio.Event]] = {}
        self._placed: Callable[[Order], None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Begin to take commands. Raises Unavailable when the database cannot be reached."""
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self.committer.start)
        await self.follow_clock()

    async def close(self) -> None:
        """Finish what was accepted, then stop."""
        await asyncio.to_thread(self.committer.close)
        self._pool.shutdown()
        self.engine.close()

    async def perform(self, operation: Operation[C, R], command: C) -> R | Refused:
        """Perform a command once it is durable, or say that too many wait.

        Raises what the operation raised: a bug, and nothing was changed.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[R | Refused] = loop.create_future()
        ticket = Ticket(operation, command, answer)
        if not self.engine.embedded:
            return await answer if self.committer.submit(ticket) else Refused(Reason.BUSY)
        if not self.committer.has_room(len(self._gathered)):
            return Refused(Reason.BUSY)
        self._turn_over(loop)
        self._gathered.append(ticket)
        return await answer

    def _turn_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """See that what this turn of the loop gathers is looked after at its end."""
        if not self._gathered and not self._reading:
            loop.call_soon(self._end_of_turn)

    def _end_of_turn(self) -> None:
        """Commit the turn's commands, here or in the committer's thread; then read for it at once.

        Beginning to read costs an embedded database more than most reads do.
        """
        batch, self._gathered = self._gathered, []
        reading, self._reading = self._reading, []
        if batch and not self.committer.commit_here(batch):
            batch = [ticket for ticket in batch if not self.committer.submit(ticket)]
            for ticket in batch:
                ticket.outcome = Refused(Reason.BUSY)
        _answer(batch)
        if reading:
            self._read_all(reading)

    def _read_all(self, reading: list[tuple[asyncio.Future[Any], Callable[[Reader], Any]]]) -> None:
        try:
            with self.committer.reader() as reader:
                for answer, view in reading:
                    _read_for(answer, view, reader)
        except Exception as error:  # nobody could read: everybody hears of it
            for answer, _ in reading:
                if not answer.done():
                    answer.set_exception(error)

    async def read(
        self, view: Callable[Concatenate[Reader, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """A view of what is committed. Raises Unavailable."""
        if not self.engine.embedded:
            return await self.in_thread(lambda: self._read(view, *args, **kwargs))
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[R] = loop.create_future()
        self._turn_over(loop)
        self._reading.append((answer, lambda reader: view(reader, *args, **kwargs)))
        return await answer

    async def report(
        self, view: Callable[Concatenate[Reader, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """A view that takes long, always beside the loop. Raises Unavailable."""
        return await self.in_thread(lambda: self._read(view, *args, **kwargs))

    async def snapshot(
        self, view: Callable[Concatenate[Reader, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """A view that takes long and whose reads all see one moment. Raises Unavailable."""

        def read() -> R:
            with self.engine.snapshot() as reader:
                return view(reader, *args, **kwargs)

        return await self.in_thread(read)

    async def look_up(self, view: Callable[[Reader, *Ts], R], *args: *Ts) -> R:
        """A view of merchants, members, apps, keys or partnerships, at most a second old."""
        key = (view, args)
        kept = self.directory.peek(key)
        if kept is not None:
            return cast(R, kept[1])
        answer = await self.read(view, *args)
        self.directory.keep(key, answer)
        return answer

    async def in_thread(self, work: Callable[[], R]) -> R:
        """Something slow, such as hashing a PIN, beside the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def watch(self, order_id: int) -> asyncio.Event:
        """An event that is set whenever this process changes the order; `unwatch` it."""
        event = asyncio.Event()
        self._watchers.setdefault(order_id, set()).add(event)
        return event

    def unwatch(self, order_id: int, event: asyncio.Event) -> None:
        """Stop watching."""
        watching = self._watchers.get(order_id, set())
        watching.discard(event)
        if not watching:
            self._watchers.pop(order_id, None)

    def hear_orders(self, listener: Callable[[Order], None] | None) -> None:
        """Tell one listener, in the loop, of every order this process takes; None: nobody."""
        self._placed = listener

    async def until(self, moment: Instant) -> None:
        """Wait until the network's clock shows this moment."""
        while (missing := moment - self.clock()) > 0:
            await self.rest(missing / SECOND)

    async def rest(self, seconds: float) -> None:
        """Sleep, but wake when a sandbox's clock is moved."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._moved.wait()

    async def follow_clock(self) -> None:
        """Show the time that the sandbox's clock was moved to, by whichever process."""
        if isinstance(self.clock, MovableClock):
            self._set_clock(await self.read(ahead_us))

    def _set_clock(self, ahead: int) -> None:
        clock = self.clock
        if not isinstance(clock, MovableClock) or ahead <= clock.ahead_us:
            return
        clock.ahead_us = ahead
        self.events_waiting.set()
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def _read(
        self, view: Callable[Concatenate[Reader, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        with self.engine.reader() as reader:
            return view(reader, *args, **kwargs)

    def _deliver(self, batch: list[Ticket]) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(_answer, batch)

    def _observe(self, tx: UnitOfWork) -> None:
        if any(tx.changes(table) for table in _DIRECTORY_TABLES):
            self.directory.forget()
        loop = self._loop
        if loop is None:
            return
        if any(
            before is None or after.next_at <= self.clock() for before, after in tx.changes(EVENTS)
        ):
            loop.call_soon_threadsafe(self.events_waiting.set)
        for _, rule in tx.changes(RULES):
            if rule.kind is RuleKind.CLOCK:
                loop.call_soon_threadsafe(self._set_clock, int(rule.body))
        if self._placed is not None:
            for before, after in tx.changes(ORDERS):
                if before is None:
                    loop.call_soon_threadsafe(self._placed, after)
        if self._watchers:
            changed = [after.id for _, after in tx.changes(ORDERS) if after.id in self._watchers]
            if changed:
                loop.call_soon_threadsafe(self._wake, changed)

    def _wake(self, order_ids: list[Any]) -> None:
        for order_id in order_ids:
            for event in self._watchers.get(order_id, ()):
                event.set()


def _read_for(answer: asyncio.Future[Any], view: Callable[[Reader], Any], reader: Reader) -> None:
    if answer.done():
        return
    try:
        answer.set_result(view(reader))
    except Exception as error:  # it is the caller's to hear of
        answer.set_exception(error)


def _answer(batch: list[Ticket]) -> None:
    for ticket in batch:
        answer = ticket.answer
        if answer.done():
            continue
        if ticket.fault is not None:
            answer.set_exception(ticket.fault)
        else:
            answer.set_result(ticket.outcome)
