# Two commands are enough: `make run` shows the gateway at work, `make test` proves it.  `make check` is for all day.
VENV := .venv
PY := $(VENV)/bin/python
# a file a worker, in the order of tests/conftest.py; two for each core, for tests of servers wait a lot
WORKERS := -n $(shell expr $$(nproc) \* 2) --dist loadfile --no-loadscope-reorder

.PHONY: run test check lint fast lock clean

run:            ## set up what is missing, then run the gateway with its samples until Ctrl-C
	@sh setup.sh run
	@$(VENV)/bin/mugai demo

test:           ## install what tests need, then all tests (clamd, LibreOffice and fault injection included)
	@sh setup.sh test
	@$(PY) -m pytest $(WORKERS)

check: lint fast ## ruff, mypy --strict and the fast tests

lint:
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy

fast:
	@$(PY) -m pytest $(WORKERS) -m "not slow"

lock:           ## renew the lock files from pyproject.toml
	@$(PY) -m pip install -q uv
	@$(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url -o requirements.lock pyproject.toml
	@$(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --extra dev -o requirements-dev.lock pyproject.toml
	@echo bonsai | $(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url -c requirements-dev.lock -o requirements-ldap.lock -

clean:          ## remove the virtual environment and the demo's state
	@rm -rf $(VENV) var
