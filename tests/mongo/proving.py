"""A proof that has to be refused."""

from __future__ import annotations

from gonogo.deploy.mongodb.restore import proof
from gonogo.deploy.mongodb.restore.proof import Proof
from tests.mongo.kept import Kept


def refused(kept: Kept) -> Proof:
    """The proof of what is damaged, which has to be kept beside it too."""
    found = proof.prove(kept.release, kept.found())
    assert not found.proved and found.differences
    assert proof.load(kept.release.connection, str(kept.made.folder)) == found
    return found
