"""The fault campaign: ``python -m tests.faults --runs 200 --seed 1``; prints each run, and a table."""

from __future__ import annotations

import argparse
import contextlib
import os
import queue
import random
import signal
import sys
import tempfile
import threading
from pathlib import Path

from tests.faults import table
from tests.faults.campaign import Campaign, Outcome, Scenario, scenarios
from tests.faults.stage import stage
from tests.lab.secrecy import watched_arguments

ROUND = 0.25
"""Seconds between two looks at the list of processes."""


def main() -> int:
    """Run the campaign; returns 0 where everything held in every run, else 1."""
    options = _options()
    print(
        f"seed {options.seed}: `python -m tests.faults --runs {options.runs} --seed {options.seed}`",
        flush=True,
    )
    left = scenarios(options.seed, options.runs)[options.skip :]
    chosen = [one for one in left if _wanted(one, options)]
    waiting: queue.SimpleQueue[Scenario] = queue.SimpleQueue()
    for one in chosen:
        waiting.put(one)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _drained(waiting))
    found: list[Outcome] = []
    with watched_arguments(ROUND) as arguments:
        hosts = [
            threading.Thread(target=_play, args=(number, waiting, found, arguments, len(chosen)))
            for number in range(options.hosts)
        ]
        for each in hosts:
            each.start()
        for each in hosts:
            each.join()
    print(table.drawn(found))
    return 0 if len(found) == len(chosen) and not any(one.wrong for one in found) else 1


def _drained(waiting: queue.SimpleQueue[Scenario]) -> None:
    """Let no further run begin; those under way end, and their hosts are removed."""
    print("to be ended: the runs under way are the last", flush=True)
    with contextlib.suppress(queue.Empty):
        while True:
            waiting.get_nowait()


def _play(
    number: int,
    waiting: queue.SimpleQueue[Scenario],
    found: list[Outcome],
    arguments: set[str],
    many: int,
) -> None:
    name = f"t-campaign-{os.getpid()}-{number}"
    while not waiting.empty():
        # Where something went wrong, the next run begins on a new host: it must not pay for it.
        with (
            tempfile.TemporaryDirectory(prefix="gonogo-faults-") as folder,
            stage(name, Path(folder)) as made,
        ):
            campaign, well = Campaign(made, arguments), True
            while well and not waiting.empty():
                try:
                    scenario = waiting.get_nowait()
                except queue.Empty:
                    return
                found.append(campaign.run(scenario))
                well = not found[-1].wrong
                print(table.line(found[-1], len(found), many), flush=True)


def _wanted(scenario: Scenario, options: argparse.Namespace) -> bool:
    return options.fault in ("", scenario.fault) and options.step in ("", scenario.step)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--runs", type=int, default=200, help="how many runs (default: 200)")
    parser.add_argument(
        "--seed", type=int, default=random.randrange(1_000_000), help="the seed; by default any"
    )
    parser.add_argument(
        "--skip", type=int, default=0, help="how many of those runs are left out at the begin, as done before"
    )
    parser.add_argument("--hosts", type=int, default=1, help="how many hosts are harmed side by side")
    parser.add_argument("--fault", default="", help="only this fault of those runs")
    parser.add_argument("--step", default="", help="only this step of those runs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
