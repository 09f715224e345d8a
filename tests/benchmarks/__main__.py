"""The benchmark of preflight: python -m tests.benchmarks [--quick]. Ratios of one run, beside its peers.

The floor is all commands of the suite in one fresh ssh call, one after the other. The suite does more:
pytest, health endpoints, MongoDB, git and Compose on this machine are in its time and not in the floor's.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from lab import demo, host
from tests.benchmarks import line
from tests.benchmarks.line import Line
from tests.lab.chat import Chat

NAME = "bench"
BARS = {(50, "first"): 2.0, (50, "tenth"): 2.0, (0, "first"): 2.0, (0, "tenth"): 2.0}
"""The most that a run may take, as a multiple of the floor, by round trip in ms."""
ALIKE = 1.1
"""The most that a first run may take as a multiple of the tenth."""


def main() -> int:
    """Measure and print; exit status 1 when a bar is not held."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description="Preflight and its peers."
    )
    parser.add_argument("--quick", action="store_true", help="two round trips, no slow peers")
    parser.add_argument("--runs", type=int, default=5, help="runs of each, of which the median counts")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-") as place:
        folder = Path(place)
        chat = Chat.up(NAME, folder)
        try:
            chat.release("v1")
            if chat.deploy().returncode != 0:
                raise SystemExit(chat.outputs[-2])
            demo.seed(NAME)
            trips = (0, 50) if given.quick else (0, 20, 50, 100)
            rows = [row for rtt in trips for row in measure(chat, folder, rtt, given.runs, given.quick)]
        finally:
            host.down(NAME)
    return judged(rows)


def measure(
    chat: Chat, folder: Path, rtt_ms: int, runs: int, quick: bool
) -> list[tuple[int, str, float, float]]:
    """Return (round trip, what, seconds, ratio to the floor) for every way of asking."""
    with line.line(chat.made, chat.source, folder, rtt_ms) as at:
        line.note(at)
        found = {
            "floor": line.seconds(lambda: line.one_call(at), runs),
            "floor, all together": line.seconds(lambda: line.one_call(at, together=True), runs),
            "first": line.seconds(lambda: line.first(at), runs),
            "tenth": line.seconds(lambda: line.preflight(at), 10, last=runs),
        }
        with line.master(at) as environment:
            found["master open"] = line.seconds(lambda: line.preflight(at, environment), runs)
            work = sorted(line.busy(lambda: line.preflight(at, environment)) for _ in range(runs))[runs // 2]
        if not quick:
            found |= peers(at)
        count = len(at.questions())
    print(f"round trip {rtt_ms} ms, {count} commands")
    for what, seconds in found.items():
        print(f"  {what:<22}{seconds:7.2f} s  {seconds / found['floor']:6.2f} x", flush=True)
    cores = os.cpu_count() or 1
    print(
        f"  with the master open {work:.2f} s of work for {cores} processors: at least {work / cores:.2f} s,"
        f" {work / cores / found['floor']:.2f} x"
    )
    return [(rtt_ms, what, seconds, seconds / found["floor"]) for what, seconds in found.items()]


def peers(at: Line) -> dict[str, float]:
    """Return the seconds of the tools that people use."""
    return {
        "single ssh calls": line.seconds(lambda: line.single_calls(at), 1),
        "testinfra as it comes": line.seconds(lambda: line.testinfra(at), 1),
        "Ansible, pipelining": line.seconds(lambda: line.ansible(at), 1),
    }


def judged(rows: list[tuple[int, str, float, float]]) -> int:
    """Print each bar and whether it is held; return the exit status."""
    held = True
    seconds = {(rtt, what): taken for rtt, what, taken, _ in rows}
    for rtt in sorted({rtt for rtt, *_ in rows}):
        ratio = seconds[rtt, "first"] / seconds[rtt, "tenth"]
        held = held and ratio <= ALIKE
        print(f"first at {rtt} ms: {ratio:.2f} x the tenth: {'held' if ratio <= ALIKE else 'NOT HELD'}")
    for rtt, what, _, ratio in rows:
        if bar := BARS.get((rtt, what)):
            held = held and ratio <= bar
            verdict = "held" if ratio <= bar else "NOT HELD"
            print(f"{what} at {rtt} ms: {ratio:.2f} x the floor, at most {bar} x: {verdict}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
