#include "CTextKernels.h"
#include <stdint.h>

#if defined(__x86_64__)
#include <emmintrin.h>

/// For 64 bytes, a bit for each that is of a kind.
struct kinds {
    uint64_t digits, zeros, points, minuses, commas, spaces, brackets;
};

static inline struct kinds kinds_of(const unsigned char *text) {
    struct kinds found = {0};
    for (int part = 0; part < 4; part++) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)(text + 16 * part));
        const __m128i offset = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
        const __m128i digit = _mm_cmpeq_epi8(_mm_min_epu8(offset, _mm_set1_epi8(9)), offset);
        const int shift = 16 * part;
#define VEDETTE_MASK(vector) ((uint64_t)(uint32_t)_mm_movemask_epi8(vector) << shift)
#define VEDETTE_IS(byte) VEDETTE_MASK(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte)))
        found.digits |= VEDETTE_MASK(digit);
        found.zeros |= VEDETTE_IS('0');
        found.points |= VEDETTE_IS('.');
        found.minuses |= VEDETTE_IS('-');
        found.commas |= VEDETTE_IS(',');
        found.spaces |= VEDETTE_IS(' ');
        found.brackets |= VEDETTE_IS(']');
    }
    return found;
}

/// How many of 64 bytes, the first of which is a comma, are plain numbers with their commas: the place of the last comma
/// or bracket behind such a number, 0 where there is none.
///
/// Each rule of the grammar is a statement about neighbouring bytes, so all 64 are checked at once by shifting the bits
/// of one kind onto their neighbours. That a number has one point needs its whole fraction: adding a bit to the first
/// digit behind a point carries it through the digits to the byte behind them, which must not be a point. The idea of
/// such carries is that of G. Langdale and D. Lemire (2019), "Parsing gigabytes of JSON per second", The VLDB Journal 28.
static inline unsigned plain_bytes(const unsigned char *text) {
    const struct kinds k = kinds_of(text);
    const uint64_t other = ~(k.digits | k.points | k.minuses | k.commas | k.spaces);
    const uint64_t first_other = other & -other;
    const uint64_t within = first_other - 1;  // all bits when there is no other
    const uint64_t d = k.digits & within, p = k.points & within, m = k.minuses & within;
    const uint64_t c = k.commas & within, s = k.spaces & within;
    const uint64_t ends = (c & ~1ULL) | (first_other & k.brackets);

    uint64_t wrong = s & ~(c << 1);                       // a space stands behind a comma,
    wrong |= m & ~((c | s) << 1);                         // a minus behind either,
    wrong |= (p | ends) & ~(d << 1);                      // a point and an end behind a digit,
    wrong |= ((p | m) << 1) & ~d;                         // a digit behind a point and a minus,
    wrong |= (s << 1) & ~(d | m);                         // a number behind a space,
    wrong |= (c << 1) & ~(s | d | m);                     // and something behind a comma;
    wrong |= (d + ((p << 1) & d)) & ~d & p;               // behind a fraction is no point,
    wrong |= ((((c | s | m) << 1) & d & k.zeros) << 1) & d;  // and behind a leading zero no digit.

    const uint64_t right = wrong ? (wrong & -wrong) - 1 : ~0ULL;
    const uint64_t certain = ends & right;
    return certain ? 63 - (unsigned)__builtin_clzll(certain) : 0;
}

size_t vedette_plain_numbers_end(const unsigned char *text, size_t start, size_t end) {
    while (start + 64 <= end && text[start] == ',') {
        const unsigned passed = plain_bytes(text + start);
        if (passed == 0) break;
        start += passed;
    }
    return start;
}

#else

size_t vedette_plain_numbers_end(const unsigned char *text, size_t start, size_t end) {
    (void)text;
    (void)end;
    return start;  // the caller's own loop is as good
}

#endif
