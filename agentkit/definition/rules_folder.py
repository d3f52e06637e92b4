"""Rules of lint: folder."""
