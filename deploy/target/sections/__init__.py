"""The tables of a target file: what each holds, in which units, and what is refused."""
