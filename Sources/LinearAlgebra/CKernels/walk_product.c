#include "vedette_walk_product.h"
#include <stdint.h>
#include <string.h>

// Rows of a transposed product that are added up at a time: a panel of their gradients stays in the first-level cache
// while it meets every row of the weight.
#define STRIP 256

// Rows of a tile at each level.
#define BASE_ROWS 2
#define AVX2_ROWS 6
#define AVX512_ROWS 8

// The right factor as the tiles read it, in panels of VEDETTE_PANEL columns: element (k, c) is
// base[k * row_stride + c / VEDETTE_PANEL * panel_stride + c % VEDETTE_PANEL].
typedef struct {
    const float *base;
    size_t row_stride;
    size_t panel_stride;
    const float *scale;  // multiplied by each column's sum; NULL for none
} right_factor;

// Each level has tiles of its own, as large as its registers hold; the loader's clones could not change their sizes.

#define LEVEL(name) base_##name
#define TARGET
#define LANES 4
#define ROWS BASE_ROWS
#define PANELS 1
#include "walk_tile.h"

#if defined(__x86_64__)
#define LEVEL(name) avx2_##name
#define TARGET __attribute__((target("arch=x86-64-v3")))
#define LANES 8
#define ROWS AVX2_ROWS
#define PANELS 1
#include "walk_tile.h"

#define LEVEL(name) avx512_##name
#define TARGET __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#define LANES 16
#define ROWS AVX512_ROWS
#define PANELS 2
#include "walk_tile.h"
#endif

size_t vedette_packed_count(size_t rows, size_t columns) {
    return (columns + VEDETTE_PANEL - 1) / VEDETTE_PANEL * VEDETTE_PANEL * rows;
}

void vedette_pack(const float *matrix, size_t rows, size_t columns, size_t row_stride, size_t column_stride,
                  float *packed, size_t first_row, size_t all_rows) {
    for (size_t column = 0; column < columns; column += VEDETTE_PANEL) {
        float *target = packed + column * all_rows + first_row * VEDETTE_PANEL;
        const size_t count = columns - column < VEDETTE_PANEL ? columns - column : VEDETTE_PANEL;
        const float *source = matrix + column * column_stride;
        for (size_t r = 0; r < rows; r++, target += VEDETTE_PANEL, source += row_stride) {
            if (column_stride == 1)
                memcpy(target, source, count * sizeof(float));
            else
                for (size_t c = 0; c < count; c++) target[c] = source[c * column_stride];
            for (size_t c = count; c < VEDETTE_PANEL; c++) target[c] = 0;
        }
    }
}

int vedette_walk_level(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd"))
        return 2;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return 0;
#endif
}

int vedette_walk_rows(int level) {
    static const int rows[] = {BASE_ROWS, AVX2_ROWS, AVX512_ROWS};
    return rows[level];
}

#if defined(__x86_64__)
#define DISPATCH(level, name, ...)                          \
    switch (level) {                                        \
    case 2: avx512_##name(__VA_ARGS__); break;              \
    case 1: avx2_##name(__VA_ARGS__); break;                \
    default: base_##name(__VA_ARGS__);                      \
    }
#else
#define DISPATCH(level, name, ...) base_##name(__VA_ARGS__);
#endif

void vedette_walk_product(const float *source, const float *packed, size_t columns, float *target,
                          const vedette_walk *walk, const vedette_epilogue *epilogue) {
    vedette_walk_product_at(vedette_walk_level(), source, packed, columns, target, walk, epilogue);
}

void vedette_walk_product_at(int level, const float *source, const float *packed, size_t columns, float *target,
                             const vedette_walk *walk, const vedette_epilogue *epilogue) {
    if (walk->rows == 0) return;
    const size_t panel_floats = walk->segment_count * walk->length * VEDETTE_PANEL;
    const right_factor f = {.base = packed, .row_stride = VEDETTE_PANEL, .panel_stride = panel_floats};
    DISPATCH(level, product, source, &f, columns, target, walk, epilogue)
}

void vedette_walk_product_in_place(const float *source, const float *matrix, const float *scale, size_t columns,
                                   float *target, const vedette_walk *walk, const vedette_epilogue *epilogue) {
    vedette_walk_product_in_place_at(vedette_walk_level(), source, matrix, scale, columns, target, walk, epilogue);
}

void vedette_walk_product_in_place_at(int level, const float *source, const float *matrix, const float *scale,
                                      size_t columns, float *target, const vedette_walk *walk,
                                      const vedette_epilogue *epilogue) {
    if (walk->rows == 0) return;
    const right_factor f = {.base = matrix, .row_stride = columns, .panel_stride = VEDETTE_PANEL, .scale = scale};
    DISPATCH(level, product, source, &f, columns, target, walk, epilogue)
}

void vedette_walk_transposed_product(const float *source, const float *gradient, size_t columns, float *weight,
                                     const vedette_walk *walk, int accumulate) {
    vedette_walk_transposed_product_at(vedette_walk_level(), source, gradient, columns, weight, walk, accumulate);
}

void vedette_walk_transposed_product_at(int level, const float *source, const float *gradient, size_t columns,
                                        float *weight, const vedette_walk *walk, int accumulate) {
    const vedette_epilogue epilogue = {.accumulate = accumulate};
    DISPATCH(level, transposed_product, source, gradient, columns, weight, walk, &epilogue)
}
