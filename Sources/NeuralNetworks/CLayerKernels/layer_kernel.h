// What every kernel file needs: the declarations, and the attribute that builds a function once per CPU level.
#include "CLayerKernels.h"

#if defined(__x86_64__) && defined(__linux__)
#define LAYER_KERNEL __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define LAYER_KERNEL
#endif

// Each pass of the loop reads and writes its own elements only, so it may be vectorised whatever its pointers are.
#define LAYER_ELEMENTWISE _Pragma("clang loop vectorize(assume_safety)")
