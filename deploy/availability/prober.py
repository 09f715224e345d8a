"""The prober: asks the stack all the time while a release is made, so that its absence is measured."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from gonogo.deploy.availability.http_probe import Aim, ask, of_health, of_public
from gonogo.deploy.availability.samples import Sample, Samples, slot_length
from gonogo.deploy.errors import ConnectionFailed
from gonogo.deploy.host.http import DEFAULT_PORTS
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target
from gonogo.reports.model import Availability

PAUSE_S = 0.2
"""Seconds between an answer and the next request where no rate is given: a guest that costs a small server
next to nothing, and the less the slower it answers."""
CROWD = 32
"""Unanswered requests beyond which only every second is sent, beyond twice as many every fourth, and so on: a
stack that hangs must not use up the connection's channels, and its return must still be seen at once."""
MOST_THINNED = 6
LOOK_S = 0.05
PATIENCE_S = 5.0
"""Seconds that the end waits for the thread, which the lookup of a name can hold up."""
GONE = "the connection to the target ended, and with it the watch"


class Prober:
    """Asks the URLs of a target in a thread of its own from ``start`` until ``stop``."""

    def __init__(self, connection: Connection, target: Target) -> None:
        self._connection, self._target = connection, target
        self._rate = target.availability.rate
        self._notes: list[str] = []
        self._samples: list[Samples] = []
        self._changed: float | None = None
        self._begun = self._ended = 0.0
        self._thread: threading.Thread | None = None
        self._over, self._leaving = threading.Event(), threading.Event()
        self._file: Path | None = None

    def start(self) -> None:
        """Begin to ask; a way there that cannot be had is a note, never an error."""
        self._begun = time.monotonic()
        try:
            aims = [] if self._rate == 0 else self._aims()
        except ConnectionFailed as error:
            aims = []
            self._notes.append(self._connection.redact(f"not watched: {error}"))
        self._samples = [Samples(self._connection.redact(aim.url)) for aim in aims]
        if aims:
            self._thread = threading.Thread(target=self._run, args=(aims,), daemon=True, name="gonogo-prober")
            self._thread.start()
        elif not self._notes:
            self._notes.append(
                "not watched: rate is 0"
                if self._rate == 0
                else "not watched: the target file names no endpoint"
            )

    def changing(self) -> None:
        """Note that from now on the release changes what runs; only the first call counts."""
        if self._changed is None and self._begun:
            self._changed = time.monotonic() - self._begun

    def leave(self, file: Path) -> None:
        """Ask every URL only until it answers well, since its health is judged now.

        ``file``: what was seen is written there, now and when the last URL was left.
        """
        file.write_text(self.snapshot().model_dump_json())
        self._file = file
        self._leaving.set()

    def back(self) -> None:
        """Ask again as before."""
        self._leaving.clear()
        self._file = None

    def snapshot(self) -> Availability:
        """Return what was seen so far; may be called from any thread, at any time."""
        until = (self._ended or time.monotonic()) - self._begun if self._begun else 0.0
        slot_s = slot_length(until)
        return Availability(
            rate=self._rate,
            seconds=round(until, 3),
            changed_at=None if self._changed is None else round(self._changed, 3),
            slot_s=slot_s,
            settled=all(sample.left for sample in self._samples),
            urls=[sample.answered(until, self._changed, slot_s) for sample in self._samples],
            notes=list(self._notes),
        )

    def stop(self) -> Availability:
        """End and return what was seen; what is not answered by then does not count. May be called again."""
        self._over.set()
        if self._thread:
            self._thread.join(PATIENCE_S)
        self._ended = self._ended or time.monotonic()
        return self.snapshot()

    def _aims(self) -> list[Aim]:
        public = self._target.availability.public_urls
        if public:
            return [of_public(url) for url in public]
        aims = []
        for endpoint in self._target.health:
            parts = urlsplit(endpoint.url)
            port = self._connection.forward_port(
                parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
            )
            aims.append(of_health(endpoint, port, forwarded=self._target.host != "local"))
        return aims

    def _run(self, aims: list[Aim]) -> None:
        try:
            asyncio.run(self._watch(aims))
        except Exception as error:  # noqa: BLE001  a watch that ends must not end the release
            self._notes.append(f"the watch ended by a fault of gonogo's own ({type(error).__name__})")
            self._ended = time.monotonic()

    async def _watch(self, aims: list[Aim]) -> None:
        context = _context() if any(aim.secure for aim in aims) else None
        while not self._over.is_set():
            if self._rate and not self._leaving.is_set():
                await self._steadily(aims, self._rate, context)
            else:
                both = zip(aims, self._samples, strict=True)
                await asyncio.gather(*(self._visit(aim, samples, context) for aim, samples in both))

    async def _visit(self, aim: Aim, samples: Samples, context: ssl.SSLContext | None) -> None:
        """Ask a URL, one request at a time, until it has to be asked steadily or the watch is over."""
        while not self._over.is_set() and (self._leaving.is_set() or not self._rate):
            if samples.left and not self._leaving.is_set():
                samples.back(time.monotonic() - self._begun)
            if samples.left:
                await asyncio.sleep(LOOK_S)
                continue
            await self._once(aim, samples, context)
            if self._leaving.is_set() and samples.well:
                self._left(samples)
            await asyncio.sleep(PAUSE_S)
        if samples.left and not self._over.is_set():
            samples.back(time.monotonic() - self._begun)

    def _left(self, samples: Samples) -> None:
        samples.leave(time.monotonic() - self._begun)
        seen, file = self.snapshot(), self._file
        if seen.settled and file:
            whole = file.with_suffix(".whole")
            whole.write_text(seen.model_dump_json())
            whole.replace(file)

    async def _steadily(self, aims: list[Aim], rate: int, context: ssl.SSLContext | None) -> None:
        """Send so many requests a second, whether or not the last ones were answered."""
        waiting: set[asyncio.Task[None]] = set()
        begun, due, sent = time.monotonic(), 0, 0
        while not self._over.is_set() and not self._leaving.is_set():
            left = begun + due / rate - time.monotonic()
            if left > 0:
                await asyncio.sleep(min(left, LOOK_S))
                continue
            if due % (1 << min(len(waiting) // CROWD, MOST_THINNED)) == 0:
                place = sent % len(aims)
                task = asyncio.create_task(self._once(aims[place], self._samples[place], context))
                waiting.add(task)
                task.add_done_callback(waiting.discard)
                sent += 1
            # What this machine was too busy to send is left out, not sent all at once.
            due = max(due + 1, int((time.monotonic() - begun) * rate))
        while waiting and not self._over.is_set():
            await asyncio.wait(waiting, timeout=LOOK_S)

    async def _once(self, aim: Aim, samples: Samples, context: ssl.SSLContext | None) -> None:
        at = time.monotonic()
        error, gone = await ask(aim, context)
        now = time.monotonic()
        if gone:
            self._break_off()
        elif not self._over.is_set():
            samples.taken.append(Sample(at - self._begun, now - at, error))

    def _break_off(self) -> None:
        """End because the way to the target is gone: what came after the last answer tells nothing of it."""
        if self._over.is_set():
            return
        self._over.set()
        self._notes.append(GONE)
        last = max(
            (sample.ended for s in self._samples for sample in s.taken if not sample.error), default=0.0
        )
        for samples in self._samples:
            samples.taken[:] = [sample for sample in samples.taken if sample.ended <= last]
        self._ended = self._begun + last


def _context() -> ssl.SSLContext:
    """Return what judges certificates, by the authorities that health endpoints are always judged by."""
    from requests.utils import DEFAULT_CA_BUNDLE_PATH  # noqa: PLC0415  it takes long, and few need it

    return ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)


class Watch:
    """A stack that is being watched; ``result`` is there when the watch is over."""

    def __init__(self, prober: Prober) -> None:
        self.prober = prober
        self.result: Availability | None = None

    def changing(self) -> None:
        """Note that the release begins to change what runs."""
        self.prober.changing()

    def snapshot(self) -> Availability:
        """Return what was seen so far."""
        return self.prober.snapshot()

    @contextlib.contextmanager
    def leaving(self, file: Path) -> Iterator[None]:
        """Leave every URL within as soon as it answers well, and ask on where what is done there fails.

        ``file``: what was seen is written there, at first and when the last URL was left.
        """
        self.prober.leave(file)
        try:
            yield
        except BaseException:
            self.prober.back()
            raise


@contextlib.contextmanager
def watching(connection: Connection, target: Target) -> Iterator[Watch]:
    """Watch the stack within; afterwards, however it ended, ``result`` of what this gives is set."""
    watch = Watch(Prober(connection, target))
    watch.prober.start()
    try:
        yield watch
    finally:
        watch.result = watch.prober.stop()
