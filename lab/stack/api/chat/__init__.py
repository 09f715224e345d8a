"""The chat application's API."""

VERSION = "1.0.0"
