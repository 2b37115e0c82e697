#include "layer_kernel.h"
#include <string.h>

// Sixteen columns at a time: one register with AVX-512, two with AVX2, four otherwise.
#define LANES 16
typedef float lanes __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
#define UNROLLED _Pragma("clang loop unroll(full)")
#define MOST_ROWS 4
#define MOST_BLOCKS 4

static inline __attribute__((always_inline)) lanes load(const float *x) { return *(const lanes *)x; }

// `rows` times `blocks` times LANES sums, side by side so that none waits for the other.
static inline __attribute__((always_inline)) void tile(const float *x, const float *weight, const float *start,
                                                       size_t start_stride, float *y, size_t channels, size_t units,
                                                       int rectify, const int rows, const int blocks) {
    lanes sums[MOST_ROWS][MOST_BLOCKS];
    UNROLLED for (int r = 0; r < rows; r++)
        UNROLLED for (int b = 0; b < blocks; b++)
            sums[r][b] = start ? load(start + r * start_stride + b * LANES) : (lanes){0};
    for (size_t k = 0; k < channels; k++, weight += units)
        UNROLLED for (int b = 0; b < blocks; b++) {
            const lanes factor = load(weight + b * LANES);
            UNROLLED for (int r = 0; r < rows; r++) sums[r][b] += x[r * channels + k] * factor;
        }
    UNROLLED for (int r = 0; r < rows; r++)
        UNROLLED for (int b = 0; b < blocks; b++) {
            lanes sum = sums[r][b];
            if (rectify) sum = (lanes)((__typeof__(sum < sum))sum & ~(sum < 0.0f));  // NaN stays NaN
            *(lanes *)(y + r * units + b * LANES) = sum;
        }
}

// The columns that fill no register, one row at a time.
static inline __attribute__((always_inline)) void rest(const float *x, const float *weight, const float *start,
                                                       float *y, size_t channels, size_t units, size_t count,
                                                       int rectify) {
    float sums[LANES] = {0};
    if (start) memcpy(sums, start, count * sizeof(float));
    for (size_t k = 0; k < channels; k++)
        for (size_t i = 0; i < count; i++) sums[i] += x[k] * weight[k * units + i];
    for (size_t i = 0; i < count; i++) y[i] = rectify && sums[i] < 0 ? 0 : sums[i];
}

// `rows` rows over all columns.
static inline __attribute__((always_inline)) void band(const float *x, const float *weight, const float *start,
                                                       size_t start_stride, float *y, size_t channels, size_t units,
                                                       int rectify, const int rows, const int blocks) {
    size_t c = 0;
    for (; c + blocks * LANES <= units; c += blocks * LANES)
        tile(x, weight + c, start ? start + c : NULL, start_stride, y + c, channels, units, rectify, rows, blocks);
    for (; c + LANES <= units; c += LANES)
        tile(x, weight + c, start ? start + c : NULL, start_stride, y + c, channels, units, rectify, rows, 1);
    if (c < units)
        for (int r = 0; r < rows; r++)
            rest(x + r * channels, weight + c, start ? start + r * start_stride + c : NULL, y + r * units + c, channels,
                 units, units - c, rectify);
}

LAYER_KERNEL
void layer_dense_rows(const float *x, const float *weight, const float *bias, float *y, size_t rows, size_t channels,
                      size_t units, int accumulate, int rectify) {
    size_t r = 0;
    for (; r + MOST_ROWS <= rows; r += MOST_ROWS)
        band(x + r * channels, weight, accumulate ? y + r * units : bias, accumulate ? units : 0, y + r * units,
             channels, units, rectify, MOST_ROWS, 2);
    for (; r < rows; r++)
        band(x + r * channels, weight, accumulate ? y + r * units : bias, 0, y + r * units, channels, units, rectify, 1,
             MOST_BLOCKS);
}
