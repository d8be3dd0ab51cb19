# What a contributor runs; `make` alone lists it. Needs Python 3.11 or newer, git and make.
# Environments, Node, the compiler and anvil are installed inside this folder by `make setup`.

.DEFAULT_GOAL := help

# The first that starts and is new enough: a pyenv shim may be on PATH for a version that is not there.
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.12 python3.11 python3.13; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
endif
ifeq ($(PYTHON),)
$(error Python 3.11 or newer is needed and none is on PATH; install it, or name one: make PYTHON=/path/to/python3.12)
endif

# scripts/toolchain/paths.py knows where the tools are; run.py runs a command among those of one
# environment: ape (contracts), sdk (the package) or analysis (slither, halmos).
RUN := $(PYTHON) scripts/toolchain/run.py
SETUP := $(PYTHON) scripts/toolchain/setup.py
APE := $(RUN) ape ape
SDK := $(RUN) sdk
ANALYSIS := $(RUN) analysis

# Workers of pytest-xdist.
JOBS ?= 2
# For demo and devnet: `make devnet ARGS="--port 9545"`.
ARGS ?=

##@ Start here

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: ## Install everything into this folder; again only what changed
	@$(SETUP)

.PHONY: doctor
doctor: ## Say what is missing or wrong, and how to mend it
	@$(PYTHON) scripts/toolchain/doctor.py

.PHONY: demo
demo: compile ## Walk through the suite on a chain of its own
	@$(SDK) python -m scripts.demo $(ARGS)

.PHONY: devnet
devnet: compile ## Leave a local chain running with the suite deployed, and say what to export
	@$(SDK) python -m scripts.devnet $(ARGS)

.PHONY: devnet-stop
devnet-stop: ready ## Stop that chain; its state is kept
	@$(SDK) python -m scripts.devnet --stop

##@ Build and test

.PHONY: compile
compile: ready ## Compile the contracts if they changed, and export their ABIs to the SDK
	@$(RUN) ape python -m scripts.toolchain.compile
	@$(SDK) python -m scripts.export_abi

# Ape tests on one core, so its tests run beside the others; each part is shown when it has ended.
# A make that cannot keep two outputs apart (before 4.0) runs one after the other.
BESIDE := $(if $(filter output-sync,$(.FEATURES)),--jobs=2 --output-sync=target)
# Within `make test` the contracts are compiled already.
BUILD := $(if $(COMPILED),,compile)

.PHONY: test
test: compile ## Run all tests: contracts, their laws, SDK
	@$(if $(BESIDE),echo 'Unit tests run beside the others; each part is shown when it has ended.')
	@$(MAKE) --no-print-directory --keep-going $(BESIDE) COMPILED=yes test-unit test-others

.PHONY: test-others
test-others:
	@for part in test-gas test-laws test-sdk; do \
		$(MAKE) --no-print-directory COMPILED=yes $$part || failed=yes; done; test -z "$$failed"

.PHONY: test-unit
test-unit: $(BUILD)
	@printf '\n== Contracts: unit tests through Ape ==\n'
	@$(APE) test tests/contracts/unit -n 0

.PHONY: test-gas
test-gas: $(BUILD)
	@printf '\n== Contracts: gas as in the snapshot ==\n'
	@$(SDK) pytest tests/contracts/gas

.PHONY: gas-snapshot
gas-snapshot: compile ## Keep the gas of today, after a change that is meant
	@$(SDK) python -m scripts.gas_snapshot

.PHONY: test-laws
test-laws: $(BUILD)
	@printf '\n== Contracts: laws, as state machines over pyrevm ==\n'
	@$(SDK) python -c 'import pyrevm' 2>/dev/null || { echo 'no pyrevm here: see make doctor'; exit 1; }
	@$(SDK) pytest tests/contracts/invariant -n $(JOBS)

# The longest first, and neighbours on one worker: each worker deploys a suite for each of their
# chains. Whoever is done takes over from the other.
.PHONY: test-sdk
test-sdk: $(BUILD)
	@printf '\n== SDK, command and documentation, each against its own anvil ==\n'
	@$(SDK) pytest $(foreach part,docs cli sdk,$(wildcard tests/$(part))) -n $(JOBS) --dist worksteal

.PHONY: test-deep
test-deep: compile ## Long campaigns: laws, proofs, mutations, crash schedules
	@$(SETUP) analysis --quiet
	$(SDK) python -m scripts.assurance.campaign deep -n $(JOBS)
	RAPPORT_PROFILE=deep $(SDK) pytest tests/sdk/outbox -n $(JOBS)
	$(ANALYSIS) python -m scripts.assurance.proofs
	$(SDK) python -m scripts.assurance.coverage -n $(JOBS)
	$(SDK) python -m scripts.assurance.sdk_coverage -n $(JOBS)
	$(SDK) python -m scripts.assurance.mutation --jobs $(JOBS)
	$(SDK) python -m scripts.assurance.checks
	$(SDK) python -m scripts.assurance.report

CHECKS := check-format check-lint check-types check-bandit check-solhint check-forge check-slither

.PHONY: check
check: ready ## Formatting, lint, types and static analysis
	@$(MAKE) --no-print-directory --keep-going $(CHECKS)

.PHONY: $(CHECKS)
check-format:
	$(SDK) ruff format --check .
check-lint:
	$(SDK) ruff check .
check-types:
	$(SDK) mypy
check-bandit:
	$(SDK) bandit --quiet --severity-level medium --recursive --configfile pyproject.toml sdk scripts
check-solhint:
	$(SDK) node node_modules/solhint/solhint.js --noPoster --max-warnings 0 'contracts/**/*.sol'
check-forge:
	$(SDK) forge lint --deny warnings
check-slither:
	@$(SETUP) analysis --quiet
	@$(ANALYSIS) python -m scripts.assurance.static

.PHONY: bench
bench: compile ## Measure gas and throughput, beside the peers
	@$(SETUP) bench --quiet
	@$(SDK) python -m bench.gas $(ARGS)
	@$(SDK) python -m bench.outbox $(ARGS)

.PHONY: bench-renewals
bench-renewals: compile ## Charge ten thousand subscriptions in one run
	@$(SDK) python -m bench.renewals $(ARGS)

##@ Housekeeping

.PHONY: lock
lock: ready ## Renew requirements/ after a change of a .in file or of package.json
	@$(PYTHON) scripts/toolchain/lock.py

.PHONY: clean
clean: ## Remove build products and caches
	rm -rf .build contracts/.cache .tools/ape .tools/forge dist build
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.* htmlcov
	find scripts sdk tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

.PHONY: distclean
distclean: clean ## Remove the environments and tools as well
	rm -rf .venv .tools .cache node_modules bench/node_modules bench/python_modules

# What every other target starts with; says nothing when there is nothing to do.
.PHONY: ready
ready:
	@$(SETUP) --quiet
