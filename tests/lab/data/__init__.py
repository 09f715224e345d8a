"""The checks of data, room and backups, on one host with their real faults."""
