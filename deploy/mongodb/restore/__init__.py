"""Restores: into a throwaway server as a proof, beside the live database, or over it."""
