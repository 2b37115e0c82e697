#include "layer_kernel.h"
#include <math.h>

LAYER_KERNEL
void layer_leaky_relu(const float *restrict x, float *restrict y, size_t count, float slope) {
    // Written so that NaN passes through.
    for (size_t i = 0; i < count; i++) y[i] = x[i] > 0 ? x[i] : (x[i] == x[i] ? slope * x[i] : x[i]);
}

LAYER_KERNEL
void layer_rectify(float *x, size_t count) {
    for (size_t i = 0; i < count; i++) x[i] = x[i] < 0 ? 0 : x[i];
}

LAYER_KERNEL
void layer_leaky_relu_backward(const float *restrict y, const float *restrict dy, float *restrict dx, size_t count,
                               float slope, int accumulate) {
    if (accumulate)
        for (size_t i = 0; i < count; i++) dx[i] += y[i] > 0 ? dy[i] : slope * dy[i];
    else
        for (size_t i = 0; i < count; i++) dx[i] = y[i] > 0 ? dy[i] : slope * dy[i];
}

LAYER_KERNEL
void layer_elu_from_exp(const float *restrict x, float *restrict y, size_t count, float alpha) {
    for (size_t i = 0; i < count; i++) y[i] = x[i] > 0 ? x[i] : alpha * (y[i] - 1.0f);
}

LAYER_KERNEL
void layer_elu_backward(const float *restrict y, const float *restrict dy, float *restrict dx, size_t count,
                        float alpha, int accumulate) {
    if (accumulate)
        for (size_t i = 0; i < count; i++) dx[i] += y[i] > 0 ? dy[i] : dy[i] * (y[i] + alpha);
    else
        for (size_t i = 0; i < count; i++) dx[i] = y[i] > 0 ? dy[i] : dy[i] * (y[i] + alpha);
}

// Constants of Klambauer et al. (2017), arXiv:1706.02515.
static const float selu_scale = 1.05070098735548049342f, selu_alpha = 1.67326324235437728481f;

LAYER_KERNEL
void layer_selu_from_exp(const float *restrict x, float *restrict y, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = selu_scale * (x[i] > 0 ? x[i] : selu_alpha * (y[i] - 1.0f));
}

LAYER_KERNEL
void layer_selu_backward(const float *restrict y, const float *restrict dy, float *restrict dx, size_t count,
                         int accumulate) {
    if (accumulate)
        for (size_t i = 0; i < count; i++) dx[i] += dy[i] * (y[i] > 0 ? selu_scale : y[i] + selu_scale * selu_alpha);
    else
        for (size_t i = 0; i < count; i++) dx[i] = dy[i] * (y[i] > 0 ? selu_scale : y[i] + selu_scale * selu_alpha);
}

LAYER_KERNEL
void layer_sigmoid_backward(const float *restrict y, const float *restrict dy, float *restrict dx, size_t count,
                            int accumulate) {
    if (accumulate)
        for (size_t i = 0; i < count; i++) dx[i] += dy[i] * y[i] * (1.0f - y[i]);
    else
        for (size_t i = 0; i < count; i++) dx[i] = dy[i] * y[i] * (1.0f - y[i]);
}

LAYER_KERNEL
void layer_tanh_backward(const float *restrict y, const float *restrict dy, float *restrict dx, size_t count,
                         int accumulate) {
    if (accumulate)
        for (size_t i = 0; i < count; i++) dx[i] += dy[i] * (1.0f - y[i] * y[i]);
    else
        for (size_t i = 0; i < count; i++) dx[i] = dy[i] * (1.0f - y[i] * y[i]);
}

LAYER_KERNEL
void layer_softmax_backward(const float *restrict y, const float *restrict dy, float *restrict dx, size_t rows,
                            size_t channels, int accumulate) {
    for (size_t r = 0; r < rows; r++, y += channels, dy += channels, dx += channels) {
        float inner = 0;
        for (size_t c = 0; c < channels; c++) inner += y[c] * dy[c];
        if (accumulate)
            for (size_t c = 0; c < channels; c++) dx[c] += y[c] * (dy[c] - inner);
        else
            for (size_t c = 0; c < channels; c++) dx[c] = y[c] * (dy[c] - inner);
    }
}

double layer_softmax_cross_entropy(const float *restrict logits, const float *restrict labels,
                                   float *restrict probabilities, size_t rows, size_t classes, float smoothing) {
    double total = 0;
    const double uniform = (double)smoothing / (double)classes;
    for (size_t r = 0; r < rows; r++, logits += classes, probabilities += classes) {
        float largest = logits[0];
        for (size_t c = 1; c < classes; c++) largest = logits[c] > largest ? logits[c] : largest;
        double sum = 0, shifted = 0;
        for (size_t c = 0; c < classes; c++) {
            probabilities[c] = expf(logits[c] - largest);
            sum += probabilities[c];
            shifted += logits[c] - largest;
        }
        const float share = (float)(1.0 / sum);
        for (size_t c = 0; c < classes; c++) probabilities[c] *= share;
        const double target = (1.0 - (double)smoothing) * (logits[(size_t)labels[r]] - largest) + uniform * shifted;
        total += log(sum) - target;
    }
    return total;
}
