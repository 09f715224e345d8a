"""The target file: its tables, where it lies, and how one is drafted."""
