# Culvert: `make` builds, `make demo` shows the main job, `make check` passes the tests, `make install` installs.
#
#   make CC=clang               another compiler, in a build folder of its own
#   make SAN=address,undefined  under sanitizers
#   make OPT=-O3                another optimisation level
#   make V=1                    commands in full

ifeq ($(origin CC),default)
CC := gcc
endif
SAN ?=
OPT ?= -O2
VERSION := $(shell sed -n 's/.*CULVERT_VERSION "\(.*\)"/\1/p' sspi/include/culvert.h)
prefix ?= /usr/local
bindir ?= $(prefix)/bin
libdir ?= $(prefix)/lib
includedir ?= $(prefix)/include
mandir ?= $(prefix)/share/man

variant := $(filter-out gcc,$(notdir $(CC)))$(if $(SAN),$(SAN))$(filter-out -O2,$(OPT))
O := build$(if $(variant),/variant/$(subst $(eval) ,,$(variant)))
# CT=valgrind or msan: secrets are marked for the constant-time check (test/ct), in folders apart.
CT ?=
ifneq ($(CT),)
O := build/ct/$(CT)/$(notdir $(CC))$(OPT)
endif
# Warnings are for the ordinary build; valgrind 3.19 reads no DWARF 5 from clang.
CT_FLAGS_valgrind := -w -DCULVERT_CT_VALGRIND $(if $(findstring clang,$(CC)),-gdwarf-4)
CT_FLAGS_plain := -w
CT_FLAGS_msan := -w -DCULVERT_CT_MSAN -include test/ct/msan.h

WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
CFLAGS ?= -g
CPPFLAGS += -I. -Isspi/include
BASE_CFLAGS := -std=c11 $(OPT) $(WARN) -fPIC -fvisibility=hidden -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer) $(CT_FLAGS_$(CT))
LDFLAGS += $(if $(SAN),-fsanitize=$(SAN))
# gcc 12 calls a library for atomic bytes on RISC-V.
LIBS := -lpthread -ldl $(if $(findstring riscv,$(CC)$(shell uname -m)),-latomic)
Q := $(if $(V),,@)

