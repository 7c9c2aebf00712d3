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
all: $(OUT)/mapcp.wasm $(OUT)/js/index.js samples

# --- npm packages -------------------------------------------------------------------------------------------------

INSTALLED := node_modules/.package-lock.json

$(INSTALLED): package.json package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

VERSION = $(shell node -p 'require("./package.json").version')

# --- C to WebAssembly -----------------------------------------------------------------------------------------------

# Which toolchain made build/out; written only when it changes, so that a change compiles everything anew.
TOOLCHAIN := $(OUT)/toolchain
$(shell mkdir -p $(OUT) && echo '$(or $(WASI_SDK_PATH),@yowasp/clang)' | cmp -s - $(TOOLCHAIN) \
	|| echo '$(or $(WASI_SDK_PATH),@yowasp/clang)' > $(TOOLCHAIN))

WARNINGS := -Wall -Wextra -Werror
WASM_FLAGS := -O2 $(WARNINGS) -D_GNU_SOURCE -D_WASI_EMULATED_MMAN
WASM_TOOLS := build/clang.mjs Makefile $(TOOLCHAIN) $(INSTALLED)

ENGINE := $(wildcard c-src/engine/*.c)
COMPONENT := $(wildcard c-src/component/*.c c-src/component/bindings/*.c)
COMPONENT_TYPE := c-src/component/bindings/mapcp_component_type.o
COMPONENT_HEADERS := $(wildcard c-src/engine/*.h c-src/component/*.h c-src/component/bindings/*.h)

# A stamp and not a rule for each object, because one process compiles many files in the time of one.
$(OUT)/wasm/compiled: $(ENGINE) $(COMPONENT) $(COMPONENT_HEADERS) build/compile.mjs $(WASM_TOOLS)
	node build/compile.mjs $(OUT)/wasm $(WASM_FLAGS) -Ic-src/engine -Ic-src/component/bindings -DMAPCP_VERSION=\"$(VERSION)\" -- \
		$(if $(filter-out %.c,$?),$(ENGINE) $(COMPONENT),$?)
	@touch $@

$(OUT)/wasm/mapcp.core.wasm: $(OUT)/wasm/compiled $(COMPONENT_TYPE)
	node build/clang.mjs -mexec-model=reactor $(patsubst %,$(OUT)/wasm/%.o,$(ENGINE) $(COMPONENT)) \
		$(COMPONENT_TYPE) -lwasi-emulated-mman -Wl,--gc-sections -Wl,--strip-debug -o $@

$(OUT)/mapcp.wasm: $(OUT)/wasm/mapcp.core.wasm build/component.mjs
	node build/component.mjs reactor $< $@

# --- JavaScript -----------------------------------------------------------------------------------------------------

$(OUT)/bindings/mapcp.js: $(OUT)/mapcp.wasm build/transpile.mjs
	node build/transpile.mjs $< $(@D) mapcp

$(OUT)/js/index.js: $(OUT)/bindings/mapcp.js $(shell find ts -name '*.ts') tsconfig.json $(INSTALLED)
	node_modules/.bin/tsc --project tsconfig.json
	@touch $@

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
NATIVE_FLAGS := -O2 $(WARNINGS) -D_GNU_SOURCE

.PHONY: samples-native
samples-native: $(SAMPLES:%=$(OUT)/native/samples/%)

$(OUT)/native/samples/mapped-head: c-src/samples/mapped-head.c
$(OUT)/native/samples/mmapped-files: c-src/samples/mmapped-files.c
$(OUT)/native/samples/mmapped-files-cpp: c-src/samples/mmapped-files.cpp c-src/samples/memory_map.hpp

$(SAMPLES:%=$(OUT)/native/samples/%): Makefile
	@mkdir -p $(@D)
	$(if $(filter %.cpp,$^),$(CXX) -std=c++23 -fno-exceptions,$(CC) -std=c17) $(NATIVE_FLAGS) $(filter %.c %.cpp,$^) -o $@

# --- Programs for tests ---------------------------------------------------------------------------------------------

# Programs of tests/, as the samples: natively, as components, and with bindings for Node. `faults` makes the layer
# fail, and natively there is none.
TEST_PROGRAMS := mman/cases mman/faults samples/memory_map
NATIVE_TEST_PROGRAMS := $(filter-out mman/faults,$(TEST_PROGRAMS))

.PHONY: test-programs
test-programs: samples samples-native $(NATIVE_TEST_PROGRAMS:%=$(OUT)/native/tests/%) \
	$(TEST_PROGRAMS:%=$(OUT)/tests/%.wasm) $(TEST_PROGRAMS:%=$(OUT)/node/tests/%.js) $(SAMPLES:%=$(OUT)/node/samples/%.js)

$(OUT)/native/tests/mman/cases: tests/mman/cases.c
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
