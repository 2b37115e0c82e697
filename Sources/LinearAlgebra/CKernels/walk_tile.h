// The inner loops of walk_product.c for one CPU level. Included once per level, with
//
//   LEVEL(name)  the name of a function at this level
//   TARGET       the attribute that compiles it for the level
//   LANES        floats in a vector register
//   ROWS         rows of a tile; ROWS * PANELS * VECTORS sums have to fit into the registers
//   PANELS       panels of columns that a tile takes at most

#define VECTORS (VEDETTE_PANEL / LANES)
// Loops over a tile are unrolled before anything else, or the sums would live in memory.
#define UNROLLED _Pragma("clang loop unroll(full)")
#define VECTOR LEVEL(vector)
#define MASK LEVEL(mask)

typedef float VECTOR __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef int32_t MASK __attribute__((vector_size(LANES * 4)));

// Stores the sums of one row over one panel, of which `columns` are wanted.
TARGET static inline __attribute__((always_inline)) void LEVEL(store)(const VECTOR *sums, float *y, const float *scale,
                                                                      const float *bias, size_t columns,
                                                                      const vedette_epilogue *e) {
    if (columns >= VEDETTE_PANEL) {
        for (int v = 0; v < VECTORS; v++) {
            VECTOR x = sums[v];
            if (scale) x *= *(const VECTOR *)(scale + v * LANES);
            if (bias) x += *(const VECTOR *)(bias + v * LANES);
            if (e->accumulate) x += *(const VECTOR *)(y + v * LANES);
            if (e->rectify) x = (VECTOR)((MASK)x & ~(MASK)(x < 0.0f));  // NaN stays NaN
            *(VECTOR *)(y + v * LANES) = x;
        }
        return;
    }
    float rest[VEDETTE_PANEL];
    for (int v = 0; v < VECTORS; v++) *(VECTOR *)(rest + v * LANES) = sums[v];
    for (size_t c = 0; c < columns; c++) {
        float x = rest[c];
        if (scale) x *= scale[c];
        if (bias) x += bias[c];
        if (e->accumulate) x += y[c];
        y[c] = e->rectify && x < 0.0f ? 0.0f : x;
    }
}

// A tile of the product: up to ROWS rows from `first` on by `panels` panels.
TARGET static inline __attribute__((always_inline)) void LEVEL(tile)(const float *source,
                                                                     const right_factor *f, size_t column,
                                                                     size_t columns, float *target,
                                                                     const vedette_walk *w, size_t first,
                                                                     const vedette_epilogue *e, const int panels) {
    const size_t row_stride = f->row_stride, panel_stride = f->panel_stride;
    const int is_plain = !f->scale && !e->bias && !e->accumulate && !e->rectify;
    const float *row[ROWS];
    // Rows beyond the last repeat it; their sums are not stored.
    for (int r = 0; r < ROWS; r++) row[r] = source + w->from[first + r < w->rows ? first + r : w->rows - 1];
    VECTOR sums[ROWS][PANELS * VECTORS];
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < panels * VECTORS; v++) sums[r][v] = (VECTOR){0};
    const float *b = f->base + column / VEDETTE_PANEL * panel_stride;
    for (size_t s = 0; s < w->segment_count; s++) {
        const float *a[ROWS];
        for (int r = 0; r < ROWS; r++) a[r] = row[r] + w->segments[s];
        for (size_t k = 0; k < w->length; k++, b += row_stride) {
            VECTOR factor[PANELS * VECTORS];
            for (int v = 0; v < panels * VECTORS; v++)
                factor[v] = *(const VECTOR *)(b + v / VECTORS * panel_stride + v % VECTORS * LANES);
            for (int r = 0; r < ROWS; r++)
                for (int v = 0; v < panels * VECTORS; v++) sums[r][v] += a[r][k] * factor[v];
        }
    }
    // A whole tile of a plain product, the most frequent case, is stored without a question for each of its rows.
    if (is_plain && first + ROWS <= w->rows && columns - column >= panels * VEDETTE_PANEL) {
        UNROLLED for (int r = 0; r < ROWS; r++)
            for (int v = 0; v < panels * VECTORS; v++)
                *(VECTOR *)(target + w->to[first + r] + column + v * LANES) = sums[r][v];
        return;
    }
    UNROLLED for (int r = 0; r < ROWS; r++) {
        if (first + r < w->rows) UNROLLED
        for (int p = 0; p < panels; p++) {
            const size_t c = column + p * VEDETTE_PANEL;
            LEVEL(store)(sums[r] + p * VECTORS, target + w->to[first + r] + c, f->scale ? f->scale + c : NULL,
                         e->bias ? e->bias + c : NULL, columns - c, e);
        }
    }
}

