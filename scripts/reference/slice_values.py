"""Slices of a window, each compared with the same slice of the reference, and adjusted for their number.

    /tmp/reference/bin/pip install numpy scipy statsmodels

Two-sample tests are scipy's, exact ones of numbers and Pearson's of categories; the adjustment is statsmodels'.
"""
import numpy as np
import scipy
import statsmodels
from reference import write
from scipy import stats
from statsmodels.stats.multitest import multipletests

random = np.random.default_rng(21)


def rows(count, moved):
    region = random.integers(0, 3, count)
    age = np.round(random.normal(40, 9, count), 2)
    income = random.normal(size=count) + np.where(region == 1, moved, 0)
    kind = random.choice(4, count, p=[0.4, 0.3, 0.2, 0.1])
    return np.float32(np.c_[region, age, income, kind]).astype(float)


reference, window = rows(400, 0), rows(240, 0.8)
ages = np.sort(reference[:, 1])
edges = [ages[bin * 400 // 3] for bin in (1, 2)]
slices = [("= %d" % code, 0, lambda r, code=code: r[:, 0] == code) for code in range(3)]
slices += [
    ("first", 1, lambda r: r[:, 1] <= edges[0]),
    ("second", 1, lambda r: (r[:, 1] > edges[0]) & (r[:, 1] <= edges[1])),
    ("third", 1, lambda r: r[:, 1] > edges[1]),
]


def compare(a, b, column):
    if column not in (0, 3):
        return stats.ks_2samp(a[:, column], b[:, column], method="exact").pvalue
    codes = np.unique(np.r_[a[:, column], b[:, column]])
    table = np.array([[np.sum(part[:, column] == code) for code in codes] for part in (a, b)])
    assert stats.contingency.expected_freq(table).min() >= 5
    return stats.chi2_contingency(table).pvalue


found = []
for name, own, holds in slices:
    a, b = reference[holds(reference)], window[holds(window)]
    p = {column: compare(a, b, column) for column in range(4) if column != own}
    best = min(p, key=p.get)
    found.append({"name": name, "count": len(b), "reference_count": len(a), "column": best,
                  "p_val": float(min(1, 3 * p[best]))})
for correction, method in [("fdr", "fdr_bh"), ("fdr_by", "fdr_by")]:
    adjusted = multipletests([entry["p_val"] for entry in found], method=method)[1]
    for entry, value in zip(found, adjusted):
        entry[correction] = float(value)

write("DriftDetectionTests", "slices", [np, scipy, statsmodels], {
    "reference": reference.ravel().tolist(), "window": window.ravel().tolist(), "slices": found,
})
