"""The end of a run: what never started is cleared away, the end journalled, the lock given back."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence

from gonogo.deploy.errors import ConnectionFailed, GonogoError
from gonogo.deploy.release.journal import END
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.steps.report_step import Ended
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step
from gonogo.deploy.target import target_file
from gonogo.deploy.target.target import Target

AGAIN_S = 5.0
"""Seconds for which it is tried to open the connection anew: the run is over, and somebody waits."""
PAUSE_S = 0.5


def undo(run: Run, steps: Sequence[Step]) -> None:
    """Undo steps, the last one first; raises GonogoError where something stays on the target."""
    run.untidy = True
    for step in reversed(steps):
        try:
            step.undo(run)
        except ConnectionFailed:
            if not reconnected(run):
                raise
            step.undo(run)
    run.untidy = False


def undo_after(run: Run, steps: Sequence[Step]) -> None:
    """Undo the steps of a run that failed before anything was changed; what stays is a note."""
    try:
        undo(run, steps)
    except GonogoError as error:
        on = f"; run `gonogo resume {target_file.called(run.target)}`" if run.journal else ""
        run.note(f"what {run.version} left could not be removed: {error}{on}")


def part(run: Run, ended: Ended) -> None:
    """Journal how a run ended and give its lock back, the line up or up again; what fails is a note.

    A run that left something, which ``clear`` could not remove, is not over, so ``gonogo resume`` finds it
    without an end in the journal. Where services are half replaced, a lost connection is not opened anew:
    until somebody resumes, the lock keeps others from deploying over that.
    """
    wrong = _left(run, ended)
    with contextlib.suppress(KeyboardInterrupt):  # an interrupt costs the second try, not the report
        if wrong and not run.untidy and not _half_done(run, ended) and reconnected(run):
            wrong = _left(run, ended)
    for told in wrong:
        run.note(told)


def _left(run: Run, ended: Ended) -> list[str]:
    """Leave the target, and return what failed, in words; what was done once may be done again."""
    wrong = []
    if run.journal and not run.untidy:
        try:
            run.journal.write(END, ended.verdict, ended.summary)
        except GonogoError as error:
            wrong.append(f"the journal on the target could not be written: {error}")
    if run.lock:
        try:
            run.lock.give_back(untouched=run.journal is None)
        except GonogoError as error:
            on = f"run `gonogo unlock {target_file.called(run.target)}`"
            wrong.append(f"the lock could not be removed: {error}; {on}")
    return wrong


def reconnected(run: Run) -> bool:
    """Open the connection anew where it was lost, for the cleanup alone; returns whether that was done.

    Not where the line is still down, and not where the lock is another's by now: so is what was left. The
    journal and the lock go on over it; the answers so far do not, for they are of before.
    """
    lost, lock = run.connection, run.lock
    if not lost.lost or lock is None:
        return False
    found = _opened(run)
    try:
        ours = found is not None and lock.is_ours(found)
    except GonogoError:
        ours = False
    if found is None or not ours:
        if found:
            found.close()
        return False
    lost.close()
    run.connection_ = lock.connection = found
    if run.journal:
        run.journal.connection = found
    run.note("the connection was lost; it was opened once more, to leave nothing behind on the target")
    return True


def _opened(run: Run) -> Connection | None:
    deadline = time.monotonic() + AGAIN_S
    while True:
        try:
            transcript = run.connection.transcript
            return Connection.open(_briefly(run.target), redact=run.redactor, transcript=transcript)
        except GonogoError:
            if time.monotonic() >= deadline:
                return None
            time.sleep(PAUSE_S)


def _half_done(run: Run, ended: Ended) -> bool:
    return ended.verdict == "rollback-failed" or (ended.verdict == "interrupted" and bool(run.switched))


def _briefly(target: Target) -> Target:
    limits = target.thresholds
    seconds = min(limits.connect_timeout_s, AGAIN_S)
    return target.model_copy(update={"thresholds": limits.model_copy(update={"connect_timeout_s": seconds})})
