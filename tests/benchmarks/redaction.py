"""The benchmark of redaction: python -m tests.benchmarks.redaction [--runs N]. Ratios of one run.

A megabyte of a log, in which the same few secrets stand, is hidden by who knows them alone and by who knows
many more: what it costs must not grow with the number of values.
"""

from __future__ import annotations

import argparse
import base64
import random
import string
import sys
import time

from gonogo.deploy.redaction.redactor import MARK, Redactor

FEW, MANY, SIZE = 20, 2_000, 1_000_000
BAR = 1.5
"""The most that it may take with MANY values, as a multiple of FEW."""
LETTERS = string.ascii_letters + string.digits + "-_$!&%/+="


def main() -> int:
    """Measure and print; exit status 1 when the bar is not held."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.redaction", description="Redaction.")
    parser.add_argument("--runs", type=int, default=9, help="runs of each, of which the median counts")
    runs = parser.parse_args().runs
    chance = random.Random(1)
    values = ["".join(chance.choices(LETTERS, k=24)) for _ in range(MANY)]
    text = log(chance, values[:FEW])
    few, many = (seconds(Redactor(values[:number]), text, runs) for number in (FEW, MANY))
    begun = time.process_time()
    Redactor(values)("any text")
    print(f"to learn {MANY} values, once: {time.process_time() - begun:.3f} s")
    held = many / few <= BAR
    print(f"to hide them in 1 MB: {FEW} values take {few:.3f} s, {MANY} values {many:.3f} s")
    print(f"{many / few:.2f} x, at most {BAR} x: {'held' if held else 'NOT HELD'}")
    return 0 if held else 1


def log(chance: random.Random, values: list[str]) -> str:
    """Return lines of a log, a few of which hold one of the values, plain or in base64."""
    words = ["".join(chance.choices(string.ascii_lowercase, k=chance.randint(2, 9))) for _ in range(3_000)]
    lines, size = [], 0
    while size < SIZE:
        said = " ".join(chance.choices(words, k=12))
        lines.append(f"2026-11-30T04:00:00 INFO {said} id={chance.getrandbits(128):032x}")
        size += len(lines[-1]) + 1
    for number, value in enumerate(values):
        lines[number * 100] += f" password={value}"
        lines[number * 100 + 50] += f" Basic {base64.b64encode(f'ada:{value}'.encode()).decode()}"
    return "\n".join(lines)


def seconds(hide: Redactor, text: str, runs: int) -> float:
    """Return the median of the seconds of processor time; raises SystemExit where not all was hidden."""
    if hide(text).count(MARK) != 2 * FEW:
        raise SystemExit("not all that is known was hidden")
    taken = []
    for _ in range(runs):
        begun = time.process_time()
        hide(text)
        taken.append(time.process_time() - begun)
    return sorted(taken)[runs // 2]


if __name__ == "__main__":
    sys.exit(main())
