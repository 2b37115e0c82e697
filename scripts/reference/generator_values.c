// The numbers that SeededGenerator's test replays: xoshiro256++ filled by SplitMix64, after the public-domain C of
// D. Blackman and S. Vigna (prng.di.unimi.it). cc -o /tmp/generator scripts/reference/generator_values.c && /tmp/generator
#include <inttypes.h>
#include <stdio.h>

static uint64_t mixer = 0, s[4];

static uint64_t split_mix(void) {
    uint64_t z = (mixer += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static uint64_t rotate(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

static uint64_t next(void) {
    uint64_t result = rotate(s[0] + s[3], 23) + s[0], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

int main(void) {
    for (int i = 0; i < 4; i++) s[i] = split_mix();
    for (int i = 0; i < 1001; i++) {
        uint64_t value = next();
        if (i < 4 || i == 1000) printf("%d: 0x%016" PRIx64 "\n", i, value);
    }
}
