"""Rules of lint: fields."""
