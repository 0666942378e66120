# make run    set up, then draw workflows/text_to_image.json into out/
# make test   set up, then run every test
# make check  formatting, lint, types, import contracts, architecture; the editor's types, tests and built files
# make serve  set up, then open the editor: follow the printed link
# make torture  the long form of tests/faults, into benchmarks/results.md; SECONDS=300 of kills, SEED=2
#
# PYTHON chooses the interpreter (3.11 or later). Set-up happens once: .venv/.installed is its stamp.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
CODE := conftest.py core nodes plugins tests tools benchmarks
BIN := .venv/bin
INSTALLED := .venv/.installed
NODE := web/node_modules/.installed

.DEFAULT_GOAL := help
.PHONY: help run serve test torture check check-web clean browser

help:
	@sed -n '1,/^$$/s/^# *//p' Makefile

run: $(INSTALLED)
	@$(BIN)/calotype run workflows/text_to_image.json -o out

serve: $(INSTALLED)
	@$(BIN)/calotype serve

test: $(INSTALLED) browser
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder

torture: $(INSTALLED)
	@OMP_NUM_THREADS=1 $(BIN)/python benchmarks/torture.py --seconds $(or $(SECONDS),1800) --seed $(or $(SEED),1)

# no cache: it does not notice when a new module changes what a name in another file means
check: $(INSTALLED) check-web
	$(BIN)/ruff format --no-cache --check $(CODE)
	$(BIN)/ruff check --no-cache $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/architecture

# what is built is what is committed: the same sources give the same bytes
check-web: $(NODE)
	cd web && npm run --silent types
	cd web && npm run --silent lint
	cd web && npm test --silent
	cd web && npx vite build --logLevel error --outDir node_modules/.built --emptyOutDir && diff -r dist node_modules/.built

clean:
	rm -rf .venv out web/node_modules

$(NODE): web/package-lock.json
	@command -v npm >/dev/null || { echo "Node.js 20 or later with npm is needed to check the editor" >&2; exit 1; }
	cd web && npm ci --silent --no-audit --no-fund
	@touch $@

# the tests of the editor drive a real browser
browser:
	@test -n "$$CALOTYPE_BROWSER" && exit 0; \
	for b in chromium chromium-browser google-chrome; do command -v $$b >/dev/null && exit 0; done; \
	if test "$$(id -u)" = 0 && command -v apt-get >/dev/null; \
	then apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else echo "A Chromium is needed for the tests of the editor: install one, or name it with CALOTYPE_BROWSER" >&2; exit 1; fi

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
