"""testinfra's host over our connection, and the nouns that are asked of it: ``host.memory.available``."""
