"""Permutation p-values of tests of single columns whose limits do not hold, by scipy's permutation_test.

    python3 -m venv /tmp/permuted && /tmp/permuted/bin/pip install scipy scikit-learn
    /tmp/permuted/bin/python scripts/reference/permuted_column_values.py
"""
import warnings

import numpy as np
import scipy
import scipy.stats as st
import sklearn
from reference import write
from sklearn import datasets

warnings.simplefilter("ignore")  # clipped p-values of anderson_ksamp, of which only the statistic is taken
random = np.random.default_rng(20260611)
RESAMPLES = 8_000


def anderson(a, b):
    return st.anderson_ksamp([a, b], midrank=True).statistic


def epps_singleton(a, b):
    return st.epps_singleton_2samp(a, b).statistic


def table(a, b):
    return np.array([[np.sum(part == value) for value in np.unique(np.concatenate([a, b]))] for part in (a, b)])


def g(a, b):
    return st.chi2_contingency(table(a, b), lambda_="log-likelihood").statistic


def chi2(a, b):
    return st.chi2_contingency(table(a, b)).statistic


def columns():
    wine, digits = datasets.load_wine().data, datasets.load_digits().data
    for shift in [0, 0.4]:
        rows = wine[random.permutation(len(wine))]
        reference, window = rows[:90, 0], rows[90:130, 0] + shift * wine[:, 0].std()
        yield "AndersonDarlingDrift", f"wine, halves, {shift}", np.round(2 * reference) / 2, np.round(2 * window) / 2, anderson
        yield "EppsSingletonDrift", f"wine, {shift}", np.round(reference, 2), np.round(window, 2), epps_singleton
        rows = digits[random.permutation(len(digits))]
        reference, window = rows[:120, 20], np.clip(rows[120:160, 20] + (shift > 0) * 3, 0, 16)
        yield "AndersonDarlingDrift", f"digits, {shift}", reference, window, anderson
        yield "EppsSingletonDrift", f"digits, {shift}", reference, window, epps_singleton
        yield "GTestDrift", f"digits, {shift}", reference, window, g
        yield "ChiSquareDrift", f"digits, {shift}", reference, window, chi2
    yield "AndersonDarlingDrift", "three against four", np.array([1.0, 3, 5]), np.array([4.0, 6, 7, 8]), anderson
    yield "GTestDrift", "two categories", np.repeat([0.0, 1], [40, 3]), np.repeat([0.0, 1], [9, 3]), g


cases = []
for method, name, reference, window, statistic in columns():
    found = st.permutation_test(
        (reference, window), statistic, permutation_type="independent", alternative="greater",
        n_resamples=RESAMPLES, rng=random,
    )
    exact = RESAMPLES > scipy.special.comb(len(reference) + len(window), len(window))
    cases.append({
        "method": method, "name": name, "reference": [float(v) for v in reference], "window": [float(v) for v in window],
        "statistic": float(found.statistic), "p_val": float(found.pvalue), "resamples": 0 if exact else RESAMPLES,
    })
    print(method, name, found.statistic, found.pvalue, flush=True)
write("DriftDetectionTests", "permuted-columns", [np, scipy, sklearn], {"cases": cases})
