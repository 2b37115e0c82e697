#include "layer_kernel.h"

// The square root is the vector builtin: sqrtf sets errno, which would keep the loop from being vectorised.

LAYER_KERNEL
void layer_adam(float *restrict weight, const float *restrict gradient, float *restrict first, float *restrict second,
                size_t count, float rate, float beta1, float beta2, float epsilon_hat, float coupled,
                float decoupled) {
    for (size_t i = 0; i < count; i++) {
        const float g = gradient[i] + coupled * weight[i];
        first[i] = beta1 * first[i] + (1.0f - beta1) * g;
        second[i] = beta2 * second[i] + (1.0f - beta2) * g * g;
        weight[i] = weight[i] - decoupled * weight[i] - rate * first[i] / (__builtin_elementwise_sqrt(second[i]) + epsilon_hat);
    }
}

LAYER_KERNEL
void layer_momentum(float *restrict weight, const float *restrict gradient, float *restrict velocity, size_t count,
                    float rate, float momentum, int nesterov, float decay) {
    for (size_t i = 0; i < count; i++) {
        const float g = gradient[i] + decay * weight[i];
        const float v = momentum * velocity[i] + g;
        velocity[i] = v;
        weight[i] -= rate * (nesterov ? g + momentum * v : v);
    }
}

LAYER_KERNEL
void layer_rms_prop(float *restrict weight, const float *restrict gradient, float *restrict velocity,
                    float *restrict square, size_t count, float rate, float smoothing, float momentum, float epsilon,
                    float decay) {
    for (size_t i = 0; i < count; i++) {
        const float g = gradient[i] + decay * weight[i];
        square[i] = smoothing * square[i] + (1.0f - smoothing) * g * g;
        velocity[i] = momentum * velocity[i] + g / (__builtin_elementwise_sqrt(square[i]) + epsilon);
        weight[i] -= rate * velocity[i];
    }
}

LAYER_KERNEL
double layer_sum_of_squares(const float *x, size_t count) {
    // Eight sums that a compiler can keep in one register, added in a fixed order.
    double sums[8] = {0};
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (size_t lane = 0; lane < 8; lane++) sums[lane] += (double)x[i + lane] * (double)x[i + lane];
    for (; i < count; i++) sums[0] += (double)x[i] * (double)x[i];
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

LAYER_KERNEL
void layer_scale_in_place(float *x, size_t count, float factor) {
    for (size_t i = 0; i < count; i++) x[i] *= factor;
}

LAYER_KERNEL
void layer_clamp(float *x, size_t count, float limit) {
    for (size_t i = 0; i < count; i++) x[i] = x[i] > limit ? limit : x[i] < -limit ? -limit : x[i];
}
