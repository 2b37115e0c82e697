#include "layer_kernel.h"
#include <string.h>

LAYER_KERNEL
void layer_border(const float *images, float *bordered, size_t count, size_t height, size_t line, size_t top,
                  size_t left, size_t bordered_height, size_t bordered_line) {
    for (size_t image = 0; image < count; image++) {
        memset(bordered, 0, top * bordered_line * sizeof(float));
        bordered += top * bordered_line;
        for (size_t y = 0; y < height; y++, images += line, bordered += bordered_line) {
            for (size_t i = 0; i < left; i++) bordered[i] = 0;
            memcpy(bordered + left, images, line * sizeof(float));
            for (size_t i = left + line; i < bordered_line; i++) bordered[i] = 0;
        }
        memset(bordered, 0, (bordered_height - top - height) * bordered_line * sizeof(float));
        bordered += (bordered_height - top - height) * bordered_line;
    }
}

LAYER_KERNEL
void layer_max_pool(const float *image, float *out, int32_t *position, const layer_window *w) {
    for (ptrdiff_t oy = 0; oy < w->out_height; oy++) {
        for (ptrdiff_t ox = 0; ox < w->out_width; ox++, out += w->channels, position += w->channels) {
            int empty = 1;
            for (ptrdiff_t ky = 0; ky < w->kernel_height; ky++) {
                const ptrdiff_t y = oy * w->stride - w->pad_top + ky;
                if (y < 0 || y >= w->height) continue;
                for (ptrdiff_t kx = 0; kx < w->kernel_width; kx++) {
                    const ptrdiff_t x = ox * w->stride - w->pad_left + kx;
                    if (x < 0 || x >= w->width) continue;
                    const ptrdiff_t offset = (y * w->width + x) * w->channels;
                    const float *source = image + offset;
                    if (empty) {
                        for (ptrdiff_t c = 0; c < w->channels; c++) {
                            out[c] = source[c];
                            position[c] = (int32_t)(offset + c);
                        }
                        empty = 0;
                        continue;
                    }
                    for (ptrdiff_t c = 0; c < w->channels; c++) {
                        const int better = !(source[c] <= out[c]) && out[c] == out[c];
                        out[c] = better ? source[c] : out[c];
                        position[c] = better ? (int32_t)(offset + c) : position[c];
                    }
                }
            }
        }
    }
}

LAYER_KERNEL
void layer_max_pool_values(const float *image, float *restrict out, const layer_window *w) {
    for (ptrdiff_t oy = 0; oy < w->out_height; oy++) {
        for (ptrdiff_t ox = 0; ox < w->out_width; ox++, out += w->channels) {
            int empty = 1;
            for (ptrdiff_t ky = 0; ky < w->kernel_height; ky++) {
                const ptrdiff_t y = oy * w->stride - w->pad_top + ky;
                if (y < 0 || y >= w->height) continue;
                for (ptrdiff_t kx = 0; kx < w->kernel_width; kx++) {
                    const ptrdiff_t x = ox * w->stride - w->pad_left + kx;
                    if (x < 0 || x >= w->width) continue;
                    const float *source = image + (y * w->width + x) * w->channels;
                    if (empty)
                        for (ptrdiff_t c = 0; c < w->channels; c++) out[c] = source[c];
                    else
                        for (ptrdiff_t c = 0; c < w->channels; c++)
                            out[c] = !(source[c] <= out[c]) && out[c] == out[c] ? source[c] : out[c];
                    empty = 0;
                }
            }
        }
    }
}

void layer_max_pool_backward(const float *restrict gradient, const int32_t *restrict position,
                             float *restrict image_gradient, size_t count) {
    for (size_t i = 0; i < count; i++) image_gradient[position[i]] += gradient[i];
}

// How many cells of the window at (oy, ox) lie inside the image.
static inline __attribute__((always_inline)) float cells(ptrdiff_t oy, ptrdiff_t ox, const layer_window *w) {
    ptrdiff_t count = 0;
    for (ptrdiff_t ky = 0; ky < w->kernel_height; ky++) {
        const ptrdiff_t y = oy * w->stride - w->pad_top + ky;
        for (ptrdiff_t kx = 0; kx < w->kernel_width; kx++) {
            const ptrdiff_t x = ox * w->stride - w->pad_left + kx;
            count += y >= 0 && y < w->height && x >= 0 && x < w->width;
        }
    }
    return count > 0 ? (float)count : 1.0f;
}

LAYER_KERNEL
void layer_average_pool(const float *image, float *out, const layer_window *w) {
    for (ptrdiff_t oy = 0; oy < w->out_height; oy++) {
        for (ptrdiff_t ox = 0; ox < w->out_width; ox++, out += w->channels) {
            const float share = 1.0f / cells(oy, ox, w);
            for (ptrdiff_t c = 0; c < w->channels; c++) out[c] = 0;
            for (ptrdiff_t ky = 0; ky < w->kernel_height; ky++) {
                const ptrdiff_t y = oy * w->stride - w->pad_top + ky;
                if (y < 0 || y >= w->height) continue;
                for (ptrdiff_t kx = 0; kx < w->kernel_width; kx++) {
                    const ptrdiff_t x = ox * w->stride - w->pad_left + kx;
                    if (x < 0 || x >= w->width) continue;
                    const float *source = image + (y * w->width + x) * w->channels;
                    for (ptrdiff_t c = 0; c < w->channels; c++) out[c] += share * source[c];
                }
            }
        }
    }
}

LAYER_KERNEL
void layer_average_pool_backward(const float *gradient, float *image_gradient, const layer_window *w) {
    for (ptrdiff_t oy = 0; oy < w->out_height; oy++) {
        for (ptrdiff_t ox = 0; ox < w->out_width; ox++, gradient += w->channels) {
            const float share = 1.0f / cells(oy, ox, w);
            for (ptrdiff_t ky = 0; ky < w->kernel_height; ky++) {
                const ptrdiff_t y = oy * w->stride - w->pad_top + ky;
                if (y < 0 || y >= w->height) continue;
                for (ptrdiff_t kx = 0; kx < w->kernel_width; kx++) {
                    const ptrdiff_t x = ox * w->stride - w->pad_left + kx;
                    if (x < 0 || x >= w->width) continue;
                    float *target = image_gradient + (y * w->width + x) * w->channels;
                    for (ptrdiff_t c = 0; c < w->channels; c++) target[c] += share * gradient[c];
                }
            }
        }
    }
}

LAYER_KERNEL
void layer_upsample(const float *image, float *out, size_t height, size_t width, size_t channels, size_t factor) {
    for (size_t y = 0; y < height * factor; y++) {
        for (size_t x = 0; x < width * factor; x++, out += channels) {
            const float *source = image + ((y / factor) * width + x / factor) * channels;
            for (size_t c = 0; c < channels; c++) out[c] = source[c];
        }
    }
}

LAYER_KERNEL
void layer_upsample_backward(const float *gradient, float *image_gradient, size_t height, size_t width, size_t channels,
                             size_t factor) {
    for (size_t y = 0; y < height * factor; y++) {
        for (size_t x = 0; x < width * factor; x++, gradient += channels) {
            float *target = image_gradient + ((y / factor) * width + x / factor) * channels;
            for (size_t c = 0; c < channels; c++) target[c] += gradient[c];
        }
    }
}
