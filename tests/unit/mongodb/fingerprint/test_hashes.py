"""The server's own hashes of collections, and of their restored copies."""

from __future__ import annotations

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.fingerprint.hashes import alike


def test_a_copy_that_could_not_be_hashed_is_neither_good_nor_bad() -> None:
    assert alike("a", {"a": "1"}, {"a": "1"})
    assert not alike("a", {"a": "1"}, {"a": "2"})
    assert not alike("a", {}, {"a": "2"})
    with pytest.raises(GonogoError, match="the restored collection a could not be hashed by its server"):
        alike("a", {"a": "1"}, {})
