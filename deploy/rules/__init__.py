"""Rules: pure conditions that checks state, apart from how their facts are asked."""
