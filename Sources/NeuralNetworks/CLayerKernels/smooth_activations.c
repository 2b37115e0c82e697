#include "layer_kernel.h"
#include "vedette_functions.h"

// Activations whose gradient is computed from their input.

static inline float polynomial(const float *coefficients, int count, float x) {
    float y = coefficients[0];
    for (int i = 1; i < count; i++) y = y * x + coefficients[i];
    return y;
}

// The standard normal distribution function, from erf near 0 and erfc in the tails, so that both keep their digits.
// Coefficients of S. L. Moshier's Cephes library (erff, erfcf: public domain, netlib.org/cephes).
static inline float normal_distribution(float x) {
    static const float middle[] = {7.853861353153693e-5f, -8.010193625184903e-4f, 5.188327685732524e-3f,
                                   -2.685381193529856e-2f, 1.128358514861418e-1f, -3.761262582423300e-1f,
                                   1.128379165726710f};
    static const float shoulder[] = {2.326819970068386e-2f, -1.387039388740657e-1f, 3.687424674597105e-1f,
                                     -5.824733027278666e-1f, 6.210004621745983e-1f, -4.944515323274145e-1f,
                                     3.404879937665872e-1f, -2.741127028184656e-1f, 5.638259427386472e-1f};
    static const float tail[] = {-1.047766399936249e+1f, 1.297719955372516e+1f, -7.495518717768503f,
                                 2.921019019210786f, -1.015265279202700f, 4.218463358204948e-1f,
                                 -2.820767439740514e-1f, 5.641895067754075e-1f};
    const float a = fabsf(x) * 0.70710678118654752f;
    const float near = a * polynomial(middle, 7, a * a);
    const float reciprocal = 1.0f / a, square = reciprocal * reciprocal;
    const float p = a < 2.0f ? polynomial(shoulder, 9, square) : polynomial(tail, 8, square);
    const float far = exp_of(-a * a) * reciprocal * p;
    const float above = a < 1.0f ? 0.5f - 0.5f * near : 0.5f * far;  // the chance of more than |x|
    const float result = x > 0.0f ? 1.0f - above : above;
    return x != x ? x : result;
}

static inline float normal_density(float x) { return 0.39894228040143268f * exp_of(-0.5f * x * x); }

// max(x, 0) + log(1 + e^-|x|), the logarithm corrected for what the rounding of u = 1 + e left out: without a branch, so
// that loops vectorise.
static inline float softplus(float x) {
    const float e = exp_of(-fabsf(x)), u = 1.0f + e;
    return (x > 0.0f ? x : 0.0f) + (log_of(u) + (e - (u - 1.0f)) / u);
}

static inline float silu_slope(float x) {
    const float s = sigmoid_of(x);
    return s * (1.0f + x * (1.0f - s));
}

// The argument of tanh in the approximation of GELU, and its derivative.
static inline float gelu_inner(float x) { return 0.79788456080286536f * (x + 0.044715f * x * x * x); }

static inline float gelu_tanh(float x) { return 0.5f * x * (1.0f + tanh_of(gelu_inner(x))); }

static inline float gelu_tanh_slope(float x) {
    const float t = tanh_of(gelu_inner(x));
    const float inner = 0.79788456080286536f * (1.0f + 3.0f * 0.044715f * x * x);
    return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * inner;
}

// tanh(log(1 + e^x)) = n / (n + 2) with n = e^x (e^x + 2); it is 1 from 20 on, where n is still far from overflow.
static inline float mish_exponential(float x) { return exp_of(x > 20.0f ? 20.0f : x); }

static inline float mish(float x) {
    const float e = mish_exponential(x), n = e * (e + 2.0f);
    return x * (n / (n + 2.0f));
}

// t + x (1 - t^2) sigmoid(x) with that t, where 1 - t^2 = 4 (n + 1) / (n + 2)^2 does not cancel.
static inline float mish_slope(float x) {
    const float e = mish_exponential(x), n = e * (e + 2.0f);
    const float m = 1.0f / (n + 2.0f);
    return n * m + x * (4.0f * (n + 1.0f) * m * m) * (e / (1.0f + e));
}

// Written so that NaN passes through.
static inline float clamp(float x, float low, float high) { return x < low ? low : (x > high ? high : x); }
static inline float hard_sigmoid(float x) { return clamp(x * (1.0f / 6.0f) + 0.5f, 0.0f, 1.0f); }
static inline float hard_silu_slope(float x) {
    return x <= -3.0f ? 0.0f : (x >= 3.0f ? 1.0f : x * (1.0f / 3.0f) + 0.5f);
}

#define ACTIVATION(name, value, slope)                                                                                \
    LAYER_KERNEL void layer_##name(const float *restrict x, float *restrict y, size_t count) {                        \
        LAYER_ELEMENTWISE                                                                                             \
        for (size_t i = 0; i < count; i++) y[i] = value;                                                              \
    }                                                                                                                 \
    LAYER_KERNEL void layer_##name##_backward(const float *restrict x, const float *restrict dy, float *restrict dx,  \
                                              size_t count, int accumulate) {                                         \
        if (accumulate) {                                                                                             \
            LAYER_ELEMENTWISE                                                                                         \
            for (size_t i = 0; i < count; i++) dx[i] += dy[i] * (slope);                                              \
        } else {                                                                                                      \
            LAYER_ELEMENTWISE                                                                                         \
            for (size_t i = 0; i < count; i++) dx[i] = dy[i] * (slope);                                               \
        }                                                                                                             \
    }

ACTIVATION(gelu, x[i] * normal_distribution(x[i]), normal_distribution(x[i]) + x[i] * normal_density(x[i]))
ACTIVATION(gelu_tanh, gelu_tanh(x[i]), gelu_tanh_slope(x[i]))
ACTIVATION(silu, x[i] * sigmoid_of(x[i]), silu_slope(x[i]))
ACTIVATION(mish, mish(x[i]), mish_slope(x[i]))
ACTIVATION(softplus, softplus(x[i]), sigmoid_of(x[i]))
ACTIVATION(relu6, clamp(x[i], 0.0f, 6.0f), x[i] > 0.0f && x[i] < 6.0f ? 1.0f : 0.0f)
ACTIVATION(hard_tanh, clamp(x[i], -1.0f, 1.0f), x[i] > -1.0f && x[i] < 1.0f ? 1.0f : 0.0f)
ACTIVATION(hard_sigmoid, hard_sigmoid(x[i]), x[i] > -3.0f && x[i] < 3.0f ? 1.0f / 6.0f : 0.0f)
ACTIVATION(hard_silu, x[i] * hard_sigmoid(x[i]), hard_silu_slope(x[i]))
ACTIVATION(normal_distribution, normal_distribution(x[i]), normal_density(x[i]))

LAYER_KERNEL
void layer_log_softmax_backward(const float *restrict y, const float *restrict dy, float *restrict dx, size_t rows,
                                size_t channels, int accumulate) {
    for (size_t r = 0; r < rows; r++, y += channels, dy += channels, dx += channels) {
        double sum = 0;
        for (size_t c = 0; c < channels; c++) sum += dy[c];
        const float total = (float)sum;
        if (accumulate)
            for (size_t c = 0; c < channels; c++) dx[c] += dy[c] - exp_of(y[c]) * total;
        else
            for (size_t c = 0; c < channels; c++) dx[c] = dy[c] - exp_of(y[c]) * total;
    }
}
