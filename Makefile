# Every target is one command; each makes .venv when it is missing.
PYTHON ?= python3
STUDY ?= nct04952155
OUT ?= build/$(STUDY)
RAW ?= $(OUT)/raw
SUBJECTS ?= 13
SEED ?= 1
WORKERS ?= 1
SDTM ?= $(OUT)/sdtm
CORE ?= $(TRIALKIT_CORE)
CORE_CACHE ?= $(TRIALKIT_CORE_CACHE)
PILOT ?= $(TRIALKIT_REFERENCE)/cdiscpilot01
PILOT_ADAM ?= $(TRIALKIT_REFERENCE)/adam_pilot

BIN := .venv/bin
TRIALKIT := $(BIN)/trialkit

.PHONY: help all sdtm acrf adam analyze define describe guide package conformance simulate check test test-browser lint docs site bench fuzz validate pilot pilot-adam clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

sdtm: .venv/base $(RAW) ## Build SDTM: STUDY=, RAW=, OUT=, WORKERS=
	$(TRIALKIT) sdtm specs/$(STUDY) --raw $(RAW) --out $(OUT) --workers $(WORKERS)

acrf: .venv/base $(RAW) ## Draw the annotated CRF: STUDY=, RAW=, OUT=
	$(TRIALKIT) acrf specs/$(STUDY) --raw $(RAW) --out $(OUT)/acrf.pdf

adam: .venv/base $(SDTM) ## Build ADaM: STUDY=, SDTM=, OUT=, WORKERS=
	$(TRIALKIT) adam specs/$(STUDY) --sdtm $(SDTM) --out $(OUT) --workers $(WORKERS)

$(OUT)/sdtm: | .venv/base $(RAW)
	$(TRIALKIT) sdtm specs/$(STUDY) --raw $(RAW) --out $(OUT) --workers $(WORKERS)

analyze: .venv/base $(OUT)/adam ## Compute the analyses: STUDY=, OUT=
	$(TRIALKIT) analyze specs/$(STUDY) --adam $(OUT)/adam --out $(OUT)

$(OUT)/adam: | .venv/base $(SDTM)
	$(TRIALKIT) adam specs/$(STUDY) --sdtm $(SDTM) --out $(OUT) --workers $(WORKERS)

define: describe ## Describe the datasets in define.xml and define.html, and in the guides it names: STUDY=, OUT=
	$(if $(wildcard specs/$(STUDY)/guide.yaml),$(MAKE) guide)

describe: .venv/base $(OUT)/adam
	$(TRIALKIT) define specs/$(STUDY) --sdtm $(SDTM) --adam $(OUT)/adam $(if $(wildcard $(RAW)),--raw $(RAW))

guide: .venv/base ## Write the reviewer's guides, from datasets, definitions and findings: STUDY=, OUT=
	$(TRIALKIT) guide specs/$(STUDY) --build $(OUT)

package: .venv/base ## Lay out and check the submission: STUDY=, OUT=
	$(TRIALKIT) package specs/$(STUDY) --build $(OUT) --out $(OUT)/package

conformance: .venv/base ## List what all checks found: STUDY=, OUT=, CORE=, CORE_CACHE=, WORKERS=
	$(TRIALKIT) conformance specs/$(STUDY) --build $(OUT) --out $(OUT)/conformance \
	  $(if $(CORE),--core $(CORE)) $(if $(CORE_CACHE),--core-cache $(CORE_CACHE)) --workers $(WORKERS)

# One after the other, each from what the one before has made; a study without a part goes without it.
all: .venv/base ## Build all that a submission needs: SDTM, ADaM, analyses, annotated CRF, define.xml, guides
	$(MAKE) sdtm
	$(if $(wildcard specs/$(STUDY)/adam/*.yaml),$(MAKE) adam)
	$(if $(wildcard specs/$(STUDY)/analysis/*.yaml),$(MAKE) analyze)
	$(MAKE) acrf
	$(if $(wildcard specs/$(STUDY)/adam/*.yaml),$(MAKE) describe,$(TRIALKIT) define specs/$(STUDY) --sdtm $(SDTM) --raw $(RAW))
	$(if $(CORE),-$(MAKE) conformance)
	$(MAKE) guide

simulate: .venv/base ## Simulate a raw export: STUDY=, SUBJECTS=, SEED=, RAW=
	$(TRIALKIT) simulate specs/$(STUDY) --subjects $(SUBJECTS) --seed $(SEED) --out $(RAW)

# A raw folder of the user's own is never made up: only the default one is simulated.
$(OUT)/raw: | .venv/base
	$(TRIALKIT) simulate specs/$(STUDY) --subjects $(SUBJECTS) --seed $(SEED) --out $@

check: .venv/base ## Check a study's specs: STUDY=, RAW=
	$(TRIALKIT) check specs/$(STUDY) $(if $(wildcard $(RAW)),--raw $(RAW))

test: .venv/dev ## Run all tests
	$(BIN)/python -m pytest -n 2 --dist worksteal

test-browser: .venv/browser ## Test the review page of define.xml in Chromium and Firefox
	@sh tests/browser/browsers.sh
	$(BIN)/python -m pytest -rs -m browser tests/browser

lint: .venv/dev ## Style and types
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

docs: .venv/dev ## Write the generated pages of docs/ and the schemas of specs/
	$(BIN)/python -m trialkit.generate

site: .venv/docs ## Build the documentation as a site, with search and without network: site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench: .venv/browser ## Measure against plain programs, pyreadstat and the official stylesheet
	$(BIN)/python bench/bench.py
	$(BIN)/python bench/bench_adam.py
	$(BIN)/python bench/bench_mixed.py
	$(BIN)/python bench/type1.py
	$(BIN)/python bench/bench_define.py

fuzz: .venv/dev ## Longer property tests
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "" --hypothesis-profile=fuzz tests

validate: .venv/dev ## Run all tests, also the slow ones, and write which proves what: build/evidence/index.html
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not browser" --evidence build/evidence

pilot: .venv/dev ## Score CDISCPILOT01 against its published SDTM: PILOT=folder with raw/ and target/
	$(BIN)/python bench/pilot.py --raw $(PILOT)/raw --target $(PILOT)/target

pilot-adam: .venv/dev ## Score the ADaM of CDISCPILOT01 against the published one: PILOT_ADAM=folder with sdtm/ and adam/
	$(BIN)/python bench/pilot_adam.py --data $(PILOT_ADAM)

clean: ## Remove build/, site/ and .venv
	rm -rf build site .venv

.venv/base: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; give one with PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/dev: .venv/base
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

.venv/browser: .venv/dev
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[browser]"
	@touch $@

.venv/docs: .venv/base
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[docs]"
	@touch $@
