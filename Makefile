# What a person needs: make run, make test, make check, make fix, make bench, make clean.
# Needs python3 (3.11 or newer, with venv) and nothing else. uv installs, the one on PATH or one of its own; where that
# finds no package index, pip does.

VENV ?= .venv
PYTHON ?=
ARGS ?=

PY := $(VENV)/bin/python
UV := $(shell command -v uv 2>/dev/null)
INPUTS := pyproject.toml constraints.txt
uv := $(or $(UV),$(VENV)/bin/uv)
# $(call installed,ENVIRONMENT,WHAT)
installed = $(uv) pip install --quiet --python $(1)/bin/python $(2) || \
	$(1)/bin/python -m pip install --quiet --disable-pip-version-check $(2)
pinned := --constraint constraints.txt --build-constraint constraints.txt

comma := ,

# Tests wait more than they work: one process a core halves the time.
parallel := --numprocesses=auto --dist=worksteal

# The official SDKs, unchanged, each at its newest version in an environment of its own: they judge the sandbox.
judge-dashscope := dashscope==2.0.2
judge-openai := openai[realtime]==3.52.0
judge-gemini := google-genai==3.4.0
judge-azure := azure-cognitiveservices-speech==1.53.0
judge-runtime := agentscope-runtime==1.1.6.post2
# These frameworks judge our integrations too: modeldeck itself runs inside them.
judge-livekit := livekit-agents[openai]==1.8.9
judge-pipecat := pipecat-ai==1.14.0
INSIDE := livekit pipecat
JUDGES := $(patsubst %,.judges/%/.ready,dashscope openai gemini azure runtime $(INSIDE))

.PHONY: help run test check format lint types mypy pyright imports generated picker wheel fix bench floors constraints clean

help:
	@echo "make run      set up, list the models, speak a sentence, serve the web page"
	@echo "make test     set up everything, run the tests (ARGS='-k voice' passes on to pytest)"
	@echo "make check    format, lint, types, imports, generated files, the wheel; changes nothing"
	@echo "make fix      write what make check compares"
	@echo "make bench    side by side with AgentScope and the official SDKs, in environments of their own"
	@echo "make clean    remove what these commands made"

run: $(VENV)/.ready-to-run
	$(PY) hatch_build.py
	$(VENV)/bin/modeldeck models
	$(VENV)/bin/modeldeck say "Hello from modeldeck. This voice is local: no key, no network." -o hello.wav
	@echo "The models are listed above, and hello.wav holds the sentence, spoken by the local voice."
	@echo "The command is $(VENV)/bin/modeldeck; . $(VENV)/bin/activate puts it on your PATH. Now its web page, until Ctrl-C:"
	$(VENV)/bin/modeldeck serve

test: $(VENV)/.ready-to-test
	@$(MAKE) --no-print-directory --jobs=5 $(JUDGES)
	$(PY) hatch_build.py
	$(PY) -m pytest $(parallel) $(ARGS)

check: format lint types imports generated picker wheel

format: $(VENV)/.ready-to-test
	$(PY) -m ruff format --check

lint: $(VENV)/.ready-to-test
	$(PY) -m ruff check

types: mypy pyright

mypy: $(VENV)/.ready-to-test
	$(PY) -m mypy

pyright: $(VENV)/.ready-to-test
	$(PY) -m pyright --pythonpath $(PY)

imports: $(VENV)/.ready-to-test
	$(VENV)/bin/lint-imports --no-logo --no-cache

generated: $(VENV)/.ready-to-test
	$(PY) tools/local_card.py --check
	$(PY) tools/card_files.py --check
	$(PY) tools/schemas.py --check
	$(PY) tools/openapi.py --check
	$(PY) tools/readme.py --check
	$(PY) tools/skeleton.py --check

# The web picker: types, style, its own tests, the client of the API, and that it builds to the same bytes.
picker: $(VENV)/.ready-to-test
	$(PY) tools/picker.py check

wheel: $(VENV)/.ready-to-test
	$(PY) tools/distributions.py

