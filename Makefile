# `make demo` and `make test` each do their own set-up; only Python 3.11 or newer is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo install test check fmt ci docs bench bench-api bench-dashboard bench-ingest bench-live bench-prevalence bench-spark bench-store bench-copies bench-views bench-insight bench-alerts bench-countries soak model recording charts training cluster containers wheel clean

help: ## say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

demo: install ## open the dashboard on an invented launch night
	$(BIN)/voxpop demo $(ARGS)

install: $(VENV)/.base ## make .venv with Voxpop in it

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Voxpop needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: pyproject.toml | $(VENV)/bin/python
	@echo "installing Voxpop into $(VENV) ..."
	$(PIP) install --no-compile --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	@echo "installing Voxpop and what its tests need into $(VENV) ..."
	$(PIP) install --no-compile --editable '.[dev]'
	@touch $@ $(VENV)/.base

test: $(VENV)/.dev ## run every test
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.dev ## lint, types, import direction, docs and recording current
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python recording/build.py --check
	$(BIN)/python docs/generate.py --check
	$(BIN)/python -m pytest --quiet tests/test_architecture.py

fmt: $(VENV)/.dev ## format the code
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format .

ci: check test ## what CI runs

docs: $(VENV)/.dev ## write the generated pages of docs/
	$(BIN)/python docs/generate.py

recording: $(VENV)/.dev ## write the demo's recording from recording/*.jsonl
	$(BIN)/python recording/build.py

charts: ## write the dashboard's part of Plotly.js from charts/ (needs Node.js)
	cd charts && npm install --no-audit --no-fund --no-package-lock && node build.js

training: $(VENV)/.train ## add PyTorch and what training needs to .venv

$(VENV)/.train: pyproject.toml | $(VENV)/bin/python
	@echo "installing what training needs into $(VENV) (PyTorch: about 1 GB) ..."
	$(PIP) install --no-compile 'torch==2.13.*'
	$(PIP) install --no-compile --editable '.[dev,train]'
	@touch $@ $(VENV)/.dev $(VENV)/.base

cluster: $(VENV)/.cluster ## add PySpark, Dask and a Java to .venv

$(VENV)/.cluster: pyproject.toml | $(VENV)/bin/python
	@echo "installing PySpark and Dask into $(VENV) (about 600 MB) ..."
	$(PIP) install --no-compile --editable '.[dev,spark,dask]'
	@touch $@ $(VENV)/.dev $(VENV)/.base

model: $(VENV)/.train ## distil en-small in three steps and export it: make model TRAIN=labelled.tsv DEV=dev.tsv BASE=DIR TEACHER=DIR POOL=texts
	$(BIN)/voxpop train --data $(TRAIN) --dev $(DEV) --base $(BASE) --out build/first \
	  --teacher $(TEACHER) --unlabelled $(POOL) --soft-weight 0.75 --temperature 1.5 --epochs 2 --batch 48 --rate 2e-4 \
	  --exit-layer 1 --exit-layer 2 --exit-layer 3 --deep 0.15 --evaluate 550
	$(BIN)/voxpop export --checkpoint build/first/best --data $(TRAIN) --dev $(DEV) --balance 0.2 --first-exit 2 --out build/first-model
	$(BIN)/python -m voxpop.training.mining --model build/first-model --data $(TRAIN) --dev $(DEV) --unlabelled $(POOL) \
	  --hard 18000 --chance 13000 --emoji 4000 --joined 6000 --out build/mined
	$(BIN)/voxpop train --data $(TRAIN) --dev $(DEV) --base build/first/best --out build/wide \
	  --teacher $(TEACHER) --teacher build/first/best --unlabelled build/mined.txt --soft-weight 0.75 --temperature 1.5 \
	  --epochs 2 --batch 48 --rate 1.5e-4 --exit-layer 2 --exit-layer 3 --deep 0.5 --evaluate 590
	$(BIN)/voxpop train --data $(TRAIN) --dev $(DEV) --base build/wide/best --layers 3 --ffn 512 --out build/en-small \
	  --soft build/wide/soft/soft.parquet --unlabelled build/mined.txt --soft-weight 0.75 --temperature 1.5 \
	  --epochs 4 --batch 48 --rate 2e-4 --exit-layer 2 --deep 0.5 --evaluate 900
	$(BIN)/voxpop export --checkpoint build/en-small/best --data $(TRAIN) --dev $(DEV) --languages en --balance 0.2 --exit-at 2=0.5 \
	  --about 'licence=Apache-2.0;base_model=sentence-transformers/all-MiniLM-L6-v2;trained_on=SemEval-2013..2016 Task 4A' \
	  --out src/voxpop/models/en-small $(ARGS)

