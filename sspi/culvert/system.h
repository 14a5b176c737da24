/* Memory and random bytes of the system, in the forms that crypto asks for, for the command's tests. */
#ifndef CULVERT_SYSTEM_H
#define CULVERT_SYSTEM_H

#include "crypto/bn_tom.h"

extern const struct cv_bn_memory cv_system_heap;
extern const struct cv_rng cv_system_rng;

#endif
