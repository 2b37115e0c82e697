#include "layer_kernel.h"

LAYER_KERNEL
void layer_fill_rows(const float *restrict bias, float *restrict y, size_t rows, size_t channels) {
    for (size_t r = 0; r < rows; r++, y += channels)
        for (size_t c = 0; c < channels; c++) y[c] = bias[c];
}

LAYER_KERNEL
void layer_column_sums(const float *restrict x, float *restrict sums, size_t rows, size_t channels, int accumulate) {
    if (!accumulate)
        for (size_t c = 0; c < channels; c++) sums[c] = 0;
    for (size_t r = 0; r < rows; r++, x += channels)
        for (size_t c = 0; c < channels; c++) sums[c] += x[c];
}

LAYER_KERNEL
void layer_scale(const float *restrict x, float *restrict y, size_t count, float factor, int accumulate) {
    if (accumulate)
        for (size_t i = 0; i < count; i++) y[i] += factor * x[i];
    else
        for (size_t i = 0; i < count; i++) y[i] = factor * x[i];
}

LAYER_KERNEL
void layer_multiply(const float *restrict x, const float *restrict mask, float *restrict y, size_t count,
                    int accumulate) {
    if (accumulate)
        for (size_t i = 0; i < count; i++) y[i] += x[i] * mask[i];
    else
        for (size_t i = 0; i < count; i++) y[i] = x[i] * mask[i];
}

LAYER_KERNEL
void layer_affine(const float *restrict x, const float *restrict scale, const float *restrict shift, float *restrict y,
                  size_t rows, size_t channels, int accumulate) {
    for (size_t r = 0; r < rows; r++, x += channels, y += channels) {
        if (accumulate)
            for (size_t c = 0; c < channels; c++) y[c] += x[c] * scale[c] + shift[c];
        else
            for (size_t c = 0; c < channels; c++) y[c] = x[c] * scale[c] + shift[c];
    }
}

LAYER_KERNEL
void layer_channel_sums(const float *restrict x, size_t rows, size_t channels, double *restrict sums) {
    for (size_t c = 0; c < channels; c++) sums[c] = 0;
    for (size_t r = 0; r < rows; r++, x += channels)
        for (size_t c = 0; c < channels; c++) sums[c] += x[c];
}

LAYER_KERNEL
void layer_centred_squares(const float *restrict x, const float *restrict mean, size_t rows, size_t channels,
                           double *restrict sums) {
    for (size_t c = 0; c < channels; c++) sums[c] = 0;
    for (size_t r = 0; r < rows; r++, x += channels)
        for (size_t c = 0; c < channels; c++) {
            const float centred = x[c] - mean[c];
            sums[c] += centred * centred;
        }
}

LAYER_KERNEL
void layer_normalisation_sums(const float *restrict x, const float *restrict dy, const float *restrict mean,
                              const float *restrict inverse_deviation, size_t rows, size_t channels,
                              double *restrict sum, double *restrict weighted_sum) {
    for (size_t c = 0; c < channels; c++) sum[c] = weighted_sum[c] = 0;
    for (size_t r = 0; r < rows; r++, x += channels, dy += channels)
        for (size_t c = 0; c < channels; c++) {
            sum[c] += dy[c];
            weighted_sum[c] += dy[c] * (x[c] - mean[c]) * inverse_deviation[c];
        }
}

LAYER_KERNEL
void layer_normalisation_backward(const float *restrict x, const float *restrict dy, const float *restrict a,
                                  const float *restrict b, const float *restrict k, float *restrict dx, size_t rows,
                                  size_t channels, int accumulate) {
    for (size_t r = 0; r < rows; r++, x += channels, dy += channels, dx += channels) {
        if (accumulate)
            for (size_t c = 0; c < channels; c++) dx[c] += a[c] * dy[c] + b[c] * x[c] + k[c];
        else
            for (size_t c = 0; c < channels; c++) dx[c] = a[c] * dy[c] + b[c] * x[c] + k[c];
    }
}
