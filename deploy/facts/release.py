"""The facts of the release: what git says here, what is recorded there, whether the stack answers."""

from __future__ import annotations

from deploy.facts.data import DataFacts


class ReleaseFacts(DataFacts):
    """What is asked about the release that would be made and the one that runs."""
