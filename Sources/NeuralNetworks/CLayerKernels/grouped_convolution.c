#include "layer_kernel.h"

// Windows whose cells lie `dilation` apart, over a slice of the channels. `w->channels` is the distance of two pixels.
#define FOR_EACH_POSITION                                         \
    for (ptrdiff_t oy = 0; oy < w->out_height; oy++)              \
        for (ptrdiff_t ox = 0; ox < w->out_width; ox++)

#define FOR_EACH_CELL                                             \
    for (ptrdiff_t ky = 0; ky < w->kernel_height; ky++)                  \
        for (ptrdiff_t kx = 0; kx < w->kernel_width; kx++)

// The offset of the pixel under a cell, or -1 where it lies outside the image.
static inline __attribute__((always_inline)) ptrdiff_t pixel(const layer_window *w, ptrdiff_t dilation, ptrdiff_t oy,
                                                             ptrdiff_t ox, ptrdiff_t ky, ptrdiff_t kx) {
    const ptrdiff_t y = oy * w->stride - w->pad_top + ky * dilation;
    const ptrdiff_t x = ox * w->stride - w->pad_left + kx * dilation;
    return y < 0 || y >= w->height || x < 0 || x >= w->width ? -1 : (y * w->width + x) * w->channels;
}

LAYER_KERNEL
void layer_im2col_slice(const float *restrict image, float *restrict columns, const layer_window *w,
                        ptrdiff_t dilation, ptrdiff_t first, ptrdiff_t count) {
    FOR_EACH_POSITION
        FOR_EACH_CELL {
            const ptrdiff_t offset = pixel(w, dilation, oy, ox, ky, kx);
            if (offset < 0)
                for (ptrdiff_t c = 0; c < count; c++) columns[c] = 0;
            else
                for (ptrdiff_t c = 0; c < count; c++) columns[c] = image[offset + first + c];
            columns += count;
        }
}

LAYER_KERNEL
void layer_col2im_slice(const float *restrict columns, float *restrict image, const layer_window *w,
                        ptrdiff_t dilation, ptrdiff_t first, ptrdiff_t count) {
    FOR_EACH_POSITION
        FOR_EACH_CELL {
            const ptrdiff_t offset = pixel(w, dilation, oy, ox, ky, kx);
            if (offset >= 0)
                for (ptrdiff_t c = 0; c < count; c++) image[offset + first + c] += columns[c];
            columns += count;
        }
}

LAYER_KERNEL
void layer_depthwise(const float *restrict image, const float *restrict weight, float *restrict out,
                     const layer_window *w, ptrdiff_t dilation) {
    FOR_EACH_POSITION {
        const float *factor = weight;
        FOR_EACH_CELL {
            const ptrdiff_t offset = pixel(w, dilation, oy, ox, ky, kx);
            if (offset >= 0)
                for (ptrdiff_t c = 0; c < w->channels; c++) out[c] += image[offset + c] * factor[c];
            factor += w->channels;
        }
        out += w->channels;
    }
}

LAYER_KERNEL
void layer_depthwise_transposed(const float *restrict out, const float *restrict weight, float *restrict image,
                                const layer_window *w, ptrdiff_t dilation) {
    FOR_EACH_POSITION {
        const float *factor = weight;
        FOR_EACH_CELL {
            const ptrdiff_t offset = pixel(w, dilation, oy, ox, ky, kx);
            if (offset >= 0)
                for (ptrdiff_t c = 0; c < w->channels; c++) image[offset + c] += out[c] * factor[c];
            factor += w->channels;
        }
        out += w->channels;
    }
}

LAYER_KERNEL
void layer_depthwise_weight(const float *restrict image, const float *restrict out, float *restrict weight,
                            const layer_window *w, ptrdiff_t dilation) {
    FOR_EACH_POSITION {
        float *factor = weight;
        FOR_EACH_CELL {
            const ptrdiff_t offset = pixel(w, dilation, oy, ox, ky, kx);
            if (offset >= 0)
                for (ptrdiff_t c = 0; c < w->channels; c++) factor[c] += image[offset + c] * out[c];
            factor += w->channels;
        }
        out += w->channels;
    }
}
