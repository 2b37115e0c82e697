#ifndef VEDETTE_LEVELS_H
#define VEDETTE_LEVELS_H

// One body, compiled for SSE2, AVX2 with FMA, and AVX-512; the loader picks by the CPU.
#if defined(__x86_64__) && defined(__linux__)
#define VEDETTE_LEVELS __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define VEDETTE_LEVELS
#endif

// Each element depends on its own index only, so y == x is safe and no overlap check is needed.
#define VEDETTE_ELEMENTWISE _Pragma("clang loop vectorize(assume_safety)")

#endif
