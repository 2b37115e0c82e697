"""Expected values of two-sample tests, tables and distances, by scipy, statsmodels and mpmath, on real and drawn data.

    python3 -m venv /tmp/two-sample && /tmp/two-sample/bin/pip install scipy scikit-learn statsmodels mpmath
    /tmp/two-sample/bin/python scripts/reference/two_sample_values.py
"""
import warnings

import mpmath
import numpy as np
import scipy
import scipy.stats as st
import sklearn
import statsmodels
from reference import write
from scipy.spatial.distance import jensenshannon
from scipy.stats import _hypotests
from sklearn import datasets
from statsmodels.stats.multitest import multipletests

warnings.simplefilter("ignore")  # clipped p-values of anderson_ksamp, of which only the statistic is taken
random = np.random.default_rng(20260401)


def floats(values):
    return [float(value) for value in np.ravel(values)]


def samples():
    """Pairs of columns: null and shifted halves of real data, then drawn ones of every size, with and without ties."""
    for name, load in [
        ("wine", datasets.load_wine), ("breast cancer", datasets.load_breast_cancer),
        ("diabetes", datasets.load_diabetes), ("digits", datasets.load_digits),
    ]:
        rows = load().data
        order = random.permutation(len(rows))
        for column in [2, 5, 10] if rows.shape[1] > 10 else [2, 5]:
            values = rows[order, column]
            reference, window = values[:100], values[100:160]
            yield f"{name} {column}", reference, window
            yield f"{name} {column} shifted", reference, window + 0.3 * np.std(values)
    for n, m, shift, decimals in [
        (3, 4, 0.5, None), (5, 5, 0, None), (7, 8, 1, None), (8, 40, 0.3, None), (10, 12, 0.4, None), (20, 20, 0, None),
        (20, 20, 1.2, None), (20, 13, 0.4, 1), (21, 20, 0.4, None), (24, 24, 0.2, 1), (60, 40, 0.3, 1), (50, 50, 2, None),
        (300, 150, 0.1, None), (200, 100, 4, None),
    ]:
        a, b = random.normal(size=n), random.normal(loc=shift, size=m)
        if decimals is not None:
            a, b = np.round(a, decimals), np.round(b, decimals)
        yield f"normal {n} {m} {shift} {decimals}", a, b


def smooth(counts):
    return (counts + 0.5) / (counts.sum() + 0.5 * len(counts))


def distances(reference, window):
    p, q = reference / reference.sum(), window / window.sum()
    a, b = smooth(reference), smooth(window)
    return {
        "populationStability": float(((b - a) * np.log(b / a)).sum()),
        "jensenShannon": float(jensenshannon(p, q, 2)),
        "hellinger": float(np.sqrt(((np.sqrt(p) - np.sqrt(q)) ** 2).sum() / 2)),
        "totalVariation": float(np.abs(p - q).sum() / 2),
    }


def cramer_von_mises(a, b, method):
    """scipy's answer; for ties that of its own laws to the criterion by definition, which its mean ranks are not."""
    n, m = len(a), len(b)
    pooled = np.sort(np.concatenate([a, b]))
    if len(np.unique(pooled)) == n + m:
        result = st.cramervonmises_2samp(a, b, method=method)
        return [float(result.statistic), float(result.pvalue)]
    f, g = (np.searchsorted(np.sort(x), pooled, "right") / len(x) for x in (a, b))
    k, total = n * m, n + m
    statistic = k / total**2 * ((f - g) ** 2).sum()
    if method == "exact" or (method == "auto" and max(n, m) <= 20):
        squares = k * total * statistic + k * (4 * k - 1) / 6
        return [statistic, float(_hypotests._pval_cvm_2samp_exact(squares + 1e-9, n, m))]
    mean, variance = (1 + 1 / total) / 6, (total + 1) * (4 * k * total - 3 * (n * n + m * m) - 2 * k) / (45 * total**2 * 4 * k)
    return [statistic, float(max(0, 1 - _hypotests._cdf_cvm_inf(1 / 6 + (statistic - mean) / np.sqrt(45 * variance))))]


def two_samples():
    cases = []
    for name, a, b in samples():
        case = {"name": name, "reference": floats(a), "test": floats(b)}
        for method in ["auto", "asymptotic"] + (["exact"] if max(len(a), len(b)) <= 24 else []):
            case[f"cvm {method}"] = cramer_von_mises(a, b, method)
        for alternative in ["two-sided", "less", "greater"]:
            for method in ["auto", "asymptotic"] + (["exact"] if len(a) * len(b) <= 5000 else []):
                result = st.mannwhitneyu(a, b, alternative=alternative, method=method)
                case[f"mann-whitney {alternative} {method}"] = [float(result.statistic), float(result.pvalue)]
        case["anderson"] = float(st.anderson_ksamp([a, b], midrank=True).statistic)
        if min(len(a), len(b)) >= 5:
            result = st.epps_singleton_2samp(a, b)
            case["epps-singleton"] = [float(result.statistic), float(result.pvalue)]
        case["wasserstein"] = float(st.wasserstein_distance(a, b))
        case["energy"] = float(st.energy_distance(a, b))
        cases.append(case)
    return cases


