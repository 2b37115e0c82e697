#ifndef VEDETTE_FUNCTIONS_H
#define VEDETTE_FUNCTIONS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

// Scalar bodies without branches, so that the loops around them vectorise; other kernels of ours include them too. Coefficients are those of S. L. Moshier's
// Cephes library (expf, logf, tanhf: public domain, netlib.org/cephes), good to about 1 to 2 units in the last place.

static inline uint32_t bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

// e^x. Overflows to infinity above 88.72, underflows through the denormals to 0 below -103.97; NaN stays NaN.
static inline float exp_of(float x) {
    x = x > 89.0f ? 89.0f : x;  // in this order NaN passes through
    x = x < -105.0f ? -105.0f : x;
    const float shift = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer in the low bits
    float shifted = x * 1.44269504088896341f + shift;
    float n = shifted - shift;
    float r = x - n * 0.693359375f;
    r = r - n * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    // 2^n in two halves, since n reaches from -151 to 128 and one factor only from -126 to 127.
    int32_t exponent = (int32_t)(bits_of(shifted) - bits_of(shift));
    int32_t half = exponent >> 1;
    float first = float_of((uint32_t)(half + 127) << 23);
    float second = float_of((uint32_t)(exponent - half + 127) << 23);
    return p * first * second;
}

// ln x. 0 gives -infinity, negative numbers NaN, infinity infinity; denormals are exact in range.
static inline float log_of(float x) {
    int is_small = x < 1.17549435e-38f;
    float scaled = is_small ? x * 8388608.0f : x;  // by 2^23: a denormal becomes normal
    uint32_t bits = bits_of(scaled);
    // The mantissa in sqrt(1/2)..sqrt(2), and the exponent that goes with it.
    uint32_t offset = bits - 0x3F3504F3u;
    int32_t exponent = (int32_t)offset >> 23;
    float m = float_of((offset & 0x007FFFFFu) + 0x3F3504F3u) - 1.0f;
    float e = (float)(exponent - (is_small ? 23 : 0));
    float z = m * m;
    float p = 7.0376836292e-2f;
    p = p * m - 1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m - 1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m - 1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m - 2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    float y = m * z * p + e * -2.12194440e-4f - 0.5f * z;
    float result = m + y + e * 0.693359375f;
    result = x == INFINITY ? INFINITY : result;
    result = x == 0.0f ? -INFINITY : result;
    result = x < 0.0f ? NAN : result;
    return x != x ? x : result;
}

// tanh x. A polynomial near 0, where 1 - 2 / (e^2x + 1) would cancel.
static inline float tanh_of(float x) {
    float a = fabsf(x);
    float z = x * x;
    float p = -5.70498872745e-3f;
    p = p * z + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    float near = p * z * a + a;
    float far = 1.0f - 2.0f / (exp_of(a + a) + 1.0f);
    return copysignf(a < 0.625f ? near : far, x);  // minus zero stays minus zero
}

// 1 / (1 + e^-x), from e^-|x|, so that neither side overflows and the left tail keeps its digits.
static inline float sigmoid_of(float x) {
    float e = exp_of(-fabsf(x));
    return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

#endif
