"""A local port that leads to another one over a line: slow, narrow, stalled, cut or spoilt on demand."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Coroutine
from typing import Any, Self

CHUNK = 65536
CHUNKS_IN_A_NARROW_LINE = 16
SPOILT = 1000  # bytes that a piece has at least which is spoilt: one of a stream, not of a word
CHUNKS_UNDERWAY = 1024  # what a line may hold, each way; beyond it, its sender waits
Underway = asyncio.Queue[tuple[float, bytes]]


class Relay:
    """A line to ``port`` of this machine that delays each byte by ``delay_s`` seconds, each way.

    ``bytes_per_s``: what each connection passes at most, each way; None for as much as there is. ``passed``:
    the bytes that went to the far end so far, of all connections; ``came``: those that came from there.
    A context manager: within it ``self.port`` takes connections; at its end every connection is closed and
    none is taken any more. A connection that the far end refuses is closed at once.
    """

    def __init__(self, port: int, delay_s: float = 0.0, bytes_per_s: float | None = None) -> None:
        self.port = 0
        self.passed = self.came = 0
        self._to, self._delay_s, self._bytes_per_s = port, delay_s, bytes_per_s
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._cut = self._spoil = False
        self._lines: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def stall(self) -> None:
        """Pass nothing on any more; bytes already handed to the kernel arrive. Connections stay open."""
        self._do(self._let(False))

    def resume(self) -> None:
        """Pass on again, what came meanwhile first."""
        self._do(self._let(True))

    def cut(self) -> None:
        """End every connection at once, and take none until ``fix``."""
        self._do(self._sever())

    def fix(self) -> None:
        """Take connections again, and spoil nothing that was not spoilt yet."""
        self._cut = self._spoil = False

    def slow(self, delay_s: float) -> None:
        """Delay what comes from now on by ``delay_s`` seconds, each way."""
        self._delay_s = delay_s

    def spoil(self) -> None:
        """Change one byte on its way to the far end, in the next piece of a stream."""
        self._spoil = True

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self) -> None:
        self._flowing.set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        await self._sever()

    async def _sever(self) -> None:
        self._cut = True
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    async def _let(self, flow: bool) -> None:
        if flow:
            self._flowing.set()
        else:
            self._flowing.clear()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:  # it came in while the relay closed, or the line is cut
            writer.transport.abort()
            return
        line = asyncio.create_task(self._connect(reader, writer))
        self._lines.add(line)
        line.add_done_callback(self._lines.discard)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        try:
            with contextlib.suppress(OSError):
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
                ends.append(far_writer)
                await self._join(self._pass(reader, far_writer, True), self._pass(far_reader, writer))
                for end in ends:
                    end.close()
                    await end.wait_closed()
        finally:
            for end in ends:
                end.transport.abort()

    async def _join(self, *directions: Coroutine[Any, Any, None]) -> None:
        """Wait for both directions; a broken one ends the other, as it ends a TCP connection."""
        passing = [asyncio.create_task(each) for each in directions]
        try:
            await asyncio.gather(*passing)
        finally:
            for each in passing:
                each.cancel()
            await asyncio.gather(*passing, return_exceptions=True)

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, away: bool = False
    ) -> None:
        # A narrow line holds little: else its sender would be told that all is on its way.
        size = CHUNKS_UNDERWAY if self._bytes_per_s is None else CHUNKS_IN_A_NARROW_LINE
        underway: Underway = asyncio.Queue(size)
        await self._join(self._read(reader, underway), self._write(writer, underway, away))

    async def _read(self, reader: asyncio.StreamReader, underway: Underway) -> None:
        while True:
            data = await reader.read(CHUNK)
            await underway.put((time.monotonic() + self._delay_s, data))
            if not data:
                return

    async def _write(self, writer: asyncio.StreamWriter, underway: Underway, away: bool) -> None:
        free = 0.0
        while True:
            due, data = await underway.get()
            if self._bytes_per_s is not None:
                # The last byte of a piece leaves when all before it have; what was not used is not saved up.
                free = due = max(free, due) + len(data) / self._bytes_per_s
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await self._flowing.wait()
            self.passed += len(data) if away else 0
            self.came += 0 if away else len(data)
            if away and self._spoil and len(data) >= SPOILT:
                self._spoil, middle = False, len(data) // 2
                data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
            if not data:
                writer.write_eof()
                return
            writer.write(data)
            await writer.drain()
