#include "CKernels.h"
#include "levels.h"

// Sums run in a fixed number of double lanes, so that they vectorise without reordering by the compiler, and give the
// same bits wherever the CPU level is the same.
#define LANES 16

#define REDUCTION(name, parameters, term)                                  \
    VEDETTE_LEVELS double name parameters {                                \
        double lanes[LANES] = {0};                                         \
        size_t whole = n - n % LANES;                                      \
        for (size_t i = 0; i < whole; i += LANES) {                        \
            for (size_t j = 0; j < LANES; j++) lanes[j] += term(i + j);    \
        }                                                                  \
        double sum = 0;                                                    \
        for (size_t j = 0; j < LANES; j++) sum += lanes[j];                \
        for (size_t i = whole; i < n; i++) sum += term(i);                 \
        return sum;                                                        \
    }

#define PLAIN(i) ((double)x[i])
#define SQUARE(i) ((double)x[i] * (double)x[i])
#define PRODUCT(i) ((double)a[i] * (double)b[i])
#define SQUARED_DIFFERENCE(i) (((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]))

REDUCTION(vedette_sum, (const float *x, size_t n), PLAIN)
REDUCTION(vedette_sum_of_squares, (const float *x, size_t n), SQUARE)
REDUCTION(vedette_dot, (const float *a, const float *b, size_t n), PRODUCT)
REDUCTION(vedette_squared_distance, (const float *a, const float *b, size_t n), SQUARED_DIFFERENCE)

VEDETTE_LEVELS void vedette_sum_columns(const float *x, double *sums, size_t rows, size_t columns) {
    for (size_t c = 0; c < columns; c++) sums[c] = 0;
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < columns; c++) sums[c] += x[r * columns + c];
    }
}
