#ifndef VEDETTE_ALLOCATION_COUNT_H
#define VEDETTE_ALLOCATION_COUNT_H

// Counts what all threads of a process ask the heap for: whatever links this has its malloc and its neighbours replaced
// by ones that count and pass on. Works with glibc; elsewhere nothing is counted and `allocation_count_works` is 0.

// Whether allocations are counted here.
int allocation_count_works(void);

// Starts from zero.
void allocation_count_start(void);

// What was asked for since the start, until the stop: how often, and how many bytes in all.
typedef struct {
    long calls;
    long bytes;
} allocation_count;

allocation_count allocation_count_stop(void);

// Leaves this process the first `count` of its cores. Returns 0 when it has fewer.
int allocation_count_keep_cores(int count);

#endif
