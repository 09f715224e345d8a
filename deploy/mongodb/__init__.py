"""The stack's MongoDB: how it is reached, backed up, proved, restored and compared."""
