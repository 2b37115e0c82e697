#include "layer_kernel.h"

// The square root is the vector builtin: sqrtf sets errno, which would keep the loop from being vectorised.

LAYER_KERNEL
void layer_adam(float *restrict weight, const float *restrict gradient, float *restrict first, float *restrict second,
                size_t count, float rate, float beta1, float beta2, float epsilon_hat, float decay) {
    for (size_t i = 0; i < count; i++) {
        const float g = gradient[i];
        first[i] = beta1 * first[i] + (1.0f - beta1) * g;
        second[i] = beta2 * second[i] + (1.0f - beta2) * g * g;
        weight[i] = weight[i] - decay * weight[i] - rate * first[i] / (__builtin_elementwise_sqrt(second[i]) + epsilon_hat);
    }
}

LAYER_KERNEL
void layer_momentum(float *restrict weight, const float *restrict gradient, float *restrict velocity, size_t count,
                    float rate, float momentum, float decay) {
    for (size_t i = 0; i < count; i++) {
        velocity[i] = momentum * velocity[i] + gradient[i] + decay * weight[i];
        weight[i] -= rate * velocity[i];
    }
}
