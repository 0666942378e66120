# make run    set up, then draw workflows/text_to_image.json into out/
# make test   set up, then run every test
# make check  formatting, lint, types, import contracts, architecture
#
# PYTHON chooses the interpreter (3.11 or later). Set-up happens once: .venv/.installed is its stamp.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
CODE := conftest.py core nodes plugins tests tools benchmarks
BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help run test check clean

help:
	@sed -n '1,/^$$/s/^# *//p' Makefile

run: $(INSTALLED)
	@$(BIN)/calotype run workflows/text_to_image.json -o out

test: $(INSTALLED)
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile

check: $(INSTALLED)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/architecture

clean:
	rm -rf .venv out

# torch first and alone: with a constraint its build (CPU or CUDA) is the one that pip's own configuration prefers.
# The extra `upscale` without its torchvision: only two of spandrel's architectures call it, and the registry's build
# of it fits the CUDA build of torch alone; beside another it breaks transformers.
$(INSTALLED): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed; name one with: make PYTHON=/path/to/python" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt torch
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	$(BIN)/python -m pip install --quiet -c constraints.txt --no-deps einops spandrel
	@touch $@
