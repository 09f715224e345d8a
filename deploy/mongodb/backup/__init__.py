"""Backups: how one is made, where it is kept, and how it is read."""
