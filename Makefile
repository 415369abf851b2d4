# A thin front for the CMake presets. `cmake --preset release`, `cmake --build --preset release` and
# `ctest --preset release` do the same for whoever has the dependencies already.

PRESET ?= release
TRANSPORT ?= memory
JOBS ?= $(shell nproc)
# Tests wait more than they compute.
TEST_JOBS ?= $(shell echo $$(($(JOBS) * 2)))
# More options for cmake, such as -DOMNIBUS_WERROR=ON.
CMAKE_FLAGS ?=
CLANG_FORMAT ?= clang-format-14

sources := '*.h' '*.cc'

.DEFAULT_GOAL := help

.PHONY: help
help:
	@echo 'make demo [TRANSPORT=memory|rabbitmq|kafka]   both domains at work, on that broker'
	@echo 'make test [PRESET=release]                    all tests, on real brokers'
	@echo 'make soak [SOAK=10m] [SEED=n]                 random faults on real brokers, and a loss report'
	@echo 'make test-trials [PRESET=release]             long runs under faults, and of simulated brokers'
	@echo 'make bench                                    all benchmarks, in 10 minutes; docs/benchmarks.md'
	@echo 'make build [PRESET=release]                   build everything'
	@echo 'make format                                   lay out the sources'
	@echo 'make check-format                             fail if that would change anything'
	@echo 'make clean                                    remove build/ (what was fetched stays)'
	@echo
	@echo 'Presets: debug, release, asan, tsan. Each installs what is missing first (Debian, Ubuntu).'

.PHONY: demo
demo:
	@scripts/demo $(TRANSPORT)

.PHONY: build
build:
	@scripts/install-dependencies build
	@$(call compile,all)

.PHONY: test
test:
	@scripts/install-dependencies test
	@$(call compile,all)
	@ctest --preset $(PRESET) --parallel $(TEST_JOBS)

SOAK ?= 10m
SEED ?=

.PHONY: soak
soak:
	@scripts/install-dependencies test
	@$(call compile,omnibus_soak)
	@build/$(PRESET)/bin/omnibus_soak run --duration $(SOAK) $(if $(SEED),--seed $(SEED)) --out build/$(PRESET)/soak

# Those that take long, and whose bounds are not all kept yet. The build folder does not remember it.
.PHONY: test-trials
test-trials:
	@scripts/install-dependencies test
	@cmake --preset $(PRESET) $(CMAKE_FLAGS) -DOMNIBUS_TRIALS=ON
	@cmake --build --preset $(PRESET) --parallel $(JOBS)
	@ctest --preset $(PRESET) --parallel $(JOBS) -R '^(health|fault_matrix|fault_members|soak|simulation)\.'; \
	result=$$?; cmake --preset $(PRESET) -DOMNIBUS_TRIALS=OFF > /dev/null; exit $$result

.PHONY: bench
bench:
	@scripts/install-dependencies test bench
# An older build folder knows nothing of what was just installed.
	@cmake --preset $(PRESET) $(CMAKE_FLAGS)
	@$(call compile,omnibus_main benchmark_codec benchmark_dispatch benchmark_scale bare_kafka bare_rabbitmq)
	@scripts/bench --build build/$(PRESET)

# Once there is a build folder, building configures again by itself when it has to.
define compile
{ test -e build/$(PRESET)/build.ninja -a -z '$(CMAKE_FLAGS)' || cmake --preset $(PRESET) $(CMAKE_FLAGS); } && \
cmake --build --preset $(PRESET) --parallel $(JOBS) --target $(1)
endef

.PHONY: format check-format
format:
	@git ls-files -z -- $(sources) | xargs -0 -r $(CLANG_FORMAT) -i
check-format:
	@git ls-files -z -- $(sources) | xargs -0 -r $(CLANG_FORMAT) --dry-run --Werror

.PHONY: clean
clean:
	@rm -rf build
