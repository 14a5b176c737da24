# The fuzz targets; part of the Makefile.
#
#   make fuzz                   libFuzzer programs, with clang, under sanitizers
#   make fuzz-run               each for SECONDS (30), JOBS (1) at a time; TARGETS="a b" for some of them;
#                               CORPORA=folder for more seeds, in the layout of BoringSSL's corpora, read in place
#   make fuzz-long              the same, an hour each
#   make fuzz-replay            seeds and regressions through a plain program, with any compiler
#   make fuzz-seeds             writes test/fuzz/corpus anew

# Each file of test/fuzz/targets is a program.
FUZZ_TARGETS := $(patsubst test/fuzz/targets/%.c,%,$(wildcard test/fuzz/targets/*.c))
FUZZ_COMMON := $(filter-out %/make_seeds.c %/replay.c,$(wildcard test/fuzz/*.c)) test/unit/port_test.c
FUZZ_COMMON_OBJ := $(FUZZ_COMMON:%.c=$(O)/obj/%.o)
FUZZ_BIN := $(FUZZ_TARGETS:%=$(O)/fuzz/%)

FUZZ_SAN := fuzzer-no-link,address,undefined
FUZZ_WITH := CC=clang SAN=$(FUZZ_SAN) OPT=-O1 CFLAGS="-g -fno-sanitize-recover=all"
FUZZ_OUT := build/variant/clang$(FUZZ_SAN)-O1/fuzz
FUZZ_IN_CHECK := sspi_token_client sspi_token_server sspi_bufdesc api_seq decrypt_stream
FUZZ_PARSERS := der ber pem x509_cert x509_chain x509_stream conn_arriving crl ocsp pkcs7 pkcs8 pkcs12 pbe name_constraints hostname_match
IS_LIBFUZZER := $(findstring fuzzer,$(SAN))
SECONDS ?= 30
JOBS ?= 1
TARGETS ?= $(FUZZ_TARGETS)
CORPORA ?= ../shared/corpora

.PHONY: fuzz fuzz-bin fuzz-run fuzz-long fuzz-replay fuzz-seeds check-fuzz

$(O)/fuzz/%: $(O)/obj/test/fuzz/targets/%.o $(if $(IS_LIBFUZZER),,$(O)/obj/test/fuzz/replay.o) \
    $(FUZZ_COMMON_OBJ) $(O)/libculvert.a
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) $(if $(IS_LIBFUZZER),-fsanitize=fuzzer) -o $@ $^ -lcmocka $(LIBS)

fuzz-bin: $(FUZZ_BIN)

fuzz:
	@$(MAKE) --no-print-directory $(FUZZ_WITH) fuzz-bin

fuzz-run: fuzz
	@FUZZ_SECONDS=$(SECONDS) JOBS=$(JOBS) CORPORA=$(CORPORA) sh test/fuzz/run.sh $(FUZZ_OUT) $(TARGETS)

fuzz-long:
	@$(MAKE) --no-print-directory fuzz-run SECONDS=3600

fuzz-replay: fuzz-bin
	@for t in $(FUZZ_TARGETS); do \
	    $(O)/fuzz/$$t test/fuzz/corpus/$$t test/fuzz/regressions/$$t || exit 1; done

# What `make check` runs: 30 s for each target that faces a network through SSPI, 20 s for each of certificates.
check-fuzz: fuzz-replay
	@$(MAKE) --no-print-directory fuzz-run SECONDS=30 JOBS=2 TARGETS="$(FUZZ_IN_CHECK)"
	@$(MAKE) --no-print-directory fuzz-run SECONDS=20 JOBS=2 TARGETS="$(FUZZ_PARSERS)"

$(O)/obj/test/fuzz/pki.o: $(wildcard test/pki/tls/*)

$(O)/fuzz/make_seeds: $(O)/obj/test/fuzz/make_seeds.o $(O)/obj/test/unit/pki.o $(FUZZ_COMMON_OBJ) \
    $(O)/libculvert.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

fuzz-seeds: $(O)/fuzz/make_seeds
	$(O)/fuzz/make_seeds
