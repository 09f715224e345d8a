"""The command line: each module holds the commands of one kind, ``app`` puts them together."""
