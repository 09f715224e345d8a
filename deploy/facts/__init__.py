"""All that is known of one target in one run, each thing asked when it is first needed."""

from __future__ import annotations

from gonogo.deploy.facts.release import ReleaseFacts
from gonogo.deploy.facts.stack import Resolved, resolve

__all__ = ["Facts", "Resolved", "resolve"]


class Facts(ReleaseFacts):
    """The facts of a target: of the stack, its images, its data and the release."""