def tables():
    cases = []
    rows = [
        ([10, 20], [5, 40]), ([50, 50], [26, 25]), ([3, 0], [1, 2]), ([7, 7, 7], [7, 7, 7]), ([0, 5, 9], [4, 0, 2]),
        ([100, 200, 300, 40], [30, 50, 90, 30]), ([1000, 0, 3], [200, 0, 9]), ([5, 5, 5, 5, 5, 5], [9, 1, 2, 6, 3, 8]),
        ([40_000, 60_000], [900, 1100]), ([12], [5]),
    ]
    digits = datasets.load_digits().data
    for column in [10, 20, 30]:
        counts = [np.bincount(part.astype(int), minlength=17) for part in (digits[:900, column], digits[900:, column])]
        rows.append(([int(c) for c in counts[0]], [int(c) for c in counts[1]]))
    for reference, test in rows:
        table = np.array([reference, test])
        kept = table[:, table.sum(0) > 0]
        case = {"reference": reference, "test": test}
        for name, options in [("chi2", {}), ("g", {"lambda_": "log-likelihood"})]:
            for yates in [True, False]:
                result = st.chi2_contingency(kept, correction=yates, **options)
                case[f"{name} {'yates' if yates else 'plain'}"] = [float(result.statistic), float(result.pvalue)]
        case |= distances(np.array(reference, float), np.array(test, float))
        cases.append(case)
    return cases


def fisher():
    cases = []
    for a, b, c, d in [
        (0, 10, 3, 7), (8, 2, 1, 5), (12, 300, 40, 20_000), (0, 5, 0, 9), (3, 3, 3, 3), (100, 900, 60, 940), (1, 0, 0, 1),
        (500, 500, 400, 600), (2000, 98_000, 40, 960), (30, 70, 5000, 5000), (1, 199, 900, 9100),
    ]:
        table = [[a, b], [c, d]]
        cases.append({"table": [a, b, c, d]} | {
            alternative: float(st.fisher_exact(table, alternative=alternative).pvalue)
            for alternative in ["two-sided", "less", "greater"]
        })
    return cases


def limits():
    """Tails of Σ z² / μ by Smirnov's integrals with 30 digits; by Imhof's formula in one place, to check the former."""
    mpmath.mp.dps = 40

    def tail(x, lower, upper, integrand):
        total = mpmath.mpf(0)
        for k in range(1, 60):
            a, b = lower(k), upper(k)
            middle = (a + b) / 2
            # t = a + v² and t = b − v² take the roots out of the ends; the tail lies close to a.
            half = mpmath.sqrt(middle - a)
            term = mpmath.quad(lambda v: 2 * v * integrand(a + v * v, x), [0, half / 8, half / 4, half / 2, half])
            term += mpmath.quad(lambda v: 2 * v * integrand(b - v * v, x), [0, half])
            term /= mpmath.pi
            total += term if k % 2 else -term
            if term < mpmath.mpf(10) ** -28 * total:
                break
        return float(total)

    pi = mpmath.pi
    cvm = lambda t, x: 2 / t * mpmath.sqrt(abs(t / mpmath.sin(t))) * mpmath.e ** (-x * t * t / 2)
    def ad(z, x):
        u = z * z - mpmath.mpf(1) / 4
        return 2 * z / u * mpmath.sqrt(pi * u / abs(mpmath.cos(pi * z))) * mpmath.e ** (-x * u / 2)
    return {
        "cramerVonMises": [
            [x, tail(x, lambda k: (2 * k - 1) * pi, lambda k: 2 * k * pi, cvm)]
            for x in [0.02, 0.05, 0.1, 0.2, 0.46136, 0.74346, 1.5, 4.0, 15.0]
        ],
        "andersonDarling": [
            [x, tail(x, lambda k: 2 * k - mpmath.mpf(1) / 2, lambda k: 2 * k + mpmath.mpf(1) / 2, ad)]
            for x in [0.2, 0.5, 1.0, 2.492, 3.857, 6.0, 20.0]
        ],
    }


def corrections():
    p_values = np.concatenate([random.uniform(size=14) ** 3, [0.04, 0.04, 1.0, 0.9]])
    return {"pValues": floats(p_values)} | {
        name: floats(multipletests(p_values, method=method)[1])
        for name, method in [("bonferroni", "bonferroni"), ("holm", "holm"), ("bh", "fdr_bh"), ("by", "fdr_by")]
    }


write("StatisticsTests", "two-samples", [np, scipy, sklearn, statsmodels, mpmath], {
    "cases": two_samples(), "tables": tables(), "fisher": fisher(), "limits": limits(), "corrections": corrections(),
})
