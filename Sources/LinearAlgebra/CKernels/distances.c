#include "CKernels.h"
#include "vedette_functions.h"
#include "levels.h"

// Distances that are kept in registers and the first-level cache while several kernels are taken of them.
#define STRIP 64

static inline __attribute__((always_inline)) float distance_of(float product, float row_norm, float column_norm) {
    const float distance = row_norm + column_norm - 2.0f * product;
    return distance < 0.0f ? 0.0f : distance;  // NaN stays NaN
}

VEDETTE_LEVELS void vedette_gaussian_rows(float *x, size_t rows, size_t columns, const float *row_norms,
                                          const float *column_norms, const float *gammas, size_t count) {
    for (size_t r = 0; r < rows; r++) {
        float *row = x + r * columns;
        const float norm = row_norms[r];
        if (count == 1) {
            const float gamma = gammas[0];
            VEDETTE_ELEMENTWISE
            for (size_t c = 0; c < columns; c++)
                row[c] = exp_of(-gamma * distance_of(row[c], norm, column_norms[c]));
            continue;
        }
        for (size_t first = 0; first < columns; first += STRIP) {
            const size_t width = columns - first < STRIP ? columns - first : STRIP;
            float distance[STRIP], sum[STRIP];
            VEDETTE_ELEMENTWISE
            for (size_t c = 0; c < width; c++) {
                distance[c] = distance_of(row[first + c], norm, column_norms[first + c]);
                sum[c] = 0;
            }
            for (size_t k = 0; k < count; k++) {
                const float gamma = gammas[k];
                VEDETTE_ELEMENTWISE
                for (size_t c = 0; c < width; c++) sum[c] += exp_of(-gamma * distance[c]);
            }
            const float share = 1.0f / (float)count;
            VEDETTE_ELEMENTWISE
            for (size_t c = 0; c < width; c++) row[first + c] = sum[c] * share;
        }
    }
}

VEDETTE_LEVELS void vedette_rational_quadratic_rows(float *x, size_t rows, size_t columns, const float *row_norms,
                                                    const float *column_norms, const float *gammas, size_t count,
                                                    float alpha) {
    const float share = 1.0f / (float)count;
    const float scale = 1.0f / alpha;
    for (size_t r = 0; r < rows; r++) {
        float *row = x + r * columns;
        const float norm = row_norms[r];
        for (size_t first = 0; first < columns; first += STRIP) {
            const size_t width = columns - first < STRIP ? columns - first : STRIP;
            float distance[STRIP], sum[STRIP];
            VEDETTE_ELEMENTWISE
            for (size_t c = 0; c < width; c++) {
                distance[c] = distance_of(row[first + c], norm, column_norms[first + c]);
                sum[c] = 0;
            }
            for (size_t k = 0; k < count; k++) {
                const float gamma = gammas[k] * scale;
                VEDETTE_ELEMENTWISE
                for (size_t c = 0; c < width; c++) sum[c] += exp_of(-alpha * log_of(1.0f + gamma * distance[c]));
            }
            VEDETTE_ELEMENTWISE
            for (size_t c = 0; c < width; c++) row[first + c] = sum[c] * share;
        }
    }
}

VEDETTE_LEVELS void vedette_laplacian_row(const float *x, const float *columns_of, size_t size, size_t columns,
                                          const float *gammas, size_t count, float *target) {
    const float share = 1.0f / (float)count;
    for (size_t first = 0; first < columns; first += STRIP) {
        const size_t width = columns - first < STRIP ? columns - first : STRIP;
        float distance[STRIP], sum[STRIP];
        VEDETTE_ELEMENTWISE
        for (size_t c = 0; c < width; c++) distance[c] = sum[c] = 0;
        for (size_t k = 0; k < size; k++) {
            const float value = x[k];
            const float *others = columns_of + k * columns + first;
            VEDETTE_ELEMENTWISE
            for (size_t c = 0; c < width; c++) distance[c] += fabsf(value - others[c]);
        }
        for (size_t k = 0; k < count; k++) {
            const float gamma = gammas[k];
            VEDETTE_ELEMENTWISE
            for (size_t c = 0; c < width; c++) sum[c] += exp_of(-gamma * distance[c]);
        }
        VEDETTE_ELEMENTWISE
        for (size_t c = 0; c < width; c++) target[first + c] = sum[c] * share;
    }
}
