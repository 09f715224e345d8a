"""Probes: one question to the target and a pure parser of its answer, each in its own file."""