fix: $(VENV)/.ready-to-test
	$(PY) -m ruff check --fix --exit-zero
	$(PY) -m ruff format
	$(PY) tools/local_card.py
	$(PY) tools/card_files.py
	$(PY) tools/schemas.py
	$(PY) tools/openapi.py
	$(PY) tools/readme.py
	$(PY) tools/skeleton.py
	$(PY) tools/picker.py fix

bench: $(VENV)/.ready-to-test .bench/agentscope/.ready $(JUDGES)
	$(PY) -m tests.benchmarks $(ARGS)

# The tests at the lowest versions that pyproject.toml allows (of the frameworks they are the judges').
floors: $(VENV)/.ready-to-test
	@$(MAKE) --no-print-directory --jobs=5 $(JUDGES)
	rm -rf build/floors
	$(PY) -m venv build/floors
	$(uv) pip compile --quiet --no-header --resolution lowest-direct --extra all --extra local \
		--python $(PY) pyproject.toml -o build/floors/floors.txt
	$(call installed,build/floors,--constraint build/floors/floors.txt --editable '.[all$(comma)local]' --group dev)
	build/floors/bin/python -m pytest $(parallel) $(ARGS)

# Pins everything anew, for every supported Python and platform.
constraints: $(VENV)/.installer
	$(uv) pip compile --quiet --upgrade --universal --python-version 3.11 --no-annotate --extra all --extra local --group dev \
		--custom-compile-command "make constraints" pyproject.toml -o constraints.txt

clean:
	rm -rf $(VENV) .bench .judges build dist hello.wav .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests tools examples -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

$(PY):
ifdef UV
	$(UV) venv --quiet $(if $(PYTHON),--python $(PYTHON)) $(VENV)
else
	@for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11); do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "$$python -m venv $(VENV)"; \
			"$$python" -m venv $(VENV) && exit 0; \
			rm -rf $(VENV); \
			echo "That Python has no venv; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; \
		fi; \
	done; \
	echo "modeldeck needs Python 3.11 or newer; say where it is: make PYTHON=/path/to/python3.12" >&2; exit 1
endif

# --group and --build-constraint need a newer pip than Python 3.11 brings; uv takes a quarter of its time.
$(VENV)/.installer: constraints.txt | $(PY)
ifndef UV
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip >/dev/null
	$(PY) -m pip install --quiet --disable-pip-version-check --upgrade --constraint constraints.txt pip uv
endif
	@touch $@

$(VENV)/.ready-to-run: $(INPUTS) $(VENV)/.installer
	@echo "Installing modeldeck with its local voice (espeak-ng, licence GPL-3) into $(VENV)"
	$(call installed,$(VENV),$(pinned) hatchling --editable '.[local$(comma)server]')
	@touch $@

$(VENV)/.ready-to-test: $(INPUTS) $(VENV)/.installer
	@echo "Installing modeldeck, every extra and the tools into $(VENV)"
	$(call installed,$(VENV),$(pinned) --editable '.[all$(comma)local]' --group dev)
	@touch $@ $(VENV)/.ready-to-run

.bench/agentscope/.ready: | $(VENV)/.ready-to-test
	rm -rf .bench/agentscope
	$(PY) -m venv .bench/agentscope
	$(call installed,.bench/agentscope,'agentscope[service$(comma)storage-sql]==2.0.10' aiosqlite)
	@touch $@

# Of agentscope-runtime only the callback clients are loaded: what they need, not what all of it does.
.judges/runtime/.ready: | $(VENV)/.ready-to-test
	rm -rf .judges/runtime
	$(PY) -m venv .judges/runtime
	$(call installed,.judges/runtime,--no-deps '$(judge-runtime)')
	$(call installed,.judges/runtime,'$(judge-dashscope)' '$(judge-azure)' openai pydantic)
	@touch $@

.judges/%/.ready: export MODELDECK_SKIP_WEB = 1
.judges/%/.ready: | $(VENV)/.ready-to-test
	rm -rf .judges/$*
	$(PY) -m venv .judges/$*
	$(call installed,.judges/$*,$(if $(filter $*,$(INSIDE)),--editable '.[sandbox]') '$(judge-$*)')
	@touch $@
