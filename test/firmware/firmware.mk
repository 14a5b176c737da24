# Images for boards in QEMU; part of the Makefile. docs/firmware.md.
#
#   make firmware          every profile's image for a Cortex-M4, mps2-an386
#   make firmware-table    and what each takes of flash and memory; fails if it is more than test/firmware/table.txt says
#   make firmware-check    and runs them in QEMU against OpenSSL; and test vectors on a Cortex-M4, a Cortex-M0 and RV32
#   make firmware-record   records anew what servers send to them, for the table's instructions
.PHONY: firmware firmware-table firmware-check firmware-record firmware-setup firmware-vectors

FW := build/firmware
FW_PROFILES := $(patsubst test/firmware/profile_%.c,%,$(wildcard test/firmware/profile_*.c))
# Of the table: profiles, and profile a on other cores.
FW_ROWS := $(FW_PROFILES) m0/a rv32/a

# What is built for: make FW_TARGET=m0 ...
FW_TARGET := m4
FW_TARGETS := m4 m0 rv32

# Cortex-M4
FW_OUT_m4 := $(FW)
FW_CC_m4 := arm-none-eabi-gcc
FW_ARCH_m4 := -mthumb -mcpu=cortex-m4 -mfloat-abi=soft
FW_BOARD_m4 := cortex_m mps2 uart
FW_MEMORY_m4 := -e,board_start,--defsym=__flash=0,--defsym=__flash_size=0x400000,--defsym=__ram=0x20000000,--defsym=__ram_size=0x400000,--defsym=__stack_size=0x8000

# Cortex-M0+, which QEMU runs as a Cortex-M0: microbit, with 16 KiB of RAM
FW_OUT_m0 := $(FW)/m0
FW_CC_m0 := arm-none-eabi-gcc
FW_ARCH_m0 := -mthumb -mcpu=cortex-m0plus -mfloat-abi=soft
FW_BOARD_m0 := cortex_m microbit
FW_ARENA_m0 := 6*1024
FW_MEMORY_m0 := -e,board_start,--defsym=__flash=0,--defsym=__flash_size=0x40000,--defsym=__ram=0x20000000,--defsym=__ram_size=0x4000,--defsym=__stack_size=0x2000

# RV32: virt
FW_OUT_rv32 := $(FW)/rv32
FW_CC_rv32 := riscv64-unknown-elf-gcc
FW_ARCH_rv32 := -march=rv32imac -mabi=ilp32
FW_BOARD_rv32 := riscv
FW_MEMORY_rv32 := -e,reset,--defsym=__flash=0x80000000,--defsym=__flash_size=0x400000,--defsym=__ram=0x80400000,--defsym=__ram_size=0x400000,--defsym=__stack_size=0x8000

# Memory for a connection; more than any profile takes, where there is as much.
FW_ARENA := $(or $(FW_ARENA_$(FW_TARGET)),24*1024)

