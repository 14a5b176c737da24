# Images for a Cortex-M4 board, QEMU's mps2-an386; part of the Makefile. docs/firmware.md.
#
#   make firmware          every profile's image
#   make firmware-table    and what each takes of flash and memory; fails if it is more than test/firmware/table.txt says
#   make firmware-check    and runs them in QEMU against OpenSSL
.PHONY: firmware firmware-table firmware-check firmware-setup

FW := build/firmware
FW_PROFILES := $(patsubst test/firmware/profile_%.c,%,$(wildcard test/firmware/profile_*.c))
FW_CC := arm-none-eabi-gcc
FW_ARCH := -mthumb -mcpu=cortex-m4 -mfloat-abi=soft -Os --specs=picolibc.specs
FW_CFLAGS := -std=c11 $(WARN) -ffunction-sections -fdata-sections -DCULVERT_EC_BITS_MAX=256
FW_LDFLAGS := -nostartfiles -T picolibc.ld -Wl,--gc-sections,-e,reset \
    -Wl,--defsym=__flash=0,--defsym=__flash_size=0x400000,--defsym=__ram=0x20000000,--defsym=__ram_size=0x400000 \
    -Wl,--defsym=__stack_size=0x8000,--no-warn-rwx-segments
# One curve; a profile brings its own base point table, or none.
FW_SRC := $(filter-out $(BN_SRC) crypto/p256_table.c crypto/p384.c crypto/p521.c,$(wildcard crypto/base/*.c crypto/*.c x509/*.c tls/*.c)) \
    sspi/port/arena.c sspi/port/bare.c test/firmware/mps2.c test/firmware/client.c
FW_OBJ := $(FW_SRC:%.c=$(FW)/obj/%.o)

firmware: firmware-setup
	@$(MAKE) --no-print-directory $(FW_PROFILES:%=$(FW)/%.elf)

firmware-setup:
	@sh test/firmware/setup.sh

$(FW)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $< (Cortex-M4)"
	$(Q)$(FW_CC) -I. -I$(FW) $(FW_ARCH) $(FW_CFLAGS) -MMD -MP -c -o $@ $<

$(FW)/obj/test/firmware/client.o: $(FW)/root.der
$(FW)/root.der: test/firmware/pki/root.pem
	@mkdir -p $(@D)
	$(Q)openssl x509 -in $< -outform DER -out $@

$(FW)/%.elf: $(FW)/obj/test/firmware/profile_%.o $(FW_OBJ)
	@echo "  LINK  $@"
	$(Q)$(FW_CC) $(FW_ARCH) $(FW_LDFLAGS) -Wl,-Map=$(FW)/$*.map -o $@ $^

firmware-check: firmware
	@python3 test/firmware/run.py $(FW) $(FW_PROFILES)

firmware-table: firmware
	@python3 test/firmware/table.py $(FW) $(FW_PROFILES)

-include $(FW_OBJ:.o=.d)
