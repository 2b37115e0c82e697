#ifndef VEDETTE_WALK_PRODUCT_H
#define VEDETTE_WALK_PRODUCT_H

#include <stddef.h>

// Matrix products whose left factor is never copied together: each of its rows is gathered from where it lies. A
// convolution's row is the window under a pixel; the rows of a plain matrix are the simplest case.

// How the rows of the left factor lie in a source, and where the rows of the product go.
//
// Row p is the concatenation, over the segments s, of `length` floats from source[from[p] + segments[s]] on. It has
// segment_count * length elements. Row p of the product begins at target[to[p]].
typedef struct {
    const ptrdiff_t *from;
    const ptrdiff_t *to;
    size_t rows;
    const ptrdiff_t *segments;
    size_t segment_count;
    size_t length;
} vedette_walk;

// What is done to each element of a product before it is stored.
typedef struct {
    const float *bias;  // added by column; NULL for none
    int accumulate;     // whether it is added to what the target holds
    int rectify;        // whether what is below 0 becomes 0 at last
} vedette_epilogue;

// Columns of a packed factor are kept in panels of so many; the last is filled up with zeros.
#define VEDETTE_PANEL 16

// The floats that a packed factor of this size takes.
size_t vedette_packed_count(size_t rows, size_t columns);

// Packs some rows of a right factor: element (r, c) is matrix[r * row_stride + c * column_stride] and becomes row
// `first_row + r` of a packed factor of `all_rows` rows.
void vedette_pack(const float *matrix, size_t rows, size_t columns, size_t row_stride, size_t column_stride,
                  float *packed, size_t first_row, size_t all_rows);

// target[to[p] + c] = sum over k of row p [k] * packed[k, c], for `columns` columns.
//
// Every element is one sum in the order of k, so it does not depend on which rows are computed together.
void vedette_walk_product(const float *source, const float *packed, size_t columns, float *target,
                          const vedette_walk *walk, const vedette_epilogue *epilogue);

// The same product with a row-major matrix [k, columns] that is read where it lies, and with each column's sum
// multiplied by its entry of `scale` before the epilogue; NULL for none. Nothing beyond the matrix is read.
//
// The columns are a multiple of VEDETTE_PANEL.
void vedette_walk_product_in_place(const float *source, const float *matrix, const float *scale, size_t columns,
                                   float *target, const vedette_walk *walk, const vedette_epilogue *epilogue);

// The transposed product: weight[k, c] (+)= sum over p of row p [k] * gradient[to[p] + c], in the order of p, added up
// strip by strip of 256 rows.
//
// Up to VEDETTE_PANEL - 1 floats after the last row of the gradient are read and not used.
void vedette_walk_transposed_product(const float *source, const float *gradient, size_t columns, float *weight,
                                     const vedette_walk *walk, int accumulate);

// The level of x86-64 that the products above take on this CPU: 2 for AVX-512 as x86-64-v4 has it, 1 for AVX2 with FMA,
// else 0; and the products at a level that is not above it, for tests and measurements.
int vedette_walk_level(void);
// Rows that a tile of the product takes at that level: other counts of rows leave part of a tile unused.
int vedette_walk_rows(int level);
void vedette_walk_product_at(int level, const float *source, const float *packed, size_t columns, float *target,
                             const vedette_walk *walk, const vedette_epilogue *epilogue);
void vedette_walk_product_in_place_at(int level, const float *source, const float *matrix, const float *scale,
                                      size_t columns, float *target, const vedette_walk *walk,
                                      const vedette_epilogue *epilogue);
void vedette_walk_transposed_product_at(int level, const float *source, const float *gradient, size_t columns,
                                        float *weight, const vedette_walk *walk, int accumulate);

#endif