FW_OUT := $(FW_OUT_$(FW_TARGET))
FW_CC := $(FW_CC_$(FW_TARGET))
FW_ARCH := $(FW_ARCH_$(FW_TARGET)) -Os --specs=picolibc.specs
FW_CFLAGS := -std=c11 $(WARN) -fstack-usage -ffunction-sections -fdata-sections -DCULVERT_EC_BITS_MAX=256 -DFIRMWARE_ARENA="$(FW_ARENA)"
FW_LDFLAGS := -nostartfiles -T picolibc.ld -Wl,--gc-sections,--no-warn-rwx-segments,$(FW_MEMORY_$(FW_TARGET))
# One curve; a profile brings its own base point table, or none.
FW_LIB := $(filter-out $(BN_SRC) crypto/p256_table.c crypto/p384%.c crypto/p521.c,$(wildcard crypto/base/*.c crypto/*.c x509/*.c tls/*.c)) \
    sspi/port/arena.c sspi/port/bare.c
FW_BOARD := $(FW_BOARD_$(FW_TARGET):%=test/firmware/%.c) test/firmware/host.c test/firmware/start.c
FW_SRC := $(FW_LIB) $(FW_BOARD) test/firmware/main.c test/firmware/vectors.c
FW_BASE_OBJ := $(FW_LIB:%.c=$(FW_OUT)/obj/%.o) $(FW_BOARD:%.c=$(FW_OUT)/obj/%.o)
FW_OBJ := $(FW_BASE_OBJ) $(FW_OUT)/obj/test/firmware/main.o

firmware: firmware-setup
	@$(MAKE) --no-print-directory $(FW_PROFILES:%=$(FW)/%.elf) $(FW_PROFILES:%=$(FW)/%-replay.elf)

firmware-setup:
	@sh test/firmware/setup.sh

$(FW_OUT)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $< ($(FW_TARGET))"
	$(Q)$(FW_CC) -I. $(FW_ARCH) $(FW_CFLAGS) -MMD -MP -c -o $@ $<

$(FW_PROFILES:%=$(FW_OUT)/obj/test/firmware/profile_%.o): $(FW)/root.der $(FW)/root-rsa.der \
    $(FW)/server.der $(FW)/server-issuer.der $(FW)/server-key.bin
$(FW)/%.der: test/firmware/pki/%.pem
	@mkdir -p $(@D)
	$(Q)openssl x509 -in $< -outform DER -out $@

$(FW)/%-issuer.der: test/firmware/pki/%.pem
	@mkdir -p $(@D)
	$(Q)awk '/BEGIN/ { n++ } n == 2' $< | openssl x509 -outform DER -out $@

# The scalar, which stands behind the 7 bytes of ECPrivateKey's beginning (RFC 5915).
$(FW)/%-key.bin: test/firmware/pki/%.key
	@mkdir -p $(@D)
	$(Q)openssl ec -in $< -outform DER 2>/dev/null | tail -c +8 | head -c 32 >$@

$(FW_OUT)/obj/replay_%.o: test/firmware/replay.c test/firmware/replay/%.bin
	@mkdir -p $(@D)
	$(Q)$(FW_CC) -I. $(FW_ARCH) $(FW_CFLAGS) -DFIRMWARE_RECORDED='"test/firmware/replay/$*.bin"' -c -o $@ $<

$(FW_OUT)/%-replay.elf: $(FW_OUT)/obj/test/firmware/profile_%.o $(FW_OUT)/obj/replay_%.o $(filter-out %/uart.o,$(FW_OBJ))
	@echo "  LINK  $@"
	$(Q)$(FW_CC) $(FW_ARCH) $(FW_LDFLAGS) -Wl,-Map=$(@:.elf=.map) -o $@ $^

$(FW_OUT)/%-vectors.elf: $(FW_OUT)/obj/test/firmware/profile_%.o $(FW_OUT)/obj/test/firmware/vectors.o $(FW_BASE_OBJ)
	@echo "  LINK  $@"
	$(Q)$(FW_CC) $(FW_ARCH) $(FW_LDFLAGS) -o $@ $^

$(FW)/%.elf: $(FW)/obj/test/firmware/profile_%.o $(FW_OBJ)
	@echo "  LINK  $@"
	$(Q)$(FW_CC) $(FW_ARCH) $(FW_LDFLAGS) -Wl,-Map=$(@:.elf=.map) -o $@ $^

# Profile a on each core: its recorded handshake, and test vectors.
.PHONY: firmware-targets firmware-target
firmware-targets: firmware
	@for t in $(FW_TARGETS); do $(MAKE) --no-print-directory FW_TARGET=$$t firmware-target || exit; done
firmware-target: $(FW_OUT)/a-replay.elf $(FW_OUT)/a-vectors.elf

FW_VECTORS := $(foreach t,$(FW_TARGETS),$(FW_OUT_$(t))/a-vectors.elf)

$(FW_OUT)/obj/test/firmware/vectors.o: $(FW)/vectors.bin
$(FW)/vectors.bin: test/firmware/vectors.py
	@mkdir -p $(@D)
	$(Q)python3 $< $@

firmware-vectors: firmware-targets
	@python3 test/firmware/run_vectors.py $(FW_VECTORS)

firmware-check: firmware firmware-vectors
	@python3 test/firmware/run.py $(FW) $(FW_PROFILES)
	@python3 test/firmware/table.py $(FW) $(FW_ROWS)
	@python3 test/firmware/frames.py $(FW) $(FW_PROFILES)

firmware-record: firmware-setup
	@$(MAKE) --no-print-directory $(FW_PROFILES:%=$(FW)/%.elf)
	@python3 test/firmware/run.py $(FW) --record $(FW_PROFILES)

firmware-table: firmware firmware-targets
	@python3 test/firmware/table.py $(FW) $(FW_ROWS) $(if $(REFRESH),--refresh)

-include $(FW_SRC:%.c=$(FW_OUT)/obj/%.d) $(FW_PROFILES:%=$(FW_OUT)/obj/test/firmware/profile_%.d)
