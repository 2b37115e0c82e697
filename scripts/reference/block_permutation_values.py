"""Exact p-values by permutations of blocks and by shifts along the circle, every one of them counted.

    /tmp/reference/bin/pip install numpy scipy

Statistics are scipy's, and for the maximum mean discrepancy numpy's by its definition. Rows of either sample that fill no
block, its oldest, stay where they are.
"""
import itertools
import math

import numpy as np
import scipy
from reference import write
from scipy import stats

random = np.random.default_rng(5)


def series(count, columns, strength=0.6):
    rows = np.zeros((count + 50, columns))
    noise = random.normal(size=rows.shape)
    for step in range(1, len(rows)):
        rows[step] = strength * rows[step - 1] + noise[step]
    return np.float32(np.round(rows[50:], 3)).astype(float)


def windows_of_blocks(n, m, length):
    """Every choice of the window's rows in the pooled sample, as sets of blocks."""
    count = max(1, m // length)
    size = m // count
    first, kept = n - n // size * size, m - count * size
    blocks = [list(range(first + b * size, first + (b + 1) * size)) for b in range(n // size)]
    blocks += [list(range(n + kept + b * size, n + kept + (b + 1) * size)) for b in range(count)]
    for chosen in itertools.combinations(range(len(blocks)), count):
        yield list(range(n, n + kept)) + [row for block in chosen for row in blocks[block]]


def windows_of_shifts(n, m):
    for start in range(n + m):
        yield [(start + offset) % (n + m) for offset in range(m)]


def discrepancy(x, y):
    def kernel(a, b):
        return np.exp(-((a[:, None] - b[None]) ** 2).sum(-1) / 2)

    n, m = len(x), len(y)
    return ((kernel(x, x).sum() - n) / (n * (n - 1)) + (kernel(y, y).sum() - m) / (m * (m - 1))
            - 2 * kernel(x, y).mean())


STATISTICS = {
    "KSDrift": lambda x, y: stats.ks_2samp(x[:, 0], y[:, 0]).statistic,
    "CVMDrift": lambda x, y: stats.cramervonmises_2samp(x[:, 0], y[:, 0], method="asymptotic").statistic,
    "MannWhitneyDrift": lambda x, y: abs(stats.mannwhitneyu(x[:, 0], y[:, 0]).statistic - len(x) * len(y) / 2),
    "EnergyDrift": lambda x, y: stats.energy_distance(x[:, 0], y[:, 0]),
    "WassersteinDrift": lambda x, y: stats.wasserstein_distance(x[:, 0], y[:, 0]),
    "MMDDrift": discrepancy,
}

cases = []
for method, statistic in STATISTICS.items():
    columns = 2 if method == "MMDDrift" else 1
    for shift in [0.0, 1.5]:
        n, m, length = 50, 17, 4
        reference, window = series(n, columns), series(m, columns) + shift
        window = np.float32(window).astype(float)
        pooled = np.concatenate([reference, window])
        observed = statistic(reference, window)

        def share(windows):
            values = []
            for rows in windows:
                is_window = np.isin(np.arange(n + m), rows)
                values.append(statistic(pooled[~is_window], pooled[is_window]))
            values = np.array(values)
            return float(np.mean(values >= observed - 1e-9 * max(1, abs(observed)))), len(values)

        blocks, ways = share(windows_of_blocks(n, m, length))
        shifts, _ = share(windows_of_shifts(n, m))
        assert ways == math.comb(n // 4 + 4, 4)
        cases.append({
            "method": method, "columns": columns, "block_length": length,
            "reference": reference.ravel().tolist(), "window": window.ravel().tolist(),
            "blocks": blocks, "ways": ways, "circular-shift": shifts,
        })

write("DriftDetectionTests", "block-permutations", [np, scipy], {"cases": cases})
