# Culvert: `make` builds, `make demo` shows the main job, `make check` passes the tests, `make install` installs.
#
#   make CC=clang               another compiler, in a build folder of its own
#   make SAN=address,undefined  under sanitizers
#   make OPT=-O3                another optimisation level

ifeq ($(origin CC),default)
CC := gcc
endif
SAN ?=
OPT ?= -O2
prefix ?= /usr/local
libdir ?= $(prefix)/lib
includedir ?= $(prefix)/include

variant := $(filter-out gcc,$(notdir $(CC)))$(if $(SAN),$(SAN))$(filter-out -O2,$(OPT))
O := build$(if $(variant),/variant/$(subst $(eval) ,,$(variant)))

WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
CFLAGS ?= -g
CPPFLAGS += -I. -Isspi/include
BASE_CFLAGS := -std=c11 $(OPT) $(WARN) -fPIC -fvisibility=hidden -D_GNU_SOURCE $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)
LDFLAGS += $(if $(SAN),-fsanitize=$(SAN))
LIBS := -ltommath -lpthread

SRC := $(wildcard crypto/base/*.c crypto/*.c x509/*.c tls/*.c sspi/*.c sspi/port/posix*.c)
COMMAND_SRC := $(wildcard sspi/culvert/*.c)
UNIT_SRC := $(wildcard test/unit/test_*.c)
UNIT_COMMON := $(filter-out $(UNIT_SRC),$(wildcard test/unit/*.c))

OBJ := $(SRC:%.c=$(O)/obj/%.o)
COMMAND_OBJ := $(COMMAND_SRC:%.c=$(O)/obj/%.o)
UNIT_COMMON_OBJ := $(UNIT_COMMON:%.c=$(O)/obj/%.o)
UNIT_BIN := $(UNIT_SRC:%.c=$(O)/%)

.PHONY: all lib setup check unit check-unit layers format clean
.SECONDARY:
.DELETE_ON_ERROR:

all: lib $(if $(COMMAND_SRC),$(O)/culvert)
lib: $(O)/libculvert.a

$(O)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(BASE_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/libculvert.a: $(OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(O)/culvert: $(COMMAND_OBJ) $(O)/libculvert.a
	$(CC) $(LDFLAGS) -o $@ $^ -ljansson $(LIBS)

$(O)/test/unit/%: $(O)/obj/test/unit/%.o $(UNIT_COMMON_OBJ) $(O)/libculvert.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

unit: $(UNIT_BIN)

check-unit: unit
	@for t in $(UNIT_BIN); do $$t || exit 1; done

# Installs what building and testing need; does nothing where all is there.
setup:
	@sh test/setup.sh

check: setup
	@$(MAKE) --no-print-directory layers check-unit

layers:
	@sh test/layers.sh

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf build

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
