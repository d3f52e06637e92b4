"""Notebooks as programs: executed, recorded, replayed by pytest, and written as pages."""
