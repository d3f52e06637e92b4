# `make lab` sets up and opens the notebook; `make test` sets up and runs every test. Both are quick the second time.

# The first Python here that runs and is new enough; `make PYTHON=… lab` names another. Version managers leave commands
# that only say which version to choose, so each is tried. Where none is new enough, python3 is left to say so.
NEW_ENOUGH = -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$p $(NEW_ENOUGH) && command -v $$p && exit; done; command -v python3)
RUN = .venv/bin
SITE = build/site

.DEFAULT_GOAL := help
.PHONY: help lab demo test check bench docs clean python

help:  ## list the commands
	@echo "usage: make COMMAND"
	@sed -n 's/^\([a-z]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 12

python:
	@test -n "$(PYTHON)" || { echo "agentkit: no Python found" >&2; \
	  echo "  type: sudo apt install python3 python3-venv   (Debian)   or: brew install python@3.13   (macOS)" >&2; exit 1; }

lab: python  ## set up and open JupyterLab on the first notebook, on the embedded model
	@"$(PYTHON)" scripts/bootstrap.py lab
	@$(RUN)/agentkit lab

demo: python  ## set up and execute the first notebook on the embedded model; table in the terminal, pages in build/
	@"$(PYTHON)" scripts/bootstrap.py lab
	@$(RUN)/agentkit demo

test: python  ## set up and run all tests and the notebooks
	@"$(PYTHON)" scripts/bootstrap.py test
	@$(RUN)/python scripts/test.py

check: python  ## ruff, format and strict types
	@"$(PYTHON)" scripts/bootstrap.py test
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy

bench: python  ## measure against the loop a user would write, as ratios
	@"$(PYTHON)" scripts/bootstrap.py test
	$(RUN)/python benchmarks/run.py

docs: python  ## build the documentation site into build/site
	@"$(PYTHON)" scripts/bootstrap.py test
	NO_MKDOCS_2_WARNING=1 $(RUN)/mkdocs build --strict --site-dir $(SITE)

clean:  ## remove the environment and everything built
	rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .hypothesis
