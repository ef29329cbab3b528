# Each target sets up all that it needs in .venv; a changed requirements file or source rebuilds what depends on it.
# PYTHON chooses the interpreter, TORCH_CUDA_ARCH_LIST the GPU architectures (used where CUDA
# kernels are built: with nvcc and a CUDA build of torch, or CMAKE_ARGS=-DTORCHTALLY_CUDA=ON).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
export TORCH_CUDA_ARCH_LIST ?= 8.0 9.0+PTX
SOURCES := $(shell find csrc cmake python -type f -not -name '*.pyc' -not -path '*/__pycache__/*') \
  CMakeLists.txt pyproject.toml

.PHONY: help install demo demo-cpp test test-rest test-all test-integrations test-floors lint format docs linkcheck bench sanitize wheel gpu-check clean
help:
	@echo "make demo       the main job on real data: brain tissue and digits"
	@echo "make demo-cpp   a network and its scores in a C++ program without Python"
	@echo "make test       the test suite but for what takes long"
	@echo "make test-all   all of it, with the CUDA kernels compiled where nvcc is found"
	@echo "make test-integrations   the integrations beside the newest and the oldest of each framework"
	@echo "make lint       ruff, mypy --strict, clang-format"
	@echo "make docs       the documentation site, in build/docs/index.html"
	@echo "make linkcheck  the documentation's links to other sites, which needs the internet"
	@echo "make bench      speed of counting and of the losses, as ratios to floors and peers, in ten minutes"
	@echo "make sanitize   the kernels under AddressSanitizer, UBSan and ThreadSanitizer"
	@echo "make wheel      a wheel in dist/"
	@echo "make gpu-check  build, test, sanitise and measure on the NVIDIA GPU of this machine"

$(VENV)/base: requirements/base.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) -r $<
	@touch $@

$(VENV)/demo $(VENV)/dev $(VENV)/docs: $(VENV)/%: requirements/%.txt $(VENV)/base
	$(PIP) -r $<
	@touch $@
$(VENV)/dev: requirements/demo.txt $(VENV)/sources
$(VENV)/docs: $(VENV)/dev

$(VENV)/sources: requirements/sources.txt $(VENV)/base
	$(PIP) --no-deps -r $<
	@touch $@

$(VENV)/package: $(VENV)/base $(SOURCES)
	$(PIP) --no-build-isolation --no-deps .
	@touch $@

# The oldest version of each framework that an integration is for, in a folder that goes before the newest.
$(VENV)/floors: requirements/floors.txt $(VENV)/base
	rm -rf $@
	$(PIP) --no-deps --target $@ -r $<
	@touch $@

demo demo-cpp: $(VENV)/demo
test test-rest test-integrations test-floors lint format bench sanitize: $(VENV)/dev

install: $(VENV)/package

demo: $(VENV)/package
	$(BIN)/python examples/digits_training.py build/demo/digits
	$(BIN)/python examples/brain_segmentation.py build/demo/brain
	$(BIN)/torchtally evaluate build/demo/brain/predictions build/demo/brain/labels \
	  --num-classes 3 --class-names other,grey,white --ignore-index 255 \
	  --json build/demo/brain/scores.json --csv build/demo/brain/scores.csv --plot build/demo/brain/matrix.png \
	  --html build/demo/brain/report.html

demo-cpp: $(VENV)/package
	$(BIN)/python examples/cpp/export_model.py build/demo/cpp
	$(BIN)/cmake -S examples/cpp -B build/demo/cpp/program -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$$( \
	  $(BIN)/torchtally --cmake-prefix-path);$$($(BIN)/python -c 'import torch; print(torch.utils.cmake_prefix_path)')"
	$(BIN)/cmake --build build/demo/cpp/program
	build/demo/cpp/program/evaluate build/demo/cpp/model.pt2 build/demo/cpp/images build/demo/cpp/labels other,grey,white

# worksteal: neighbouring tests share fixtures, and stay in one process until another has nothing left.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal

test: $(VENV)/package
	$(PYTEST) -m "not slow" $(PYTEST_ARGS)

# With a CPU build of torch, CUDA kernels are compiled only where that is asked for: here, to look at their library. In
# a folder of their own, whose cache would make the next build compile them again.
$(VENV)/package-cuda: $(VENV)/package
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps \
	  -C build-dir=build/cuda -C cmake.define.TORCHTALLY_CUDA=ON .
	@touch $@

test-rest: $(VENV)/package$(if $(shell command -v nvcc),-cuda)
	$(PYTEST) -m "slow or libraries" $(PYTEST_ARGS)
	$(MAKE) test-floors

test-floors: $(VENV)/package $(VENV)/floors
	PYTHONPATH=$(CURDIR)/$(VENV)/floors $(PYTEST) tests/integrations

test-integrations: $(VENV)/package
	$(PYTEST) tests/integrations
	$(MAKE) test-floors

test-all:
	$(MAKE) test
	$(MAKE) test-rest

lint: $(VENV)/package
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	find csrc tests examples -name '*.h' -o -name '*.cpp' -o -name '*.cu' -o -name '*.cuh' | xargs $(BIN)/clang-format --dry-run -Werror

format:
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	find csrc tests examples -name '*.h' -o -name '*.cpp' -o -name '*.cu' -o -name '*.cuh' | xargs $(BIN)/clang-format -i

docs: $(VENV)/package $(VENV)/docs
	$(BIN)/sphinx-build --builder html --fail-on-warning --keep-going --quiet --doctree-dir build/docs-cache docs build/docs
	@echo "documentation: build/docs/index.html"

linkcheck: $(VENV)/package $(VENV)/docs
	$(BIN)/sphinx-build --builder linkcheck --quiet --doctree-dir build/docs-cache docs build/linkcheck
	@echo "every link works: build/linkcheck/output.txt"

bench: $(VENV)/package
	$(BIN)/python benchmarks/counts_cpu.py --json build/bench/counts_cpu.json --chart build/bench/counts_cpu.png $(BENCH_ARGS)
	$(BIN)/python benchmarks/losses.py --json build/bench/losses.json $(BENCH_ARGS)

sanitize: $(VENV)/package
	PYTHON=$(CURDIR)/$(BIN)/python CMAKE=$(CURDIR)/$(BIN)/cmake bash scripts/sanitize.sh

wheel: $(VENV)/base
	$(BIN)/python -m pip wheel --no-build-isolation --no-deps --wheel-dir dist -C build-dir=build/wheel .

gpu-check:
	bash scripts/gpu-check.sh

clean:
	rm -rf build dist $(VENV)
