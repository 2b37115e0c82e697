#ifndef VEDETTE_TEXT_KERNELS_H
#define VEDETTE_TEXT_KERNELS_H

#include <stddef.h>

/// Passes elements of a JSON array that are plain numbers, each with the comma before it, 64 bytes at a time.
///
/// Plain is `-`, digits, a point and digits, with at most one space before it; no exponent, no needless zero in front.
/// `text[start]` is the comma before the first of them. Returns where the comma, or the bracket, behind the last is that
/// was certain to be plain: `start` where that is none, as behind a stretch without a comma or within the last 64 bytes.
size_t vedette_plain_numbers_end(const unsigned char *text, size_t start, size_t end);

#endif
