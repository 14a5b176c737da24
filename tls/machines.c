#include "tls/config.h"

const struct cv_machines cv_all_machines = {
    .client = &cv_machine_client,
    .client13 = &cv_machine_client13,
    .client12 = &cv_machine_client12,
    .server13 = &cv_machine_server13,
    .server12 = &cv_machine_server12,
};
