"""What a release reserves of the memory."""

from __future__ import annotations

from gonogo.checks.preflight.test_memory import reserved
from tests.unit.stacks import container, model


def test_only_what_is_new_needs_the_memory_that_it_reserves() -> None:
    stack = model(
        api={"image": "a", "mem_reservation": "1000", "scale": 3},
        db={"image": "b", "deploy": {"resources": {"reservations": {"memory": "500"}}}},
        web={"image": "c"},
    )
    assert reserved(stack, []) == {"api": 3000, "db": 500}
    assert reserved(stack, [container("api"), container("db")]) == {"api": 2000}
    assert reserved(stack, [container("db", status="exited")]) == {"api": 3000, "db": 500}
