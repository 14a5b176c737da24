# The library as secur32.dll, by mingw-w64; part of the Makefile.
#
#   make dll         build/windows/secur32.dll, and sspicli.dll, under which name some programs look for it
#   make wine-check  under Wine: a program of ours, and curl built for Windows

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

wine-check: all dll
	@sh test/wine/run.sh $(WINDOWS_O) build/wine $(O)/culvert

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
$(WINDOWS_O)/secur32.def: sspi/culvert.map
	@mkdir -p $(@D)
	@{ echo 'LIBRARY secur32'; echo EXPORTS; sed -n '/sspi\.h/,/ncrypt\.h/s/^ *\([A-Z][A-Za-z]*\);/    \1/p' $<; \
	    echo '    CulvertVersion'; echo '    CulvertLastFailure'; echo '    CulvertSetExportKey'; } >$@

$(WINDOWS_O)/secur32.dll: $(WINDOWS_OBJ) $(WINDOWS_O)/secur32.def
	@echo "  LINK  $@"
	$(Q)$(WINCC) -shared -static-libgcc -o $@ $^ -lcrypt32 -lncrypt -lbcrypt -ladvapi32

-include $(WINDOWS_OBJ:.o=.d)
