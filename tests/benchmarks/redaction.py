"""The benchmark of redaction: python -m tests.benchmarks.redaction [--runs N]. Ratios of one run.

A megabyte of a log with secrets in as many places is hidden by who knows a few values and by who knows many:
once with the same few in the log, once with each of the many. What it costs must not grow with their number.
"""

from __future__ import annotations

import argparse
import base64
import random
import string
import sys
import time
from collections.abc import Callable
from urllib.parse import quote

from gonogo.deploy.redaction.redactor import MARK, Redactor

FEW, MANY, SIZE = 20, 2_000, 1_000_000
PLACES = 2 * MANY
"""Where the log has a value: plainly, in base64, and quoted for a URL, in turn."""
BAR = 1.5
"""The most that it may take with MANY values, as a multiple of FEW."""
WAYS: list[Callable[[str], str]] = [
    " password={}".format,
    lambda value: f" Basic {base64.b64encode(f'ada:{value}'.encode()).decode()}",
    lambda value: f" /login?key={quote(value, safe='')}&to=/",
]
LETTERS = string.ascii_letters + string.digits + "-_$!&%/+="


def main() -> int:
    """Measure and print; exit status 1 when the bar is not held."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.redaction", description="Redaction.")
    parser.add_argument("--runs", type=int, default=9, help="runs of each, of which the median counts")
    runs = parser.parse_args().runs
    chance = random.Random(1)
    values = ["".join(chance.choices(LETTERS, k=24)) for _ in range(MANY)]
    few_values, all_values = log(chance, values[:FEW]), log(chance, values)
    few = seconds(Redactor(values[:FEW]), few_values, runs)
    begun = time.process_time()
    hide = Redactor(values)
    hide("any text")
    print(f"to learn {MANY} values, once: {time.process_time() - begun:.3f} s")
    begun = time.process_time()
    hide(all_values)
    print(f"to hide them for the first time: {time.process_time() - begun:.3f} s")
    many, every = seconds(hide, few_values, runs), seconds(hide, all_values, runs)
    print(
        f"to hide {FEW} values in 1 MB, {PLACES} places: {few:.3f} s; with {MANY} values known: {many:.3f} s"
    )
    print(f"to hide {MANY} values in 1 MB, {PLACES} places: {every:.3f} s")
    held = max(many, every) / few <= BAR
    print(f"{many / few:.2f} x and {every / few:.2f} x, at most {BAR} x: {'held' if held else 'NOT HELD'}")
    return 0 if held else 1


def log(chance: random.Random, values: list[str]) -> str:
    """Return lines of a log, of which PLACES hold one of the values."""
    words = ["".join(chance.choices(string.ascii_lowercase, k=chance.randint(2, 9))) for _ in range(3_000)]
    lines: list[str] = []
    size = 0
    while size < SIZE:
        said = " ".join(chance.choices(words, k=12))
        number = len(lines)
        if number < PLACES:
            said += WAYS[number % len(WAYS)](values[number % len(values)])
        lines.append(f"2026-11-30T04:00:00 INFO {said} id={chance.getrandbits(128):032x}")
        size += len(lines[-1]) + 1
    return "\n".join(lines)


def seconds(hide: Redactor, text: str, runs: int) -> float:
    """Return the median of the seconds of processor time; raises SystemExit where not all was hidden."""
    if hide(text).count(MARK) != PLACES:
        raise SystemExit("not all that is known was hidden")
    taken = []
    for _ in range(runs):
        begun = time.process_time()
        hide(text)
        taken.append(time.process_time() - begun)
    return sorted(taken)[runs // 2]


if __name__ == "__main__":
    sys.exit(main())
