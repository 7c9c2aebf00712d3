# mapcp: `make` builds everything, `make copy SRC=… DST=…` copies, `make test` tests; `make help` lists the rest.
#
# Needs Node 20 or newer and npm. The C is compiled by wasi-sdk where WASI_SDK_PATH is set, else by npm's @yowasp/clang.
# Everything that is made goes to build/out.

OUT := build/out
NODE_MAJOR := $(shell node -p 'process.versions.node.split(".")[0]' 2>/dev/null)

ifeq ($(NODE_MAJOR),)
$(error mapcp needs Node 20 or newer, and there is no 'node' here: install it from https://nodejs.org)
endif
ifneq ($(shell test $(NODE_MAJOR) -ge 20 && echo ok),ok)
$(error mapcp needs Node 20 or newer, and this is $(shell node --version): install a newer one from https://nodejs.org)
endif
ifeq ($(shell command -v npm),)
$(error mapcp needs npm, and there is none here: it comes with Node, from https://nodejs.org)
endif

MAKEFLAGS += --no-builtin-rules --jobs=$(shell node -p 'require("os").cpus().length')
.DELETE_ON_ERROR:

.PHONY: all
## make                    build everything: the component, the package, the samples
all: $(OUT)/mapcp.wasm $(OUT)/js/index.js $(OUT)/mapcp.wasm.sha256 terminal samples

# --- npm packages -------------------------------------------------------------------------------------------------

INSTALLED := node_modules/.package-lock.json

# Not `npm ci`, which refuses a lock file that lacks some other platform's optional package, as registries sometimes do.
# What the lock file names is installed as it says, and --no-save leaves the file alone.
$(INSTALLED): package.json package-lock.json
	npm install --no-save --no-audit --no-fund
	@touch $@

VERSION = $(shell node -p 'require("./package.json").version')

# --- C to WebAssembly -----------------------------------------------------------------------------------------------

# Which toolchain made build/out; written only when it changes, so that a change compiles everything anew.
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

# A stamp and not a rule for each object, because one process compiles many files in the time of one.
$(OUT)/wasm/compiled: $(ENGINE) $(COMPONENT) $(COMPONENT_HEADERS) build/compile.mjs $(WASM_TOOLS)
	node build/compile.mjs $(OUT)/wasm $(WASM_FLAGS) -Ic-src/engine -Ic-src/component/cli -Ic-src/component/bindings -DMAPCP_VERSION=\"$(VERSION)\" -- \
		$(if $(filter-out %.c,$?),$(ENGINE) $(COMPONENT),$?)
	@touch $@

$(OUT)/wasm/mapcp.linked.wasm: $(OUT)/wasm/compiled $(COMPONENT_TYPE)
	node build/clang.mjs -mexec-model=reactor $(patsubst %,$(OUT)/wasm/%.o,$(ENGINE) $(COMPONENT)) \
		$(COMPONENT_TYPE) -Wl,--gc-sections -Wl,--strip-debug -o $@

$(OUT)/wasm/mapcp.core.wasm: $(OUT)/wasm/mapcp.linked.wasm build/optimize.mjs
	node build/optimize.mjs $< $@

$(OUT)/mapcp.wasm: $(OUT)/wasm/mapcp.core.wasm build/component.mjs build/describe.mjs build/sections.mjs package.json
	node build/component.mjs reactor $< $@
	node build/describe.mjs $@

# --- JavaScript -----------------------------------------------------------------------------------------------------

$(OUT)/bindings/mapcp.js: $(OUT)/mapcp.wasm build/transpile.mjs build/sections.mjs
	@rm -rf $(@D)
	node build/transpile.mjs $< $(@D) mapcp

TYPESCRIPT := $(shell find ts -path ts/web -prune -o -name '*.ts' -print)

# What package.json exports of ts/, besides the command.
MODULES := index browser/index host/index

# tsc checks, and writes declarations; both they and the code are bundled: each module more is half a millisecond more of
# every start, and what is not public is nobody's business. The command line is bundled by itself, since what it shared
# with the rest would be modules more.
$(OUT)/js/index.js: $(OUT)/bindings/mapcp.js $(TYPESCRIPT) tsconfig.json ts/browser/tsconfig.json \
		build/bundle.mjs build/declarations.mjs Makefile $(INSTALLED)
	@rm -rf $(@D) $(OUT)/types
	node_modules/.bin/tsc --project tsconfig.json
	node_modules/.bin/tsc --project ts/browser
	node build/declarations.mjs $(OUT)/types $(@D) $(MODULES)
	node build/bundle.mjs node $(@D) $(OUT)/packages.cdx.json ts/index.ts ts/host/index.ts ts/mapcp-worker.ts
	node build/bundle.mjs command $(@D) $(OUT)/packages-cli.cdx.json ts/cli/main.ts
	node build/bundle.mjs browser $(@D) $(OUT)/packages-browser.cdx.json ts/browser/index.ts ts/browser/worker.ts

# What goes with it into the package: the component's SHA-256, a bill of materials, and the licences of others' work.
$(OUT)/mapcp.wasm.sha256: $(OUT)/mapcp.wasm $(OUT)/js/index.js build/provenance.mjs $(wildcard build/notices/*)
	node build/provenance.mjs $< $(OUT) $(OUT)/packages.cdx.json $(OUT)/packages-cli.cdx.json $(OUT)/packages-browser.cdx.json

# --- Help in the terminal -------------------------------------------------------------------------------------------

.PHONY: terminal
terminal: $(OUT)/man/mapcp.1 $(OUT)/completions/mapcp.bash $(OUT)/completions/mapcp.zsh $(OUT)/completions/mapcp.fish

$(OUT)/man/mapcp.1: docs/command-line.md build/man.mjs package.json $(INSTALLED)
	@mkdir -p $(@D)
	node build/man.mjs $< $@

$(OUT)/completions/mapcp.%: $(OUT)/js/index.js
	@mkdir -p $(@D)
	node $(OUT)/js/cli/main.js --completion $* > $@

# --- The page -------------------------------------------------------------------------------------------------------

PAGE := $(filter-out %.d.ts,$(wildcard ts/web/*))

$(OUT)/web/index.html: $(OUT)/js/index.js $(PAGE) $(ENGINE)
	node_modules/.bin/tsc --project ts/web
	node_modules/.bin/vite build ts/web --logLevel warn
	@touch $@

.PHONY: web
## make web                set up, build, and serve the page in which one sees a copy happen
web: $(OUT)/web/index.html
	node_modules/.bin/vite preview ts/web

# --- Shared mappings ------------------------------------------------------------------------------------------------

MMAN := $(wildcard c-src/mman/*.c)
LIBSHARED_MMAN := $(OUT)/libshared-mman.a
# What a program is linked with so that its mappings reach the file.
MMAN_LINK := -Wl,--wrap=mmap,--wrap=munmap,--wrap=close $(LIBSHARED_MMAN)

$(OUT)/wasm/mman.compiled: $(MMAN) $(wildcard c-src/mman/*.h) build/compile.mjs $(WASM_TOOLS)
	node build/compile.mjs $(OUT)/wasm $(WASM_FLAGS) -Ic-src/mman -- $(if $(filter-out %.c,$?),$(MMAN),$?)
	@touch $@

$(LIBSHARED_MMAN): $(OUT)/wasm/mman.compiled build/ar.mjs
	node build/ar.mjs $@ $(MMAN:%=$(OUT)/wasm/%.o)

# For projects of one's own: pkg-config says how to compile and to link.
define SHARED_MMAN_PC
prefix=$(abspath $(PREFIX))
Name: shared-mman
Description: Shared mappings that reach the file, for WASI
Version: $(VERSION)
Cflags: -I$${prefix}/include -D_WASI_EMULATED_MMAN
Libs: $${prefix}/lib/libshared-mman.a -Wl,--wrap=mmap,--wrap=munmap,--wrap=close
endef
export SHARED_MMAN_PC

PREFIX ?= /usr/local

.PHONY: install
## make install PREFIX=…   install libshared-mman, with its header and for pkg-config (also DESTDIR=…)
install: $(LIBSHARED_MMAN)
	install -d '$(DESTDIR)$(PREFIX)/include' '$(DESTDIR)$(PREFIX)/lib/pkgconfig'
	install -m 644 c-src/mman/shared_mman.h '$(DESTDIR)$(PREFIX)/include'
	install -m 644 $(LIBSHARED_MMAN) '$(DESTDIR)$(PREFIX)/lib'
	@echo "$$SHARED_MMAN_PC" > '$(DESTDIR)$(PREFIX)/lib/pkgconfig/shared-mman.pc'

# --- The samples ----------------------------------------------------------------------------------------------------

SAMPLES := mapped-head mmapped-files mmapped-files-cpp

.PHONY: samples
samples: $(SAMPLES:%=$(OUT)/samples/%.wasm)

$(OUT)/wasm/samples/mapped-head.wasm: c-src/samples/mapped-head.c
$(OUT)/wasm/samples/mmapped-files.wasm: c-src/samples/mmapped-files.c
$(OUT)/wasm/samples/mmapped-files-cpp.wasm: c-src/samples/mmapped-files.cpp c-src/samples/memory_map.hpp $(LIBSHARED_MMAN)
# The one sample that writes through a mapping; the others show what the emulation alone can do.
$(OUT)/wasm/samples/mmapped-files-cpp.wasm: SAMPLE_LINK = $(MMAN_LINK)

$(SAMPLES:%=$(OUT)/wasm/samples/%.wasm): $(WASM_TOOLS)
	@mkdir -p $(@D)
	node build/clang.mjs $(if $(filter %.cpp,$^),-std=c++23 -fno-exceptions,-std=c17) $(WASM_FLAGS) \
		$(filter %.c %.cpp,$^) $(SAMPLE_LINK) -lwasi-emulated-mman -Wl,--strip-debug -o $@

$(OUT)/samples/%.wasm: $(OUT)/wasm/samples/%.wasm build/component.mjs
	@mkdir -p $(@D)
	node build/component.mjs command $< $@

# The same samples for this machine, by its own compilers.

.PHONY: samples-native
## make samples-native     build the samples for this machine too, by its own compilers
samples-native: $(SAMPLES:%=$(OUT)/native/samples/%)

$(OUT)/native/samples/mapped-head: c-src/samples/mapped-head.c
$(OUT)/native/samples/mmapped-files: c-src/samples/mmapped-files.c
$(OUT)/native/samples/mmapped-files-cpp: c-src/samples/mmapped-files.cpp c-src/samples/memory_map.hpp

$(SAMPLES:%=$(OUT)/native/samples/%): Makefile
	@mkdir -p $(@D)
	$(if $(filter %.cpp,$^),$(CXX) -std=c++23 -fno-exceptions,$(CC) -std=c17) $(NATIVE_FLAGS) $(filter %.c %.cpp,$^) -o $@

# --- Programs for tests ---------------------------------------------------------------------------------------------

# Programs of tests/, as the samples: as components, with bindings for Node, and natively. `faults` makes the layer
# fail, and natively there is none.
TEST_PROGRAMS := mman/cases mman/faults samples/memory_map
# Only natively: the benchmark's bound.
NATIVE_TEST_PROGRAMS := $(filter-out mman/faults,$(TEST_PROGRAMS)) bench/same-calls
HAVE_CC := $(and $(shell command -v $(CC)),$(shell command -v $(CXX)))

# What the tests run: the samples and the programs above; the native ones and the engine's tests where there are
# native compilers.
.PHONY: test-programs
test-programs: samples $(SAMPLES:%=$(OUT)/node/samples/%.js) \
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

# What a copy by assignment between two mappings costs, against the engine's own.
.PHONY: bench-mman
bench-mman: $(OUT)/js/index.js $(OUT)/samples/mmapped-files-cpp.wasm $(OUT)/node/samples/mmapped-files-cpp.js
	node tests/bench/mman.mjs

# --- The engine natively, for its tests -----------------------------------------------------------------------------

ENGINE_FLAGS := -std=c17 $(NATIVE_FLAGS) -Ic-src/engine
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
ENGINE_TESTS := $(wildcard tests/engine/*.c)

$(OUT)/native/engine-tests: $(ENGINE) $(ENGINE_TESTS) $(wildcard c-src/engine/*.h tests/engine/*.h) Makefile
	@mkdir -p $(@D)
	$(CC) $(ENGINE_FLAGS) $(SANITIZERS) $(ENGINE) $(ENGINE_TESTS) -o $@

# --- What people run ------------------------------------------------------------------------------------------------

# Fails with a sentence when a tool is missing: $(call need,COMMAND,WHAT IT IS,WHAT TO INSTALL)
need = @command -v $(1) >/dev/null || { echo "mapcp needs $(2), and there is no '$(1)' here: install $(3)" >&2; exit 1; }

.PHONY: copy test lint format bindings check-bindings clean help

## make copy SRC=… DST=…   set up, build, copy a file, and say what was copied
copy: $(OUT)/js/index.js
	@test -n "$(SRC)" && test -n "$(DST)" || { echo "usage: make copy SRC=file DST=file-or-directory" >&2; exit 2; }
	@node $(OUT)/js/cli/main.js --verbose -- "$(SRC)" "$(DST)"

## make test               set up, build, run all tests
test: all test-programs $(OUT)/web/index.html
	$(if $(HAVE_CC),,@echo "mapcp: no C and C++ compiler here, so the native tests are skipped; CI has them")
	node_modules/.bin/vitest run $(VITEST_FLAGS)

## make lint               check types, style and formatting of everything
lint: $(OUT)/js/index.js
	$(call need,$(CLANG_FORMAT),clang-format,LLVM's clang-format)
	$(call need,$(CLANG_TIDY),clang-tidy,LLVM's clang-tidy)
	node_modules/.bin/biome ci --error-on-warnings .
	node_modules/.bin/tsc --project tests/tsconfig.json
	node_modules/.bin/tsc --project tests/browser
	$(CLANG_FORMAT) --dry-run --Werror $(C_FILES)
	$(CLANG_TIDY) --quiet $(filter c-src/engine/%.c tests/engine/%.c,$(C_FILES)) -- $(ENGINE_FLAGS)
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

## make bindings           generate the C bindings anew from wit/ (needs wit-bindgen-cli, by cargo)
bindings:
	$(call need,$(WIT_BINDGEN),wit-bindgen,it with: cargo install wit-bindgen-cli@0.63.0)
	$(WIT_BINDGEN) c wit --world mapcp --out-dir c-src/component/bindings

# Fails when the committed bindings are not what wit/ gives.
check-bindings:
	$(call need,$(WIT_BINDGEN),wit-bindgen,it with: cargo install wit-bindgen-cli@0.63.0)
	$(WIT_BINDGEN) c wit --world mapcp --out-dir c-src/component/bindings --check

WIT_BINDGEN ?= wit-bindgen

## make clean              remove everything that was built
clean:
	rm -rf $(OUT)

## make help               list these
help:
	@sed -n 's/^## //p' Makefile

# --- The guests of the host's tests ----------------------------------------------------------------------------------

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

# --- Fuzzing ----------------------------------------------------------------------------------------------------------

# The engine and the component's command line, natively, with libFuzzer and sanitizers: a program for each target, whose
# seeds are in tests/fuzz/corpus. What it finds interesting goes to build/out/fuzz/corpus, and what it breaks on to
# build/out/fuzz.
FUZZERS := globs paths listing trees arguments
FUZZ_CC ?= clang
FUZZ_FLAGS := $(ENGINE_FLAGS) $(SANITIZERS) -Itests/fuzz -Ic-src/component/cli -isystem c-src/component/bindings \
	-DMAPCP_VERSION=\"$(VERSION)\"
# What is the same for each.
FUZZED := $(ENGINE) c-src/component/command.c $(wildcard c-src/component/cli/*.c) tests/fuzz/workplace.c
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

# The one part of the engine that a native build leaves out.
$(OUT)/fuzz/listing: c-src/engine/listing_wasi.c
$(OUT)/fuzz/listing: FUZZED_AS := -D__wasi__

.PHONY: fuzz fuzz-seeds $(FUZZERS:%=fuzz-%)
## make fuzz               fuzz the engine and the command line natively (SECONDS=60 for each target; needs clang)
fuzz: $(FUZZERS:%=$(OUT)/fuzz/%)
	@node tests/fuzz/run.mjs hunt $(SECONDS_EACH) $(FUZZERS)

$(FUZZERS:%=fuzz-%): fuzz-%: $(OUT)/fuzz/%
	@node tests/fuzz/run.mjs hunt $(SECONDS_EACH) $*

# What make fuzz has found to reach more of the code, as few inputs as do it, into tests/fuzz/corpus.
fuzz-seeds: $(FUZZERS:%=$(OUT)/fuzz/%)
	@node tests/fuzz/run.mjs merge $(FUZZERS)

# --- Soaking ----------------------------------------------------------------------------------------------------------

SOAK := $(wildcard tests/soak/*.ts tests/faults/*.ts tests/faults/*.mjs tests/helpers/*.ts tests/behaviour/*.ts)

$(OUT)/soak.js: tests/soak/soak.ts $(SOAK) ts/host/error-code.ts $(INSTALLED)
	node_modules/.bin/esbuild $< --bundle --packages=external --external:'#bindings' --format=esm --platform=node \
		--target=node20 --log-level=warning --outfile=$@

.PHONY: soak
## make soak               copy with faults, kills and races at random, and check everything (MINUTES=1 SEED=…)
soak: $(OUT)/js/index.js $(OUT)/soak.js
	@node --expose-gc $(OUT)/soak.js

# --- Racing -----------------------------------------------------------------------------------------------------------

.PHONY: race
## make race               swap names under every call of the host for longer than the tests do (ROUNDS=50000)
race: $(OUT)/js/index.js $(OUT)/node/guests/race.js
	MAPCP_RACE_ROUNDS=$(or $(ROUNDS),50000) node_modules/.bin/vitest run tests/host/race.test.ts

# --- Signatures -------------------------------------------------------------------------------------------------------

.PHONY: signatures
## make signatures         declare every type for every import of the host, for longer than the tests do (RUNS=84 for all)
signatures: $(OUT)/js/index.js
	MAPCP_RUNS=$(or $(RUNS),84) node_modules/.bin/vitest run tests/fuzz/signatures.test.ts

# --- Documentation ----------------------------------------------------------------------------------------------------

.PHONY: docs picture
## make docs               write the API reference to build/out/docs, from the doc comments
docs: $(OUT)/js/index.js
	node_modules/.bin/typedoc

## make picture            draw docs/progress.svg anew: the command line at work, from a real run
picture: $(OUT)/js/index.js
	node build/picture.mjs docs/progress.svg

# --- Measuring --------------------------------------------------------------------------------------------------------

.PHONY: bench
## make bench              measure copies against cp and others, for half an hour (ROUNDS=7 CASES=… CONTESTANTS=… PLACES=…)
bench: $(OUT)/js/index.js $(if $(HAVE_CC),$(OUT)/native/tests/bench/same-calls)
	node tests/bench/bench.mjs

.PHONY: profile
## make profile            measure where the time of a copy goes
profile: $(OUT)/js/index.js
	node tests/bench/profile.mjs

.PHONY: profile-publish
## make profile-publish    put that into docs/
profile-publish:
	cp $(OUT)/profile.md docs/profile.md

.PHONY: bench-publish
## make bench-publish      put what was measured into README.md and docs/, where it is the whole benchmark
bench-publish:
	node tests/bench/publish.mjs
