#ifndef VEDETTE_CTREEKERNELS_H
#define VEDETTE_CTREEKERNELS_H

#include <stddef.h>
#include <stdint.h>

// A node as Prediction's TreeEnsemble.Node lays it out; TreeWalkTests checks that the two agree.
// x goes left when x <= threshold. A leaf is its own left child.
typedef struct {
    float threshold;
    uint32_t feature;  // the index in the low 28 bits; bit 31: what is missing goes left
    uint32_t left;     // the right child follows it
    uint32_t payload;
} tree_node;

// How many rows, or trees, go down side by side: enough to hide how long a load takes.
enum { tree_lanes = 8 };

// Walks one tree with n rows, a multiple of tree_lanes, and writes each row's leaf's payload.
// All splits are on numbers; has_missing says whether a value may be NaN.
void tree_walk_rows(const tree_node *nodes, uint32_t root, size_t depth, const float *rows, size_t stride, size_t n,
                    int has_missing, uint32_t *payloads);

// Walks n trees, a multiple of tree_lanes, with one row.
void tree_walk_trees(const tree_node *nodes, const uint32_t *roots, size_t n, const float *row, uint32_t *payloads);

#endif
