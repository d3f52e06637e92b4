"""The definition file: read as the real loader reads it, written without touching what was not edited, linted."""
