#include "CTreeKernels.h"

#define FEATURE_MASK ((1u << 28) - 1)

// One step of one lane. A leaf leads to itself for every value: its threshold is infinite, and its flag sends what is
// missing left. So lanes that have arrived need no test of their own.
__attribute__((always_inline)) static inline uint32_t step(const tree_node *nodes, uint32_t at, const float *row,
                                                           int has_missing) {
    const tree_node *node = nodes + at;
    float x = row[node->feature & FEATURE_MASK];
    uint32_t right = !(x <= node->threshold);
    if (has_missing) right &= ~((uint32_t)(x != x) & (node->feature >> 31));
    return node->left + right;
}

__attribute__((always_inline)) static inline void walk(const tree_node *nodes, uint32_t root, size_t depth,
                                                       const float *rows, size_t stride, size_t n, int has_missing,
                                                       uint32_t *payloads) {
    for (size_t first = 0; first < n; first += tree_lanes) {
        const float *block = rows + first * stride;
        uint32_t at[tree_lanes];
        for (int lane = 0; lane < tree_lanes; lane++) at[lane] = root;
        for (size_t level = 0; level < depth; level++) {
            uint32_t moved = 0;
#pragma clang loop unroll(full)
            for (int lane = 0; lane < tree_lanes; lane++) {
                uint32_t next = step(nodes, at[lane], block + lane * stride, has_missing);
                moved |= next ^ at[lane];
                at[lane] = next;
            }
            if (!moved) break;
        }
        for (int lane = 0; lane < tree_lanes; lane++) payloads[first + lane] = nodes[at[lane]].payload;
    }
}

void tree_walk_rows(const tree_node *nodes, uint32_t root, size_t depth, const float *rows, size_t stride, size_t n,
                    int has_missing, uint32_t *payloads) {
    if (has_missing)
        walk(nodes, root, depth, rows, stride, n, 1, payloads);
    else
        walk(nodes, root, depth, rows, stride, n, 0, payloads);
}

void tree_walk_trees(const tree_node *nodes, const uint32_t *roots, size_t n, const float *row, uint32_t *payloads) {
    for (size_t first = 0; first < n; first += tree_lanes) {
        uint32_t at[tree_lanes];
        for (int lane = 0; lane < tree_lanes; lane++) at[lane] = roots[first + lane];
        uint32_t moved;
        do {
            moved = 0;
#pragma clang loop unroll(full)
            for (int lane = 0; lane < tree_lanes; lane++) {
                uint32_t next = step(nodes, at[lane], row, 1);
                moved |= next ^ at[lane];
                at[lane] = next;
            }
        } while (moved);
        for (int lane = 0; lane < tree_lanes; lane++) payloads[first + lane] = nodes[at[lane]].payload;
    }
}
