"""Rules of lint: description."""
