#define _GNU_SOURCE
#include "CAllocationCount.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#ifdef __GLIBC__
#include <sched.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_int counting;
static atomic_long calls, bytes;

static void note(size_t size) {
    if (!atomic_load_explicit(&counting, memory_order_relaxed)) return;
    atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&bytes, (long)size, memory_order_relaxed);
}

void *malloc(size_t size) {
    note(size);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    note(count * size);
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    note(size);
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
    note(size);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    note(size);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    note(size);
    void *memory = __libc_memalign(alignment, size);
    if (!memory) return ENOMEM;
    *result = memory;
    return 0;
}

int allocation_count_works(void) { return 1; }

void allocation_count_start(void) {
    atomic_store(&calls, 0);
    atomic_store(&bytes, 0);
    atomic_store(&counting, 1);
}

allocation_count allocation_count_stop(void) {
    atomic_store(&counting, 0);
    return (allocation_count){atomic_load(&calls), atomic_load(&bytes)};
}

int allocation_count_keep_cores(int count) {
    cpu_set_t all, kept;
    if (sched_getaffinity(0, sizeof all, &all) != 0) return 0;
    CPU_ZERO(&kept);
    for (int core = 0; core < CPU_SETSIZE && CPU_COUNT(&kept) < count; core++)
        if (CPU_ISSET(core, &all)) CPU_SET(core, &kept);
    return CPU_COUNT(&kept) == count && sched_setaffinity(0, sizeof kept, &kept) == 0;
}
#else
int allocation_count_works(void) { return 0; }
void allocation_count_start(void) {}
allocation_count allocation_count_stop(void) { return (allocation_count){0, 0}; }
int allocation_count_keep_cores(int count) { return 0; }
#endif
