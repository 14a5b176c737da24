# The library as secur32.dll, by mingw-w64; part of the Makefile.
#
#   make dll         build/windows/secur32.dll, and sspicli.dll, under which name some programs look for it
#   make wine-check  under Wine: the unit tests of what the DLL is made of, programs of ours, and curl built for Windows

WINCC ?= x86_64-w64-mingw32-gcc
WINDOWS_O := build/windows
# What is crypt32's, advapi32's and kernel32's part there is left to them; arithmetic for tests stays away.
NOT_ON_WINDOWS := crypto/bn_tom.c $(addprefix sspi/,capi_hash.c capi_key.c capi_provider.c certificate.c \
    certificate_info.c certificate_name.c certificate_getname.c certificate_property.c certificate_query.c chain.c \
    chain_engine.c chain_find.c chain_policy.c collection.c crl_context.c culvert.c decode.c der_write.c encode.c \
    identity_context.c lasterror.c local_memory.c message_text.c module.c pfx.c query_object.c self_signed.c store.c store_find.c \
    store_open.c string_binary.c struct_fill.c text_out.c winnls.c wintime.c)
WINDOWS_SRC := $(filter-out $(NOT_ON_WINDOWS) sspi/port/%,$(SRC))
WINDOWS_PORT := sspi/port/windows.c sspi/port/windows_certificate.c sspi/port/windows_key.c
WINDOWS_OBJ := $(WINDOWS_SRC:%.c=$(WINDOWS_O)/obj/%.o) $(WINDOWS_PORT:%.c=$(WINDOWS_O)/obj/%.o)
# The compiler assumes a stack that Windows does not align for wide registers (its bug 54412): moves that need no alignment.
WINDOWS_CFLAGS := -std=c11 $(OPT) $(WARN) -Wa,-muse-unaligned-vector-move -I.

.PHONY: dll wine-check
dll: $(WINDOWS_O)/secur32.dll $(WINDOWS_O)/sspicli.dll

wine-check: all dll windows-unit
	@sh test/wine/run.sh $(WINDOWS_O) build/wine $(O)/culvert

# The unit tests but for: the façade's, whose certificates are crypt32's there; those of ports and of libtommath; those that
# need POSIX; and one that takes a minute.
NO_WINDOWS_UNIT := $(patsubst %,test/unit/test_%.c,sspi% wincrypt% bare bn_tom bulk path_memory limits residue tamper)
WINDOWS_UNIT := $(filter-out $(NO_WINDOWS_UNIT),$(UNIT_SRC))
WINDOWS_UNIT_BIN := $(WINDOWS_UNIT:test/unit/%.c=$(WINDOWS_O)/unit/%.exe)
WINDOWS_UNIT_OBJ := $(patsubst %.c,$(WINDOWS_O)/obj/%.o,$(filter-out %/sspi_fixture.c %/wincrypt_fixture.c,$(UNIT_COMMON)) \
    test/wine/unit/cmocka.c)

.PHONY: windows-unit
windows-unit: $(WINDOWS_UNIT_BIN)

$(WINDOWS_O)/obj/test/%.o: test/%.c
	@mkdir -p $(@D)
	@echo "  CC    $< (Windows)"
	$(Q)$(WINCC) $(WINDOWS_CFLAGS) -Itest/wine/unit -D__USE_MINGW_ANSI_STDIO=1 -MMD -MP -c -o $@ $<

$(WINDOWS_O)/engine.a: $(filter $(WINDOWS_O)/obj/crypto/% $(WINDOWS_O)/obj/x509/% $(WINDOWS_O)/obj/tls/%,$(WINDOWS_OBJ))
	@rm -f $@
	$(Q)$(patsubst %gcc,%ar,$(WINCC)) rcs $@ $^

$(WINDOWS_O)/unit/%.exe: $(WINDOWS_O)/obj/test/unit/%.o $(WINDOWS_UNIT_OBJ) $(WINDOWS_O)/engine.a
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(WINCC) -static-libgcc -o $@ $^

# The façade is built with our headers, whose names and numbers are those of Windows (`make abi`), but newer than
# mingw-w64's; the port with the system's.
$(WINDOWS_O)/obj/sspi/port/%.o: sspi/port/%.c
	@mkdir -p $(@D)
	@echo "  CC    $< (Windows)"
	$(Q)$(WINCC) $(WINDOWS_CFLAGS) $(if $(findstring certificate,$<),-Isspi/include -DCULVERT_OWN_HEADERS) -MMD -MP -c -o $@ $<

$(WINDOWS_O)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $< (Windows)"
	$(Q)$(WINCC) $(WINDOWS_CFLAGS) -Isspi/include -DCULVERT_OWN_HEADERS -MMD -MP -c -o $@ $<

# The other name leads to the same functions.
$(WINDOWS_O)/sspicli.def: $(WINDOWS_O)/secur32.def
	@sed 's/^LIBRARY .*/LIBRARY sspicli/; s/^    \(.*\)/    \1=secur32.\1/' $< >$@

$(WINDOWS_O)/sspicli.dll: $(WINDOWS_O)/sspicli.def
	@echo "  LINK  $@"
	$(Q)$(WINCC) -shared -nostdlib -Wl,-e,0 -o $@ $<

# Its exports are the functions of sspi.h, and what culvert.h adds there.
$(WINDOWS_O)/secur32.def: sspi/culvert.map sspi/windows.mk
	@mkdir -p $(@D)
	@{ echo 'LIBRARY secur32'; echo EXPORTS; sed -n '/sspi\.h/,/ncrypt\.h/s/^ *\([A-Z][A-Za-z]*\);/    \1/p' $<; \
	    echo '    CulvertVersion'; echo '    CulvertLastFailure'; echo '    CulvertSetExportKey'; } >$@

$(WINDOWS_O)/secur32.dll: $(WINDOWS_OBJ) $(WINDOWS_O)/secur32.def
	@echo "  LINK  $@"
	$(Q)$(WINCC) -shared -static-libgcc -o $@ $^ -lcrypt32 -lncrypt -lbcrypt -ladvapi32

-include $(WINDOWS_OBJ:.o=.d) $(WINDOWS_UNIT_OBJ:.o=.d) $(WINDOWS_UNIT:%.c=$(WINDOWS_O)/obj/%.d)
