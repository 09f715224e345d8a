"""Docker Compose: its command line, its files, and the model that it resolves them to."""
