"""Files that `agentkit new` writes; `{name}` and `{agent}` are filled in."""
