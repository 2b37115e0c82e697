#include "CKernels.h"
#include "vedette_functions.h"
#include "levels.h"

// The remainder of x by a quarter turn is taken in double precision, so that it keeps its digits up to arguments of 1e8;
// coefficients on a quarter turn as in Cephes (sinf, cosf). The number of quarter turns is read from the low bits of the
// sum that rounds to it, which is defined for every x.
VEDETTE_LEVELS void vedette_cos_sin(const float *x, float factor, float *cosine, float *sine, size_t n) {
    const double shift = 6755399441055744.0;  // 1.5 * 2^52
    VEDETTE_ELEMENTWISE
    for (size_t i = 0; i < n; i++) {
        const double value = (double)x[i];
        const double shifted = value * 0.63661977236758134308 + shift;
        const double turns = shifted - shift;
        const float r = (float)((value - turns * 1.57079632679489661923) - turns * 6.123233995736766e-17);
        uint64_t bits;
        memcpy(&bits, &shifted, sizeof bits);
        const uint32_t quarter = (uint32_t)bits & 3;
        const float z = r * r;
        float s = -1.9515295891e-4f;
        s = s * z + 8.3321608736e-3f;
        s = s * z - 1.6666654611e-1f;
        s = s * z * r + r;
        float c = 2.443315711809948e-5f;
        c = c * z - 1.388731625493765e-3f;
        c = c * z + 4.166664568298827e-2f;
        c = c * z * z - 0.5f * z + 1.0f;
        const float first = quarter & 1 ? s : c;
        const float second = quarter & 1 ? c : s;
        cosine[i] = ((quarter + 1) & 2 ? -first : first) * factor;
        sine[i] = (quarter & 2 ? -second : second) * factor;
    }
}