bench: $(VENV)/.train ## posts per second beside transformers.pipeline
	$(BIN)/python bench/score.py $(ARGS)

bench-api: $(VENV)/.train ## posts per second over HTTP beside the scorer alone and transformers.pipeline behind FastAPI
	PYTHONPATH=. $(BIN)/python bench/api.py $(ARGS)

bench-ingest: $(VENV)/.peers ## events per second from socket to log on one core, beside atproto and tweepy
	PYTHONPATH=. $(BIN)/python bench/ingest.py $(ARGS)

$(VENV)/.peers: pyproject.toml | $(VENV)/.dev
	$(PIP) install --no-compile --editable '.[peers]'
	@touch $@

bench-dashboard: $(VENV)/.peers ## what a reader waits for, and what many cost, beside Streamlit: make bench-dashboard ARGS='--posts 10000000'
	PYTHONPATH=. $(BIN)/python bench/dashboard.py $(ARGS)

bench-live: $(VENV)/.dev ## `voxpop run` on a live stream, killed in the middle: account and lag; make bench-live ARGS='--minutes 1'
	PYTHONPATH=. $(BIN)/python bench/live.py $(ARGS)

bench-prevalence: $(VENV)/.dev ## errors of shares and how often intervals hold: make bench-prevalence ARGS='--dev dev.tsv --topics topics.tsv'
	PYTHONPATH=. $(BIN)/python bench/prevalence.py $(ARGS)

bench-store: $(VENV)/.dev ## charts and loading over long histories: make bench-store ARGS='--posts 1000000 10000000 --store duckdb'
	PYTHONPATH=. $(BIN)/python bench/store.py $(ARGS)

bench-copies: $(VENV)/.dev ## near-copies found and mistaken, on planted edits
	PYTHONPATH=. $(BIN)/python bench/copies.py $(ARGS)

bench-views: $(VENV)/.dev ## seconds to fold near-copies and authors' further posts, by posts of the period
	PYTHONPATH=. $(BIN)/python bench/views.py $(ARGS)

bench-insight: $(VENV)/.dev ## seconds of prevalence, compare, drivers and alerts over long histories: make bench-insight ARGS='--posts 1000000 10000000'
	PYTHONPATH=. $(BIN)/python bench/insight.py $(ARGS)

bench-alerts: $(VENV)/.dev ## false alerts and delays of true ones: make bench-alerts ARGS='--topics 40 --weeks 12'
	PYTHONPATH=. $(BIN)/python bench/alerts.py $(ARGS)

bench-countries: $(VENV)/.dev ## the same of countries: make bench-countries ARGS='--topics 12 --weeks 8'
	PYTHONPATH=. $(BIN)/python bench/countries.py $(ARGS)

bench-spark: $(VENV)/.cluster ## Spark and Dask beside one process, and a million posts through Spark: make bench-spark ARGS='--posts 10000000'
	PYTHONPATH=. $(BIN)/python bench/spark.py $(ARGS)

soak: $(VENV)/.dev ## ten million events through a reader that is killed again and again: make soak ARGS='--events 100000'
	PYTHONPATH=. $(BIN)/python bench/soak.py $(ARGS)

containers: $(VENV)/.dev ## build both images, bring up compose.yaml and break it, on a Docker engine of its own (root, Debian 12): make containers ARGS=single
	PYTHON=$(BIN)/python deploy/test/containers.sh $(ARGS)

wheel: ## the wheel of a release in dist/: the same bytes twice, installed into an empty environment
	PYTHON=$(PYTHON) deploy/wheel.sh

clean: ## remove what the targets made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
