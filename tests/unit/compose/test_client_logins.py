"""With what a service logs in to a database, whatever stands in its variables."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.deploy.compose.client_logins import client_logins
from gonogo.deploy.compose.databases import databases
from tests.unit.database_stack import stack


@settings(max_examples=60)
@given(text=st.text(max_size=60))
def test_no_value_is_too_strange_to_be_read(text):
    (one,) = databases(stack({}), {})
    for value in (text, f"mongodb://{text}", f"mongodb://root:{text}@db/x", f"mongodb://{text}@db"):
        for login in client_logins({"A": value, "DB_HOST": value}, one):
            assert login.raw
