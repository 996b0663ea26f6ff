# `make up` is all that it takes: it brings what is needed, and skips what is fresh. ARGS go to `casepulse up`:
#   make up ARGS="--port 8081 --speed 1"
PYTHON ?= python3
export PIP_DISABLE_PIP_VERSION_CHECK = 1

VENV := .venv/.fresh
JARS := deploy/kafka/libs/.fresh
JAVA := $(if $(wildcard $(JAVA_HOME)/bin/java),$(JAVA_HOME)/bin/java,java)

.DEFAULT_GOAL := help
.PHONY: help setup java up test nightly bench

help:
	@echo "make up       bring everything up on this machine: http://127.0.0.1:8080/"
	@echo "make setup    only bring what that needs: .venv from requirements.lock, and Apache Kafka's jars"
	@echo "make test     types, style and every test but the long ones"
	@echo "make nightly  the long tests"
	@echo "make bench    the benchmarks"

setup: $(VENV) $(JARS) java
	@echo "Everything is there. Next: make up"

up: setup
	@exec .venv/bin/casepulse up $(ARGS)

test: setup
	@./tests/prepare
	.venv/bin/mypy
	.venv/bin/ruff check .
	.venv/bin/ruff format --check --quiet .
	.venv/bin/pytest -n 3 --dist loadfile --no-loadscope-reorder

nightly: setup
	@./tests/prepare
	.venv/bin/pytest -m nightly

bench: setup
	.venv/bin/python -m tests.benchmarks

# Each line must match its hash in the lock. Our own package is built by the setuptools of the lock: nothing else is
# fetched for it.
$(VENV): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Python 3.11 or later is needed as $(PYTHON): install it, or name it with PYTHON=..." >&2; exit 1; }
	@echo "1/2 Python packages into .venv"
	@$(PYTHON) -m venv .venv >/dev/null || \
		{ echo "$(PYTHON) cannot make a virtual environment: install its venv module (python3-venv)" >&2; exit 1; }
	@.venv/bin/python -m pip install --quiet --require-hashes -r requirements.lock
	@.venv/bin/python -m pip install -qq --no-deps --no-build-isolation -e .
	@touch $@

$(JARS): deploy/kafka/pom.xml
	@command -v mvn >/dev/null || { echo "Maven is needed to bring Apache Kafka: install mvn" >&2; exit 1; }
	@echo "2/2 Apache Kafka's jars into deploy/kafka/libs"
	@rm -rf deploy/kafka/libs
	@cd deploy/kafka && mvn -q -B -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory=libs
	@touch $@

java:
	@version=$$($(JAVA) -version 2>&1 | sed -n '1s/.*version "\([0-9]*\).*/\1/p'); [ "$${version:-0}" -ge 17 ] || \
		{ echo "Java 17 or later is needed on PATH or in JAVA_HOME: install it" >&2; exit 1; }
