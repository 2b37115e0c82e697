#include "layer_kernel.h"

// Sums run in a fixed number of double lanes, so that they vectorise and come out the same everywhere.
#define LANES 8

#define SUM_OVER_GROUP(total, term)                                                       \
    do {                                                                                  \
        double lanes[LANES] = {0};                                                        \
        for (size_t p = 0; p < positions; p++) {                                          \
            const size_t at = p * channels;                                               \
            size_t c = 0;                                                                 \
            for (; c + LANES <= width; c += LANES)                                        \
                for (size_t j = 0; j < LANES; j++) lanes[j] += term(at + c + j, c + j);   \
            for (; c < width; c++) lanes[0] += term(at + c, c);                           \
        }                                                                                 \
        total = 0;                                                                        \
        for (size_t j = 0; j < LANES; j++) total += lanes[j];                             \
    } while (0)

LAYER_KERNEL
void layer_group_normalisation(const float *restrict x, const float *restrict scale, const float *restrict shift,
                               float *restrict y, float *restrict mean, float *restrict inverse_deviation,
                               size_t samples, size_t positions, size_t channels, size_t groups, float epsilon) {
    const size_t width = channels / groups;
    const double count = (double)(width * positions);
    for (size_t s = 0; s < samples; s++) {
        for (size_t g = 0; g < groups; g++) {
            const float *source = x + s * positions * channels + g * width;
            float *target = y + s * positions * channels + g * width;
            double total;
#define VALUE(i, c) source[i]
            SUM_OVER_GROUP(total, VALUE);
#undef VALUE
            const float centre = (float)(total / count);
            // Centred before squaring: the difference of two large sums would lose the variance of a far-off group.
#define SQUARE(i, c) ((source[i] - centre) * (source[i] - centre))
            SUM_OVER_GROUP(total, SQUARE);
#undef SQUARE
            const float factor = 1.0f / __builtin_sqrtf((float)(total / count) + epsilon);
            mean[s * groups + g] = centre;
            inverse_deviation[s * groups + g] = factor;
            for (size_t p = 0; p < positions; p++, source += channels, target += channels)
                for (size_t c = 0; c < width; c++)
                    target[c] = (source[c] - centre) * factor * scale[g * width + c] + shift[g * width + c];
        }
    }
}

LAYER_KERNEL
void layer_group_normalisation_backward(const float *restrict x, const float *restrict dy,
                                        const float *restrict scale, const float *restrict mean,
                                        const float *restrict inverse_deviation, float *restrict dx, size_t samples,
                                        size_t positions, size_t channels, size_t groups, int accumulate) {
    const size_t width = channels / groups;
    const double count = (double)(width * positions);
    for (size_t s = 0; s < samples; s++) {
        for (size_t g = 0; g < groups; g++) {
            const size_t start = s * positions * channels + g * width;
            const float *source = x + start, *slope = dy + start, *factor = scale + g * width;
            float *target = dx + start;
            const float centre = mean[s * groups + g], inverse = inverse_deviation[s * groups + g];
            double sum, weighted;
#define GRADIENT(i, c) (slope[i] * factor[c])
            SUM_OVER_GROUP(sum, GRADIENT);
#undef GRADIENT
#define WEIGHTED(i, c) (slope[i] * factor[c] * (source[i] - centre) * inverse)
            SUM_OVER_GROUP(weighted, WEIGHTED);
#undef WEIGHTED
            const float mean_gradient = (float)(sum / count), mean_weighted = (float)(weighted / count);
            for (size_t p = 0; p < positions; p++, source += channels, slope += channels, target += channels)
                for (size_t c = 0; c < width; c++) {
                    const float normalised = (source[c] - centre) * inverse;
                    const float d = inverse * (slope[c] * factor[c] - mean_gradient - normalised * mean_weighted);
                    target[c] = accumulate ? target[c] + d : d;
                }
        }
    }
}

LAYER_KERNEL
void layer_group_normalisation_sums(const float *restrict x, const float *restrict dy, const float *restrict mean,
                                    const float *restrict inverse_deviation, size_t samples, size_t positions,
                                    size_t channels, size_t groups, double *restrict sum,
                                    double *restrict weighted_sum) {
    const size_t width = channels / groups;
    for (size_t c = 0; c < channels; c++) sum[c] = weighted_sum[c] = 0;
    for (size_t s = 0; s < samples; s++)
        for (size_t p = 0; p < positions; p++, x += channels, dy += channels)
            for (size_t g = 0; g < groups; g++) {
                const float centre = mean[s * groups + g], inverse = inverse_deviation[s * groups + g];
                for (size_t c = g * width; c < (g + 1) * width; c++) {
                    sum[c] += dy[c];
                    weighted_sum[c] += dy[c] * (x[c] - centre) * inverse;
                }
            }
}
