"""Rules of lint: body."""
