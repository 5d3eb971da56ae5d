"""The committer: many commands, one transaction.

One thread takes everything that waits, performs it against one unit of work and commits it once.
It never waits for more: a lone command leaves at once, and under load batches grow by themselves.
A refusal or a fault costs only its own command; a lost race or a lost connection costs a retry of
the whole batch, which is safe because every command names what it makes.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any, Final

from msgspec import Struct

from changliao.core.clock import Clock
from changliao.core.outcome import Reason, Refused
from changliao.operations.ids import Ids
from changliao.operations.operation import Operation
from changliao.store import journal
from changliao.store.acceptance import ACCEPTANCES
from changliao.store.engine import Conflict, Engine, Reader, Session, Unavailable, Work
from changliao.store.known import Known
from changliao.store.ledger import ACCOUNTS
from changliao.store.limits import SPENDINGS
from changliao.store.orders import ORDERS
from changliao.store.platforms import STORES
from changliao.store.risk import CLEARANCES, MEMORIES, RULEBOOKS
from changliao.store.unit import Index, UnitOfWork, as_row

MOST_WAITING: Final = 4_096
MOST_IN_BATCH: Final = 1_024
ATTEMPTS: Final = 8
_RETRY_S: Final = 0.01
# When batches make the caller's thread wait longer than this for the disk on the average, the next
# ones go to the committer's own thread for a while: the caller has other things to do. Single long
# waits say little: every disk has some, and others use this machine.
_WAIT_HERE_S: Final = 0.001
_LONGEST_S: Final = 4 * _WAIT_HERE_S
_AVERAGED: Final = 32
_AWAY_S: Final = 1.0
# Rules, stores, what people spent until today and what risk rules remember of them: an order asks
# for them, and few have any.
_SELDOM_CHANGED: Final = (ACCEPTANCES, STORES, SPENDINGS, RULEBOOKS, MEMORIES, CLEARANCES)
_log = logging.getLogger("changliao.commands")


class Faulted(Exception):
    """A command failed with a bug; what the batch did until then is forgotten."""


class Ticket:
    """A command on its way, and what came of it: an outcome, or an exception if it had a bug."""

    __slots__ = ("answer", "command", "fault", "operation", "outcome", "since")

    def __init__(self, operation: Operation[Any, Any], command: Any, answer: Any) -> None:
        self.operation = operation
        self.command = command
        self.answer = answer
        self.outcome: Any = None
        self.fault: Exception | None = None
        self.since = time.perf_counter()


class Tally(Struct):
    """What the committer has done, for metrics: outcomes by operation, batches, retries."""

    outcomes: Counter[tuple[str, str]]
    batches: int = 0
    retries: int = 0


class Committer:
    """Owns the writing session. `deliver` gets each batch's tickets when they are answered.

    `observe` sees the unit of work of every batch that was committed, in the committer's thread.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        ids: Ids,
        deliver: Callable[[list[Ticket]], None],
        observe: Callable[[UnitOfWork], None],
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._ids = ids
        self._deliver = deliver
        self._observe = observe
        self._waiting: SimpleQueue[Ticket | None] = SimpleQueue()
        self._closing = False
        self._session: Session | None = None
        self._chain: journal.Chain | None = None
        self._known = Known((ACCOUNTS, ORDERS, *_SELDOM_CHANGED)) if engine.embedded else None
        # Whoever holds the turn may use the session: the thread, or the caller of `commit_here`.
        self._turn = threading.Lock()
        self._away_until = 0.0
        self._usual_wait_s = 0.0
        self.tally = Tally(Counter())
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)

    def start(self) -> None:
        """Begin to work. Raises Unavailable when the database cannot be reached."""
        self.connect()
        self._thread.start()

    def submit(self, ticket: Ticket) -> bool:
        """Queue a command; False when too many wait. What is not queued is not kept."""
        if not self.has_room(0):
            return False
        self._waiting.put(ticket)
        return True

    def has_room(self, beside: int) -> bool:
        """May one more wait, when so many wait elsewhere?"""
        return not self._closing and self._waiting.qsize() + beside < MOST_WAITING

    def commit_here(self, batch: list[Ticket]) -> bool:
        """Commit in the caller's thread, if nothing stands in the way; False: nothing was done.

        An embedded database commits in less time than it takes to hand a batch to the thread and
        back. What waits already, another process that writes, a slow disk, a fault or a lost race
        are the thread's to deal with: it may wait and try again.
        """
        if self._closing or self._waiting.qsize() or time.monotonic() < self._away_until:
            return False
        if not self._turn.acquire(blocking=False):
            return False
        waiting_s = time.monotonic() - time.thread_time()
        try:
            self._attempt(batch, wait=False)
        except Exception as error:
            _log.debug("left to the thread: %s", error)
            self._forget()
            return False
        finally:
            self._turn.release()
        self._account(batch, 1)
        self._judge_wait(time.monotonic() - time.thread_time() - waiting_s)
        return True

    def _judge_wait(self, waited_s: float) -> None:
        self._usual_wait_s += (min(waited_s, _LONGEST_S) - self._usual_wait_s) / _AVERAGED
        if self._usual_wait_s > _WAIT_HERE_S:
            self._away_until = time.monotonic() + _AWAY_S
            self._usual_wait_s = 0.0

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """Where a point read costs least: the session whose pages are warm, while it is free."""
        session = self._session
        if session is None or not self._turn.acquire(blocking=False):
            with self._engine.reader() as reader:
                yield reader
            return
        try:
            with session.reading():
                yield session
        finally:
            self._turn.release()

    def close(self) -> None:
        """Finish what waits, then stop."""
        self._closing = True
        self._waiting.put(None)
        if self._thread.is_alive():
            self._thread.join()
        if self._session is not None:
            self._session.close()

    def _run(self) -> None:
        ticket = self._waiting.get()
        while ticket is not None:
            batch = [ticket]
            ticket = self._take(batch)
            with self._turn:
                self.commit(batch)
            self._deliver(batch)
            if ticket is batch[0]:
                ticket = self._waiting.get()

    def _take(self, batch: list[Ticket]) -> Ticket | None:
        """Fill the batch with everything that waits, up to a limit. None: it is time to stop."""
        try:
            while len(batch) < MOST_IN_BATCH:
                ticket = self._waiting.get_nowait()
                if ticket is None:
                    return None
                batch.append(ticket)
        except Empty:
            pass
        return batch[0]

    def commit(self, batch: list[Ticket]) -> None:
        """Perform and commit a batch; afterwards every ticket has its answer."""
        whole = batch
        attempt = 1
        while attempt <= ATTEMPTS:
            try:
                self._attempt(batch)
                self._account(whole, attempt)
                return
            except Faulted:
                # A bug costs its own command only: the others begin again without it.
                self._forget()
                batch = [ticket for ticket in batch if ticket.fault is None]
                continue
            except Conflict as race:
                _log.debug("lost a race: %s", race)
                self._forget()
                self.tally.retries += 1
                time.sleep(_RETRY_S * (attempt - 1))
            except Unavailable as error:
                self._forget()
                self._reconnect(attempt)
                _log.warning("database unavailable: %s", error)
            except Exception as fault:
                # Whose it is does not show, so each goes alone: the batch must not fall with one.
                self._forget()
                self._alone(batch, fault)
                return
            attempt += 1
        reason = Reason.BUSY if self._session is not None else Reason.UNAVAILABLE
        for ticket in batch:
            ticket.outcome = Refused(reason)
        self._account(whole, ATTEMPTS)

    def _alone(self, batch: list[Ticket], fault: Exception) -> None:
        if len(batch) > 1:
            for ticket in batch:
                self.commit([ticket])
        else:
            batch[0].fault = fault
            self._account(batch, 1)

    def _attempt(self, batch: list[Ticket], *, wait: bool = True) -> None:
        if self._session is None:
            self.connect()
        session = self._session
        if session is None:
            raise Unavailable("no connection")
        tx = UnitOfWork(session, self._known, self._ids.new)
        self._load(tx, session, batch, wait=wait)
        if self._chain is None:
            self._chain = journal.head(session, self._ids.node)
            # A clock that went back while nobody ran must not put new legs before old ones.
            self._ids.skip(self._chain.last_leg)
        now = self._clock()
        for ticket in batch:
            try:
                ticket.outcome = ticket.operation.run(tx, ticket.command, now)
            except (Conflict, Unavailable):
                raise
            except Exception as fault:
                ticket.fault = fault
                raise Faulted from fault
        if tx.idle():
            session.rollback()
        else:
            self._chain = journal.commit(tx, session, self._chain, self._ids.take, now)
            tx.keep(ORDERS, ((ORDERS.key(order), order) for _, order in tx.changes(ORDERS)))
            for table in _SELDOM_CHANGED:
                if fresh := tx.unknown(table):
                    tx.keep(table, fresh)
            self._observe(tx)

    def _load(self, tx: UnitOfWork, session: Session, batch: list[Ticket], *, wait: bool) -> None:
        if self._known is not None:
            session.begin([], wait=wait)
            if not session.alone:
                self._known.forget()
        wanted = tx.announce(
            place for ticket in batch for place in ticket.operation.keys(ticket.command)
        )
        work: Work = [
            (
                place.name if isinstance(place, Index) else f"{place.name}_find",
                [as_row(key) for key in keys],
            )
            for place, keys in wanted
        ]
        if self._known is None:
            loaded = session.begin(work, wait=wait)
        else:
            loaded = [session.find(name, rows) for name, rows in work]
        for (place, keys), found in zip(wanted, loaded, strict=True):
            if isinstance(place, Index):
                tx.adopt_by(place, keys, found)
            else:
                tx.adopt(place, keys, found)

    def _account(self, batch: list[Ticket], attempts: int) -> None:
        """One count for each command, and one log line when somebody reads them."""
        self.tally.batches += 1
        self.tally.outcomes.update(map(_named, batch))
        if _log.isEnabledFor(logging.DEBUG):
            for ticket in batch:
                taken_ms = (time.perf_counter() - ticket.since) * 1000
                name, outcome = _named(ticket)
                _log.debug("%s %s attempts=%d %.1fms", name, outcome, attempts, taken_ms)
        for ticket in batch:
            if ticket.fault is not None:
                _log.error("%s failed", ticket.operation.name, exc_info=ticket.fault)

    def connect(self) -> None:
        """Open the writing session; a benchmark or test then commits without the thread."""
        self._session = self._engine.session()
        self._chain = None

    def _forget(self) -> None:
        """After a failure nothing is known: neither the transaction nor the chain's end."""
        self._chain = None
        if self._known is not None:
            self._known.forget()
        if self._session is not None:
            self._session.rollback()

    def _reconnect(self, attempt: int) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
        time.sleep(_RETRY_S * 2**attempt)
        try:
            self.connect()
        except Unavailable as error:
            _log.warning("database unavailable: %s", error)


def _named(ticket: Ticket) -> tuple[str, str]:
    """The command and its outcome, as the metric counts them."""
    if ticket.fault is not None:
        return ticket.operation.name, "fault"
    outcome = ticket.outcome
    if isinstance(outcome, Refused):
        return ticket.operation.name, outcome.reason.value
    return ticket.operation.name, "done"
