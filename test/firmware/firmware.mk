# Images for a Cortex-M4 board, QEMU's mps2-an386; part of the Makefile. docs/firmware.md.
#
#   make firmware          every profile's image
#   make firmware-table    and what each takes of flash and memory; fails if it is more than test/firmware/table.txt says
#   make firmware-check    and runs them in QEMU against OpenSSL
#   make firmware-record   records anew what servers send to them, for the table's instructions
.PHONY: firmware firmware-table firmware-check firmware-record firmware-setup

FW := build/firmware
FW_PROFILES := $(patsubst test/firmware/profile_%.c,%,$(wildcard test/firmware/profile_*.c))
FW_CC := arm-none-eabi-gcc
FW_ARCH := -mthumb -mcpu=cortex-m4 -mfloat-abi=soft -Os --specs=picolibc.specs
FW_CFLAGS := -std=c11 $(WARN) -ffunction-sections -fdata-sections -DCULVERT_EC_BITS_MAX=256
FW_LDFLAGS := -nostartfiles -T picolibc.ld -Wl,--gc-sections,-e,reset \
    -Wl,--defsym=__flash=0,--defsym=__flash_size=0x400000,--defsym=__ram=0x20000000,--defsym=__ram_size=0x400000 \
    -Wl,--defsym=__stack_size=0x8000,--no-warn-rwx-segments
# One curve; a profile brings its own base point table, or none.
FW_SRC := $(filter-out $(BN_SRC) crypto/p256_table.c crypto/p384%.c crypto/p521.c,$(wildcard crypto/base/*.c crypto/*.c x509/*.c tls/*.c)) \
    sspi/port/arena.c sspi/port/bare.c test/firmware/mps2.c test/firmware/uart.c test/firmware/client.c
FW_OBJ := $(FW_SRC:%.c=$(FW)/obj/%.o)

firmware: firmware-setup
	@$(MAKE) --no-print-directory $(FW_PROFILES:%=$(FW)/%.elf) $(FW_PROFILES:%=$(FW)/%-replay.elf)

firmware-setup:
	@sh test/firmware/setup.sh

$(FW)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $< (Cortex-M4)"
	$(Q)$(FW_CC) -I. -I$(FW) $(FW_ARCH) $(FW_CFLAGS) -MMD -MP -c -o $@ $<

$(FW_PROFILES:%=$(FW)/obj/test/firmware/profile_%.o): $(FW)/root.der $(FW)/root-rsa.der
$(FW)/%.der: test/firmware/pki/%.pem
	@mkdir -p $(@D)
	$(Q)openssl x509 -in $< -outform DER -out $@

$(FW)/obj/replay_%.o: test/firmware/replay.c test/firmware/replay/%.bin
	@mkdir -p $(@D)
	$(Q)$(FW_CC) -I. $(FW_ARCH) $(FW_CFLAGS) -DFIRMWARE_RECORDED='"test/firmware/replay/$*.bin"' -c -o $@ $<

$(FW)/%-replay.elf: $(FW)/obj/test/firmware/profile_%.o $(FW)/obj/replay_%.o $(filter-out %/uart.o,$(FW_OBJ))
	@echo "  LINK  $@"
	$(Q)$(FW_CC) $(FW_ARCH) $(FW_LDFLAGS) -o $@ $^

$(FW)/%.elf: $(FW)/obj/test/firmware/profile_%.o $(FW_OBJ)
	@echo "  LINK  $@"
	$(Q)$(FW_CC) $(FW_ARCH) $(FW_LDFLAGS) -Wl,-Map=$(FW)/$*.map -o $@ $^

firmware-check: firmware
	@python3 test/firmware/run.py $(FW) $(FW_PROFILES)

firmware-record: firmware-setup
	@$(MAKE) --no-print-directory $(FW_PROFILES:%=$(FW)/%.elf)
	@python3 test/firmware/run.py $(FW) --record $(FW_PROFILES)

firmware-table: firmware
	@python3 test/firmware/table.py $(FW) $(FW_PROFILES) $(if $(REFRESH),--refresh)

-include $(FW_OBJ:.o=.d) $(FW_PROFILES:%=$(FW)/obj/test/firmware/profile_%.d)
