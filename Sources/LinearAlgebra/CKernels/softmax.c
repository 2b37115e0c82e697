#include "CKernels.h"
#include "vedette_functions.h"
#include "levels.h"

#define LANES 16

// The largest element, NaN left out; a NaN still reaches the row's result through its own exponential.
static inline float largest(const float *x, size_t n) {
    float lanes[LANES];
    for (size_t j = 0; j < LANES; j++) lanes[j] = -INFINITY;
    size_t whole = n - n % LANES;
    for (size_t i = 0; i < whole; i += LANES) {
        for (size_t j = 0; j < LANES; j++) lanes[j] = x[i + j] > lanes[j] ? x[i + j] : lanes[j];
    }
    float result = -INFINITY;
    for (size_t j = 0; j < LANES; j++) result = lanes[j] > result ? lanes[j] : result;
    for (size_t i = whole; i < n; i++) result = x[i] > result ? x[i] : result;
    return result;
}

// Exponentials that are taken before they are added: the first vectorises by itself.
#define STRIP 128

static inline double sum_of(const float *x, size_t n) {
    double lanes[LANES] = {0};
    size_t whole = n - n % LANES;
    for (size_t i = 0; i < whole; i += LANES) {
        for (size_t j = 0; j < LANES; j++) lanes[j] += x[i + j];
    }
    double sum = 0;
    for (size_t j = 0; j < LANES; j++) sum += lanes[j];
    for (size_t i = whole; i < n; i++) sum += x[i];
    return sum;
}

// The sum of exp(x - shift), accumulated in double.
static inline double sum_of_exponentials(const float *x, float shift, size_t n) {
    double sum = 0;
    for (size_t first = 0; first < n; first += STRIP) {
        const size_t count = n - first < STRIP ? n - first : STRIP;
        float e[STRIP];
        VEDETTE_ELEMENTWISE
        for (size_t i = 0; i < count; i++) e[i] = exp_of(x[first + i] - shift);
        sum += sum_of(e, count);
    }
    return sum;
}

VEDETTE_LEVELS void vedette_softmax_rows(const float *x, float *y, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++) {
        const float *row = x + r * columns;
        float *out = y + r * columns;
        float top = largest(row, columns);
        VEDETTE_ELEMENTWISE
        for (size_t c = 0; c < columns; c++) out[c] = exp_of(row[c] - top);
        float scale = (float)(1.0 / sum_of(out, columns));
        VEDETTE_ELEMENTWISE
        for (size_t c = 0; c < columns; c++) out[c] *= scale;
    }
}

VEDETTE_LEVELS void vedette_log_softmax_rows(const float *x, float *y, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++) {
        const float *row = x + r * columns;
        float *out = y + r * columns;
        float top = largest(row, columns);
        float shift = (float)log(sum_of_exponentials(row, top, columns));
        VEDETTE_ELEMENTWISE
        for (size_t c = 0; c < columns; c++) out[c] = row[c] - top - shift;
    }
}
