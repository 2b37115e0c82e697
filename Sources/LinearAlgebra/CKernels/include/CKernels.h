#ifndef VEDETTE_CKERNELS_H
#define VEDETTE_CKERNELS_H
#include <stddef.h>
void vedette_exp(const float *x, float *y, size_t n);
#endif
