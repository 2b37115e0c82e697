#include "CKernels.h"
#include "vedette_functions.h"
#include "levels.h"

VEDETTE_LEVELS void vedette_gaussian_rows(float *x, size_t rows, size_t columns, const float *row_norms,
                                          const float *column_norms, float gamma) {
    for (size_t r = 0; r < rows; r++) {
        float *row = x + r * columns;
        const float norm = row_norms[r];
        VEDETTE_ELEMENTWISE
        for (size_t c = 0; c < columns; c++) {
            float distance = norm + column_norms[c] - 2.0f * row[c];
            row[c] = exp_of(-gamma * (distance < 0.0f ? 0.0f : distance));
        }
    }
}
