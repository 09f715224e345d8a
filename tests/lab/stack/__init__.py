"""The checks of the stack's folder, files, environment and names, on one host with their real faults."""
