# make demo   set up .venv and run the whole line on the bundled example
# make test   set up .venv and run every check and test (what CI runs)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

export HF_HUB_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false
export NO_MKDOCS_2_WARNING := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test schemas docs docs-reference docs-figures mutants check clean

demo: $(READY)
	$(BIN)/unlearnkit demo --out unlearnkit-demo
	@echo 'The command is in $(BIN): export PATH="$$PWD/$(BIN):$$PATH"'

# A worker a core; what files share, models trained once among it, is made once a worker.
test: $(READY) check
	$(BIN)/pytest -n auto --dist loadfile

# After a change of the audit's or the report's model.
schemas: $(READY)
	$(BIN)/python -m unlearnkit.schemas

# The tables of docs/benchmarks.md, from benchmarks/results.
docs-figures: $(READY)
	$(BIN)/python -m benchmarks.figures

# Mutation testing of one room: make mutants ROOM=policy (pip install mutmut first; CONTRIBUTING.md).
mutants: $(READY)
	$(BIN)/python -m benchmarks.mutation $(ROOM)

# The pages of docs/reference, from commands, docstrings and metrics.
docs-reference: $(READY)
	$(BIN)/python docs/reference.py

# The site, from docs/ and mkdocs.yml.
docs: $(READY)
	$(BIN)/mkdocs build
	@echo "open site/index.html"

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive unlearnkit 2>/dev/null

# torch comes first and alone: a range would let pip take a build with gigabytes of CUDA.
$(READY): pyproject.toml constraints.txt spacy-model.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "unlearnkit needs Python 3.11 or newer; say which: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet torch==2.13.0 -c constraints.txt
	$(BIN)/pip install --quiet -e '.[dev]' -c constraints.txt
	$(BIN)/pip install --quiet --require-hashes --no-deps -r spacy-model.txt
	touch $(READY)

clean:
	rm -rf $(VENV) unlearnkit-demo site
