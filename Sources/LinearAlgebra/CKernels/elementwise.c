#include "CKernels.h"
#include "vedette_functions.h"
#include "levels.h"

VEDETTE_LEVELS void vedette_exp(const float *x, float *y, size_t n) {
    VEDETTE_ELEMENTWISE
    for (size_t i = 0; i < n; i++) y[i] = exp_of(x[i]);
}

VEDETTE_LEVELS void vedette_log(const float *x, float *y, size_t n) {
    VEDETTE_ELEMENTWISE
    for (size_t i = 0; i < n; i++) y[i] = log_of(x[i]);
}

VEDETTE_LEVELS void vedette_tanh(const float *x, float *y, size_t n) {
    VEDETTE_ELEMENTWISE
    for (size_t i = 0; i < n; i++) y[i] = tanh_of(x[i]);
}

VEDETTE_LEVELS void vedette_sigmoid(const float *x, float *y, size_t n) {
    VEDETTE_ELEMENTWISE
    for (size_t i = 0; i < n; i++) y[i] = sigmoid_of(x[i]);
}

VEDETTE_LEVELS void vedette_relu(const float *x, float *y, size_t n) {
    VEDETTE_ELEMENTWISE
    for (size_t i = 0; i < n; i++) y[i] = x[i] < 0.0f ? 0.0f : x[i];  // NaN stays NaN
}

VEDETTE_LEVELS void vedette_relu_gradient(const float *y, const float *g, float *out, size_t n) {
    VEDETTE_ELEMENTWISE
    for (size_t i = 0; i < n; i++) out[i] = y[i] > 0.0f ? g[i] : 0.0f;
}

VEDETTE_LEVELS void vedette_tanh_gradient(const float *y, const float *g, float *out, size_t n) {
    VEDETTE_ELEMENTWISE
    for (size_t i = 0; i < n; i++) out[i] = g[i] * (1.0f - y[i] * y[i]);
}

VEDETTE_LEVELS void vedette_sigmoid_gradient(const float *y, const float *g, float *out, size_t n) {
    VEDETTE_ELEMENTWISE
    for (size_t i = 0; i < n; i++) out[i] = g[i] * y[i] * (1.0f - y[i]);
}

VEDETTE_LEVELS void vedette_add(const float *a, const float *b, float *y, size_t n) {
    VEDETTE_ELEMENTWISE
    for (size_t i = 0; i < n; i++) y[i] = a[i] + b[i];
}

VEDETTE_LEVELS void vedette_subtract(const float *a, const float *b, float *y, size_t n) {
    VEDETTE_ELEMENTWISE
    for (size_t i = 0; i < n; i++) y[i] = a[i] - b[i];
}

VEDETTE_LEVELS void vedette_multiply(const float *a, const float *b, float *y, size_t n) {
    VEDETTE_ELEMENTWISE
    for (size_t i = 0; i < n; i++) y[i] = a[i] * b[i];
}

VEDETTE_LEVELS void vedette_scale(const float *x, float factor, float *y, size_t n) {
    VEDETTE_ELEMENTWISE
    for (size_t i = 0; i < n; i++) y[i] = x[i] * factor;
}

VEDETTE_LEVELS void vedette_add_to_rows(const float *x, const float *row, float *y, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++) {
        VEDETTE_ELEMENTWISE
        for (size_t c = 0; c < columns; c++) y[r * columns + c] = x[r * columns + c] + row[c];
    }
}