TARGET static void LEVEL(product)(const float *source, const right_factor *f, size_t columns, float *target,
                                  const vedette_walk *w, const vedette_epilogue *e) {
    size_t column = 0;
    for (; column + (PANELS - 1) * VEDETTE_PANEL < columns; column += PANELS * VEDETTE_PANEL)
        for (size_t first = 0; first < w->rows; first += ROWS)
            LEVEL(tile)(source, f, column, columns, target, w, first, e, PANELS);
    for (; column < columns; column += VEDETTE_PANEL)
        for (size_t first = 0; first < w->rows; first += ROWS)
            LEVEL(tile)(source, f, column, columns, target, w, first, e, 1);
}

// A tile of the transposed product: up to ROWS rows k from `first` on by `panels` panels.
TARGET static inline __attribute__((always_inline)) void LEVEL(transposed_tile)(
    const float *source, const float *gradient, size_t column, size_t columns, float *weight, const vedette_walk *w,
    size_t first, const vedette_epilogue *e, const int panels) {
    const size_t rows = w->segment_count * w->length;
    const float *cell[ROWS];
    for (int r = 0; r < ROWS; r++) {
        const size_t k = first + r < rows ? first + r : rows - 1;
        cell[r] = source + w->segments[k / w->length] + (ptrdiff_t)(k % w->length);
    }
    VECTOR sums[ROWS][PANELS * VECTORS];
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < panels * VECTORS; v++) sums[r][v] = (VECTOR){0};
    // Unrolled, the loop would want more registers than there are, and keep a sum in memory.
    _Pragma("clang loop unroll(disable)") for (size_t p = 0; p < w->rows; p++) {
        const ptrdiff_t a = w->from[p];
        const float *g = gradient + w->to[p] + column;
        VECTOR factor[PANELS * VECTORS];
        for (int v = 0; v < panels * VECTORS; v++) factor[v] = *(const VECTOR *)(g + v * LANES);
        for (int r = 0; r < ROWS; r++)
            for (int v = 0; v < panels * VECTORS; v++) sums[r][v] += cell[r][a] * factor[v];
    }
    UNROLLED for (int r = 0; r < ROWS; r++) {
        if (first + r < rows) UNROLLED
        for (int p = 0; p < panels; p++) {
            const size_t c = column + p * VEDETTE_PANEL;
            LEVEL(store)(sums[r] + p * VECTORS, weight + (first + r) * columns + c, NULL, NULL, columns - c, e);
        }
    }
}

TARGET static void LEVEL(transposed_product)(const float *source, const float *gradient, size_t columns, float *weight,
                                             const vedette_walk *w, const vedette_epilogue *e) {
    const size_t rows = w->segment_count * w->length;
    vedette_epilogue epilogue = *e;
    size_t p = 0;
    do {
        vedette_walk strip = *w;
        strip.from += p;
        strip.to += p;
        strip.rows = w->rows - p < STRIP ? w->rows - p : STRIP;
        size_t column = 0;
        for (; column + (PANELS - 1) * VEDETTE_PANEL < columns; column += PANELS * VEDETTE_PANEL)
            for (size_t first = 0; first < rows; first += ROWS)
                LEVEL(transposed_tile)(source, gradient, column, columns, weight, &strip, first, &epilogue, PANELS);
        for (; column < columns; column += VEDETTE_PANEL)
            for (size_t first = 0; first < rows; first += ROWS)
                LEVEL(transposed_tile)(source, gradient, column, columns, weight, &strip, first, &epilogue, 1);
        epilogue.accumulate = 1;
        p += STRIP;
    } while (p < w->rows);
}

#undef UNROLLED
#undef VECTORS
#undef VECTOR
#undef MASK
#undef LEVEL
#undef TARGET
#undef LANES
#undef ROWS
#undef PANELS
