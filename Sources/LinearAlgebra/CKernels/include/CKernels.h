#ifndef VEDETTE_CKERNELS_H
#define VEDETTE_CKERNELS_H

#include "vedette_functions.h"
#include "vedette_walk_product.h"
#include <stddef.h>

// Element-wise maths over contiguous numbers. y may be x, and may not overlap it otherwise.
// Each function is compiled for three levels of x86-64 and picks the best at load time; elsewhere it is plain C.

void vedette_exp(const float *x, float *y, size_t n);
void vedette_log(const float *x, float *y, size_t n);
void vedette_tanh(const float *x, float *y, size_t n);
void vedette_sigmoid(const float *x, float *y, size_t n);
void vedette_relu(const float *x, float *y, size_t n);

// Gradients from the function's own output y and the gradient g of what follows: out = g * f'(x).
void vedette_relu_gradient(const float *y, const float *g, float *out, size_t n);
void vedette_tanh_gradient(const float *y, const float *g, float *out, size_t n);
void vedette_sigmoid_gradient(const float *y, const float *g, float *out, size_t n);

void vedette_add(const float *a, const float *b, float *y, size_t n);
void vedette_subtract(const float *a, const float *b, float *y, size_t n);
void vedette_multiply(const float *a, const float *b, float *y, size_t n);
void vedette_scale(const float *x, float factor, float *y, size_t n);

// Row-wise over [rows, columns].
void vedette_add_to_rows(const float *x, const float *row, float *y, size_t rows, size_t columns);
void vedette_softmax_rows(const float *x, float *y, size_t rows, size_t columns);
void vedette_log_softmax_rows(const float *x, float *y, size_t rows, size_t columns);

// Turns inner products of rows into Gaussian kernels in place: x[r, c] becomes the mean over `count` gammas of
// exp(-gamma * (row_norms[r] + column_norms[c] - 2 * x[r, c])), with squared norms; what rounding makes a negative
// distance counts as 0.
void vedette_gaussian_rows(float *x, size_t rows, size_t columns, const float *row_norms, const float *column_norms,
                           const float *gammas, size_t count);

// The same with the mean over gammas of (1 + gamma * distance / alpha)^-alpha.
void vedette_rational_quadratic_rows(float *x, size_t rows, size_t columns, const float *row_norms,
                                     const float *column_norms, const float *gammas, size_t count, float alpha);

// target[c] becomes the mean over `count` gammas of exp(-gamma * sum over k of |x[k] - columns_of[k, c]|), for a row of
// `size` numbers and a matrix [size, columns].
void vedette_laplacian_row(const float *x, const float *columns_of, size_t size, size_t columns, const float *gammas,
                           size_t count, float *target);

// factor * cos x and factor * sin x, each within 2e-7 * factor, for |x| up to 1e8; NaN stays NaN.
void vedette_cos_sin(const float *x, float factor, float *cosine, float *sine, size_t n);

// Reductions, accumulated in double.
double vedette_sum(const float *x, size_t n);
double vedette_sum_of_squares(const float *x, size_t n);
double vedette_dot(const float *a, const float *b, size_t n);
double vedette_squared_distance(const float *a, const float *b, size_t n);
void vedette_sum_columns(const float *x, double *sums, size_t rows, size_t columns);

// The cores that this process may use: those that are online, less those that a container or taskset withholds.
int vedette_usable_cores(void);

#endif