# Big integers by libtommath are for the command and the tests; the library does without.
BN_SRC := crypto/bn_tom.c
SRC := $(filter-out $(BN_SRC),$(wildcard crypto/base/*.c crypto/*.c x509/*.c tls/*.c sspi/*.c sspi/port/arena.c sspi/port/bare.c sspi/port/posix*.c))
COMMAND_SRC := $(wildcard sspi/culvert/*.c)
UNIT_SRC := $(wildcard test/unit/test_*.c)
UNIT_COMMON := $(filter-out $(UNIT_SRC),$(wildcard test/unit/*.c))

OBJ := $(SRC:%.c=$(O)/obj/%.o)
BN_OBJ := $(BN_SRC:%.c=$(O)/obj/%.o) $(O)/libtommath.a
COMMAND_OBJ := $(COMMAND_SRC:%.c=$(O)/obj/%.o)
UNIT_COMMON_OBJ := $(UNIT_COMMON:%.c=$(O)/obj/%.o)
UNIT_BIN := $(UNIT_SRC:%.c=$(O)/%)

BENCH_COMMON := harness pair engine facade memory
BENCH_OBJ := $(BENCH_COMMON:%=$(O)/obj/test/bench/%.o)
BENCH_BIN := $(O)/test/bench/culvert-bench $(O)/test/bench/openssl-bench

.PHONY: all demo lib setup check unit check-unit check-threads conversations vectors limbo pkits corpus check-command check-programs interop curl-schannel libgit2-schannel bench check-insns layers abi symbols install docs check-docs format clean
.SECONDARY:
.DELETE_ON_ERROR:

all: lib $(if $(COMMAND_SRC),$(O)/culvert)
lib: $(O)/libculvert.a $(O)/libculvert.so.0

$(O)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) $(BASE_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/libculvert.a: $(OBJ)
	@rm -f $@
	@echo "  AR    $@"
	$(Q)$(AR) rcs $@ $^

$(O)/libculvert.so.0: $(OBJ) sspi/culvert.map
	@echo "  LINK  $@"
	$(Q)$(CC) -shared $(LDFLAGS) -Wl,-soname,libculvert.so.0 -Wl,--version-script=sspi/culvert.map \
	    -Wl,-z,relro,-z,now -o $@ $(OBJ) $(LIBS)

# libtommath with our allocator: crypto/bn_tom.h says why so.
OBJCOPY ?= objcopy
TOMMATH ?= $$($(CC) -print-file-name=libtommath.a)

$(O)/libtommath.a:
	@mkdir -p $(@D)
	$(Q)$(OBJCOPY) $(foreach f,malloc calloc realloc free,--redefine-sym $f=cv_bn_tom_$f) \
	    "$(TOMMATH)" $@

$(O)/culvert: $(COMMAND_OBJ) $(BN_OBJ) $(O)/libculvert.a
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -ljansson -lz $(LIBS)

$(O)/test/unit/test_bn_tom: $(BN_OBJ)

$(O)/test/unit/%: $(O)/obj/test/unit/%.o $(UNIT_COMMON_OBJ) $(O)/libculvert.a
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

$(O)/test/bench/culvert-bench: $(addprefix $(O)/obj/test/bench/,culvert.o primitives.o) $(BENCH_OBJ) $(O)/libculvert.a
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(O)/test/bench/insns-bench: $(O)/obj/test/bench/insns.o $(BENCH_OBJ) $(O)/libculvert.a
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(O)/test/bench/openssl-bench: $(addprefix $(O)/obj/test/bench/,openssl.o openssl_primitives.o harness.o)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lssl -lcrypto

# They count what is copied, and what is allocated.
$(O)/test/unit/test_bulk: LDFLAGS += -Wl,--wrap=memcpy,--wrap=memmove
$(O)/test/unit/test_path_memory: LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

unit: $(UNIT_BIN)

check-unit: unit
	@for t in $(UNIT_BIN); do $$t || exit 1; done

# Speed and memory beside the system's OpenSSL; docs/performance.md. ROUNDS=n repeats.
bench: setup
	@$(MAKE) --no-print-directory $(BENCH_BIN)
	@sh test/bench/compare.sh $(O)/test/bench $(ROUNDS)

# Instructions of handshakes and records must not grow unnoticed. REFRESH=1 writes the table.
check-insns: $(if $(variant),,$(O)/test/bench/insns-bench)
ifeq ($(variant),)
	@sh test/bench/insns.sh $< "$(CC)" $(if $(REFRESH),refresh)
else
	@echo "insns: only counted in the plain gcc build"
endif

# Our client and server, with each other and with OpenSSL's.
demo: setup
	@$(MAKE) --no-print-directory all
	@$(O)/culvert demo

# Installs what building and testing need; does nothing where all is there.
setup:
	@sh test/setup.sh

check: setup
	@$(MAKE) --no-print-directory layers abi symbols check-docs check-unit check-threads conversations check-insns vectors differential limbo pkits corpus check-command check-programs ct-quick check-fuzz interop conformance curl-schannel libgit2-schannel check-differential bogo firmware-check

# What the command says and does, and the programs for readers.
check-command: all
	@sh test/command/run.sh $(O)
	@sh test/command/torture.sh $(O)
	@CC="$(CC)" EXAMPLE_CFLAGS="$(if $(SAN),-fsanitize=$(SAN))" sh test/interop/examples.sh $(O)

# What only the long targets run is built all the same, so that it does not rot.
check-programs: $(BENCH_BIN) $(O)/test/x509/bench/culvert $(O)/test/dudect/dudect
	@$(O)/test/dudect/dudect 2000 leak

# Two threads on one context, under ThreadSanitizer.
THREADS := build/variant/thread/test/unit/test_sspi_threads
check-threads:
	@$(MAKE) --no-print-directory CC=gcc SAN=thread $(THREADS)
	@$(THREADS)

# Every row of the façade's contract as a conversation; docs/SSPI.md names them.
conversations: lib
	@python3 test/sspi/conversation.py $(O)/libculvert.so.0 $(wildcard test/sspi/rows/*.txt)

# As client and as server with other implementations; installs and builds them.
interop: all
	@sh test/interop/setup.sh build/interop
	@python3 test/interop/run.py --culvert $(O)/culvert --build build/interop
	@sh test/interop/status.sh $(O) build/interop
	@python3 test/interop/generic_extension.py $(O)/libculvert.so.0

# Files of Wycheproof that vectors/ does not carry: the package lacks them, they are large, or ours to refuse.
WYCHEPROOF ?= ../shared/vectors/wycheproof
IN_PLACE := aes_cmac rsa_pkcs1_2048 rsa_pkcs1_2048_sig_gen rsa_pkcs1_3072 rsa_pkcs1_3072_sig_gen \
    rsa_pkcs1_4096 rsa_pkcs1_4096_sig_gen rsa_signature_8192_sha384 rsa_signature_8192_sha512

# curl with its own back end for Schannel, unchanged, over this library, against several servers; fetches and builds it.
curl-schannel: all
ifeq ($(variant),)
	@sh test/curl/setup.sh $(O)/libculvert.a build/curl
	@python3 test/curl/run.py --curl build/curl/out/src/curl --culvert $(O)/culvert --build build/curl
else
	@echo "curl-schannel: only in the plain gcc build"
endif

# With OpenSSL 3.5, built from the crate openssl-src, which takes minutes: hybrid groups, ML-DSA, raw public keys. Of
# these `make interop` has hybrids with Go and rustls, raw public keys with GnuTLS.
.PHONY: interop-pq
interop-pq: all
	@sh test/interop/openssl.sh build/interop
	@python3 test/interop/run.py --culvert $(O)/culvert --build build/interop --pq

# libgit2's stream over Schannel, unchanged, over this library; fetches and builds it.
libgit2-schannel: lib
ifeq ($(variant),)
	@sh test/libgit2/setup.sh build/libgit2
	@python3 test/libgit2/run.py $(O)/libculvert.a build/libgit2
else
	@echo "libgit2-schannel: only in the plain gcc build"
endif

# Each MUST and SHOULD of RFC 9846: tlslite-ng as a scripted peer, and the unit tests that show the rest; compares the
# table of docs/conformance.md, REFRESH=1 writes it. RFC=FILE: the sentences are compared with it.
.PHONY: conformance
RFC ?= ../shared/rfc/rfc9846.md
conformance: all unit
	@sh test/conformance/setup.sh build/conformance
	@PYTHONPATH=build/conformance/python python3 test/conformance/run.py --culvert $(O)/culvert --unit $(O)/test/unit \
	    --build build/conformance --rfc $(RFC) $(if $(REFRESH),--refresh)

# The server as testssl.sh and sslscan see it; takes two minutes.
.PHONY: scan-server
scan-server: all
	@sh test/scan/setup.sh
	@python3 test/scan/run.py --culvert $(O)/culvert

# Every vector file in vectors/ through every implementation; what passes and what is refused is known in advance.
vectors: all
	@mkdir -p $(O)/test
	@$(O)/culvert vectors vectors/*/*.gz vectors/*/*.txt >$(O)/test/vectors.txt || { cat $(O)/test/vectors.txt; exit 1; }
	@diff vectors/expected.txt $(O)/test/vectors.txt && tail -1 $(O)/test/vectors.txt
	@if [ -d "$(WYCHEPROOF)" ]; then \
	    $(O)/culvert vectors $(IN_PLACE:%=$(WYCHEPROOF)/%_test.json) >$(O)/test/vectors-in-place.txt; \
	    diff vectors/expected-in-place.txt $(O)/test/vectors-in-place.txt && \
	    echo "in place, $$(tail -1 $(O)/test/vectors-in-place.txt)"; \
	    else echo "vectors: there is no folder '$(WYCHEPROOF)' (WYCHEPROOF=FOLDER): $(words $(IN_PLACE)) files were not run"; fi

# Public suites of certification paths, read in place. LIMBO=FILE: x509-limbo's JSON, also gzipped.
LIMBO ?= ../shared/limbo/limbo-given.json.gz
PYTHON_X509 := build/x509/python

$(O)/test/x509/suite: $(patsubst %.c,$(O)/obj/%.o,$(wildcard test/x509/*.c)) $(O)/libculvert.a
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -ljansson -lz $(LIBS)

limbo: $(O)/test/x509/suite
	@if [ -e "$(LIMBO)" ]; then $< limbo "$(LIMBO)" test/x509/limbo-exceptions.txt && \
	    echo "limbo, as certificates arrive:" && $< stream "$(LIMBO)" test/x509/stream-exceptions.txt; \
	    else echo "limbo: there is no file '$(LIMBO)' (LIMBO=FILE): nothing was run"; fi

# The core cases by OpenSSL, Go (where there is one) and pyca, for the table of docs/conformance.md.
.PHONY: limbo-peers
limbo-peers: $(O)/test/x509/suite | $(PYTHON_X509)
	@cd test/x509/peers/golimbo && go build -o $(abspath $(O))/test/x509/golimbo . || echo "limbo-peers: without Go"
	@PYTHONPATH=$(PYTHON_X509) python3 -W ignore test/x509/limbo_peers.py "$(LIMBO)" $< $(O)/test/x509/golimbo

# Our own: every certificate that the rows 18 to 31 of ../shared/attacks.md speak of. test/x509/corpus.py makes it.
corpus: $(O)/test/x509/suite
	@$< limbo test/x509/corpus.json.gz test/x509/corpus-exceptions.txt
	@echo "corpus, as certificates arrive:"; $< stream test/x509/corpus.json.gz test/x509/stream-exceptions.txt

# Mutated chains, judged by us, OpenSSL, GnuTLS and (where interop built it) webpki; docs/differential.md explains every
# disagreement. N chains.
.PHONY: x509-differential check-differential
N ?= 20000
$(PYTHON_X509):
	@python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target $@ cryptography==48.0.0 asn1crypto==1.5.1

$(O)/test/x509/peers: test/x509/peers/peers.c
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(OPT) $(WARN) $(CFLAGS) -o $@ $< -lcrypto -lgnutls

x509-differential: $(O)/test/x509/suite $(O)/test/x509/peers | $(PYTHON_X509)
	@PYTHONPATH=$(PYTHON_X509) python3 test/x509/differential.py $(N) $< $(O)/test/x509

# What `make check` runs.
check-differential:
	@$(MAKE) --no-print-directory x509-differential N=1000

# Validating a chain against the host's roots, beside OpenSSL, BearSSL (libbearssl-dev) and webpki.
.PHONY: bench-x509
bench-x509: $(O)/test/x509/bench/culvert $(O)/test/x509/bench/peers
	@sh test/x509/bench/run.sh $(O)/test/x509/bench

$(O)/test/x509/bench/culvert: $(O)/obj/test/x509/bench/culvert.o $(O)/libculvert.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(O)/test/x509/bench/peers: test/x509/bench/peers.c test/x509/bench/rate.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(OPT) -w -D_GNU_SOURCE -o $@ $< -lcrypto -lbearssl

# NIST PKITS. PKITS=FILE: what each test is to give; the data comes from the PyPI package cryptography-vectors.
PKITS ?= ../shared/pkits/expectations.json
PKITS_PACKAGE := cryptography-vectors==50.0.2
PKITS_DATA := build/pkits/cryptography_vectors/x509/PKITS_data

pkits: $(O)/test/x509/suite
	@if [ -e "$(PKITS)" ]; then [ -d $(PKITS_DATA) ] || python3 -m pip install --quiet \
	    --disable-pip-version-check --root-user-action=ignore --no-deps --target build/pkits $(PKITS_PACKAGE) && \
	    $< pkits "$(PKITS)" test/x509/pkits-exceptions.txt $(PKITS_DATA); \
	    else echo "pkits: there is no file '$(PKITS)' (PKITS=FILE): nothing was run"; fi

# No branch, address or division that depends on a secret: docs/constant-time.md. ct-quick is the part for `make check`.
.PHONY: ct ct-quick ct-objects
CT_SRC := $(wildcard test/ct/*.c)
CT_LIB_OBJ := $(filter $(O)/obj/crypto/% $(O)/obj/x509/% $(O)/obj/tls/%,$(OBJ))
CT_OBJ := $(CT_SRC:%.c=$(O)/obj/%.o) $(patsubst %,$(O)/obj/test/unit/%.o,hex pki port_test tls_fixture) $(CT_LIB_OBJ)

$(O)/ct: $(CT_OBJ)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -Wl,-z,now -o $@ $^ -lcmocka $(LIBS)

# For the scan of the object code, which needs no marks: CT=plain.
ct-objects: $(CT_LIB_OBJ) $(O)/obj/test/ct/leaky.o

ct ct-quick:
	@MAKE="$(MAKE)" sh test/ct/run.sh $@

# Random inputs through every implementation and through OpenSSL. ROUNDS=n repeats, SEED=n takes others; the part for
# check is one round.
$(O)/test/differential/differential: $(O)/obj/test/differential/differential.o $(O)/libculvert.a
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcrypto $(LIBS)

.PHONY: differential
differential: $(O)/test/differential/differential
	@$< $(or $(ROUNDS),1) $(or $(SEED),1)

# Whether time depends on secrets, by statistics: minutes on an idle machine. RUNS=n; CASES="x25519 ecdsa" picks some.
$(O)/test/dudect/dudect: $(O)/obj/test/dudect/dudect.o $(O)/obj/test/unit/hex.o $(O)/libculvert.a
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcrypto -lm $(LIBS)

.PHONY: dudect
dudect: $(O)/test/dudect/dudect
	@$< $(or $(RUNS),1000000) $(CASES)

# Other machines, under qemu-user: unit tests and vectors. MACHINES="aarch64 s390x" picks some; installs and builds what
# they need. Not part of check: a quarter of an hour.
.PHONY: machines
machines:
	@MAKE="$(MAKE)" sh test/machines/run.sh build/machines $(MACHINES)

layers:
	@sh test/layers.sh

# The public headers: each compiles alone, and every name agrees with mingw-w64's.
abi:
	@sh test/abi/headers.sh $(O)/test/abi/headers
	@CC="$(CC)" sh test/abi/run.sh $(O)/test/abi

# Exported and external names: everything declared is there, and nothing else; and what `make install` puts down
# compiles, links and runs.
symbols: lib
	@sh test/abi/symbols.sh $(O)/libculvert.a $(O)/libculvert.so.0
	@CC="$(CC)" LDFLAGS="$(LDFLAGS)" sh test/abi/installed.sh $(abspath $(O))/test/abi/stage

# BoringSSL's adversarial TLS peer judges the façade: docs/conformance.md. TEST='PATTERN;…' runs a few.
BOGO_OBJ := $(patsubst %.c,$(O)/obj/%.o,$(wildcard test/bogo/*.c)) $(O)/obj/sspi/culvert/link.o

$(O)/test/bogo/shim: $(BOGO_OBJ) $(O)/libculvert.a
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -Wl,--wrap=time,--wrap=clock_gettime -o $@ $^ $(LIBS)

.PHONY: bogo
bogo: $(O)/test/bogo/shim
	@sh test/bogo/setup.sh build/bogo
	@nice python3 test/bogo/run.py --build build/bogo --shim $< $(if $(TEST),--test '$(TEST)') $(if $(REFRESH),--refresh)

include test/fuzz/fuzz.mk
include sspi/windows.mk
include test/firmware/firmware.mk

install: all
	install -d $(DESTDIR)$(includedir)/culvert $(DESTDIR)$(libdir)/pkgconfig
	install -m 644 sspi/include/*.h $(DESTDIR)$(includedir)/culvert
	install -m 644 $(O)/libculvert.a $(DESTDIR)$(libdir)
	install -m 755 $(O)/libculvert.so.0 $(DESTDIR)$(libdir)
	for l in culvert secur32 crypt32; do ln -sf libculvert.so.0 $(DESTDIR)$(libdir)/lib$$l.so; done
	for p in culvert culvert-wide; do \
	    sed -e 's|@prefix@|$(prefix)|; s|@libdir@|$(libdir)|; s|@includedir@|$(includedir)|; s|@version@|$(VERSION)|' \
	        sspi/$$p.pc.in >$(DESTDIR)$(libdir)/pkgconfig/$$p.pc || exit 1; done
	$(if $(COMMAND_SRC),install -d $(DESTDIR)$(bindir) && install -m 755 $(O)/culvert $(DESTDIR)$(bindir))
	for s in 1 3 7; do install -d $(DESTDIR)$(mandir)/man$$s && install -m 644 docs/man/*.$$s $(DESTDIR)$(mandir)/man$$s || exit 1; done

# Pages that are printed from the source.
$(O)/test/doc/%: $(O)/obj/test/doc/%.o $(O)/libculvert.a
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

docs: $(O)/test/doc/handshake_diagram
	$(O)/test/doc/handshake_diagram >docs/handshake.md
	python3 test/sspi/doc.py

check-docs: $(O)/test/doc/handshake_diagram $(O)/culvert
	@$(O)/test/doc/handshake_diagram | cmp - docs/handshake.md
	@echo "docs: docs/handshake.md is what the tables say"
	@python3 test/sspi/doc.py --check
	@sh test/doc/check.sh $(O)/culvert

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf build

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
