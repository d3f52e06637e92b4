"""Rules of lint: load."""
