#define _GNU_SOURCE
#include "CKernels.h"
#include <sched.h>
#include <unistd.h>

int vedette_usable_cores(void) {
#ifdef __linux__
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed);
#endif
    return (int)sysconf(_SC_NPROCESSORS_ONLN);
}
