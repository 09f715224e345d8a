"""The runner: deploy, plan, rollback and resume as lists of steps.

What fails before the switch is undone, the last step first; what fails in it or after it converges back to
what ran before, which is verified.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.progress import Progress
from gonogo.deploy.release import history, lock, records
from gonogo.deploy.release.history import JournalledRun
from gonogo.deploy.release.versions import BACK, RESUMED, Taken
from gonogo.deploy.steps.adopt import Adopt
from gonogo.deploy.steps.backup import MakeBackup
from gonogo.deploy.steps.baseline import TakeBaseline
from gonogo.deploy.steps.build import Build
from gonogo.deploy.steps.choose_goal import ChooseGoal
from gonogo.deploy.steps.driver import carry_out, connect, new_run, under_lock, work
from gonogo.deploy.steps.finish import Finish
from gonogo.deploy.steps.foresee import Confirm, Foresee
from gonogo.deploy.steps.plan_way import PlanWay
from gonogo.deploy.steps.preflight import Preflight
from gonogo.deploy.steps.report_step import INTERRUPTED, Ended
from gonogo.deploy.steps.restore_proof import ProveBackup
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step
from gonogo.deploy.steps.suites import Refused
from gonogo.deploy.steps.switch import Switch
from gonogo.deploy.steps.take_over import Clear, TakeOver
from gonogo.deploy.steps.transfer import Transfer
from gonogo.deploy.steps.trial_start import TrialStart
from gonogo.deploy.steps.unused_version import UnusedVersion
from gonogo.deploy.steps.verify import Verify
from gonogo.deploy.steps.watch import Watch
from gonogo.deploy.steps.way_back import GoBack
from gonogo.deploy.steps.write_release import WriteRelease
from gonogo.deploy.target.target import Target
from gonogo.reports.model import Release

Steps = tuple[Step, ...]
PREPARE: Steps = (
    Build(),
    Adopt(),
    Transfer(),
    TakeBaseline(),
    MakeBackup(),
    ProveBackup(),
    Watch(),
    WriteRelease(),
    TrialStart(),
)
"""What a deployment does after preflight and before anything runs differently."""
CHANGE: Steps = (Switch(), Verify())
PLAN: Steps = (UnusedVersion(), Preflight(), Foresee())


def of_deploy(confirm: Callable[[], bool] | None) -> Steps:
    """Return the steps of a deployment."""
    return (UnusedVersion(), Preflight(), Confirm(confirm), *PREPARE, *CHANGE, Finish())


def of_rollback(to: str) -> Steps:
    """Return the steps of a rollback; ``to``: the release to go to, else the one before."""
    return (ChooseGoal(to), Watch(), TakeBaseline(), PlanWay(), TrialStart(), *CHANGE)


def of_resume(last: JournalledRun) -> Steps:
    """Return the steps that bring a run to its end which was cut off: clear it, go on, or go on back."""
    if not last.switched:
        return (Clear(last, PREPARE),)
    return (TakeOver(last), *((GoBack(),) if last.back else (PlanWay(), *CHANGE)))


def deploy(  # noqa: PLR0913  each is a choice of the caller's alone
    target: Target,
    progress: Progress,
    *,
    skip_build: bool = False,
    strict: bool = False,
    version: str = "",
    confirm: Callable[[], bool] | None = None,
    published: Path,
) -> Release:
    """Deploy what lies in the target's ``source`` and return the record, whose report is published.

    Raises Taken where ``version`` is on the target already; every other failure that a user can fix is a
    verdict with an exit code (see the command line's help). The target is untouched unless the preflight
    suite passed. ``strict``: warnings are errors. ``version``: by default that of what lies there; with
    ``skip_build`` the images that were built as it are taken. ``confirm``: asked once, after preflight and
    when the plan was shown.
    """
    run = new_run(target, progress, skip_build=skip_build, strict=strict, version=version)
    return carry_out(run, partial(under_lock, work=partial(work, steps=of_deploy(confirm))), published)


def plan(  # noqa: PLR0913  as above
    target: Target,
    progress: Progress,
    *,
    skip_build: bool = False,
    strict: bool = False,
    version: str = "",
    published: Path,
) -> Release:
    """Run preflight and tell what ``deploy`` would do; returns the record, whose report is published.

    Nothing is locked, built, sent or written on the target. Its exit code is 0 for go and 1 for no-go.
    """
    run = new_run(target, progress, skip_build=skip_build, strict=strict, version=version)
    return carry_out(run, _foreseen, published, away=False)


def rollback(target: Target, progress: Progress, *, to: str = "", published: Path) -> Release:
    """Go back to the release before the one that runs, or to ``to``, and return the record.

    Configuration, env file and images are that release's; only what differs is replaced; no data is touched.
    Where it fails, what ran before is started again.
    """
    run = new_run(target, progress, version=f"{BACK}{records.now():%Y%m%d-%H%M%S}")
    return carry_out(run, partial(under_lock, work=partial(work, steps=of_rollback(to))), published)


def resume(target: Target, progress: Progress, *, published: Path) -> Release:
    """Bring a run that was cut off to its end, and return the record.

    Where nothing was changed yet, what it left is removed. Where services were being replaced, the rest of
    them is; where it was on its way back, it goes on back. What fails goes back.
    """
    run = new_run(target, progress, version=f"{RESUMED}{records.now():%Y%m%d-%H%M%S}")
    return carry_out(run, _resumed, published)


def _foreseen(run: Run) -> Ended:
    try:
        connect(run)
        return work(run, PLAN)
    except KeyboardInterrupt:
        return Ended("interrupted", INTERRUPTED, "interrupted; nothing was touched")
    except Taken:
        raise
    except GonogoError as error:
        return Ended("no-go", Refused.exit_code, f"{error}; nothing was touched")


def _resumed(run: Run) -> Ended:
    """Take over the lock of a run that is dead, and bring it to its end."""
    try:
        connect(run)
        last = history.unfinished(history.runs(run.connection, run.target))
        held = run.host.lock(str(run.target.deploy_path)).held
        if held and held.dead:
            # Without a run in the journal it is that of one which changed nothing: then all is done with it.
            lock.remove(run.connection, run.target)
            run.note(f"{'took over' if last else 'removed'} the lock: {held.told}")
    except Refused as error:
        return Ended("no-go", error.exit_code, f"{error}; nothing was touched")
    except GonogoError as error:
        return Ended("failed-unchanged", GonogoError.exit_code, f"{error}; nothing was changed")
    return under_lock(run, partial(_rest, last=last))


def _rest(run: Run, last: JournalledRun | None) -> Ended:
    if last is None:
        raise GonogoError("nothing to resume: the last run on this target came to its end")
    return work(run, of_resume(last))
