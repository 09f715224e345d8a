"""Fingerprints: every document and index of a database as a digest, and what two of them differ in."""
