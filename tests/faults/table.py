"""What a campaign found, as text: a line for each run, and a table of faults by steps."""

from __future__ import annotations

from collections.abc import Sequence

from tests.faults.campaign import BACK, STEPS, Outcome

COLUMNS = (*STEPS, *BACK)
WIDTH = 9


def line(outcome: Outcome, number: int, many: int) -> str:
    """Return one run in one line, and what was wrong in lines below it."""
    verdict = "WRONG" if outcome.wrong else "holds" if outcome.hit or not outcome.scenario.step else "missed"
    told = (
        f"{number}/{many} {verdict} {outcome.seconds:.0f} s, gap {outcome.gap:.1f} s: {outcome.scenario.told}"
    )
    return "\n".join([f"{told} → {', '.join(outcome.statuses)}", *(f"    {one}" for one in outcome.wrong)])


def drawn(outcomes: Sequence[Outcome]) -> str:
    """Return the table: in each cell the runs in which all held, of all runs, ``.`` for none.

    Below it: how many runs there were, in how many all held, and how many faults came after the runner's end.
    """
    faults = sorted({one.scenario.fault for one in outcomes})
    wide = max([len(name) for name in faults], default=0)
    lines = [" " * wide + "".join(f" {_short(step):>{WIDTH}}" for step in ("the run", *COLUMNS))]
    for fault in faults:
        cells = [
            _cell([one for one in outcomes if one.scenario.fault == fault and _at(one, s)])
            for s in ("", *COLUMNS)
        ]
        lines.append(f"{fault:<{wide}}" + "".join(f" {cell:>{WIDTH}}" for cell in cells))
    held = sum(not one.wrong for one in outcomes)
    late = sum(bool(one.scenario.step) and not one.hit for one in outcomes)
    lines.append(
        f"{held} of {len(outcomes)} runs held everything; in {late} the fault came after the runner's end"
    )
    return "\n".join(lines)


def _at(outcome: Outcome, step: str) -> bool:
    return outcome.scenario.step == step


def _cell(found: Sequence[Outcome]) -> str:
    return f"{sum(not one.wrong for one in found)}/{len(found)}" if found else "."


def _short(step: str) -> str:
    return step.replace("verify after rollback", "verify b.").replace("restore proof", "proof")[:WIDTH]
