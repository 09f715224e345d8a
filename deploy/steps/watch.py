"""The watch: the stack is asked all the time while it changes, for how long it was away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gonogo.deploy.availability import prober
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step


class Watch(Step):
    """Watch the stack from here on; the runner ends that with the run."""

    def do(self, run: Run) -> None:
        """Begin; how the stack answered is in the record when it ends."""
        run.open.enter_context(watched(run))


@contextmanager
def watched(run: Run) -> Iterator[None]:
    """Ask the stack all the time within; how it answered is in the record then."""
    with prober.watching(run.connection, run.target) as watch:
        run.watch = watch
        try:
            yield
        finally:
            run.record.availability = watch.prober.stop()
