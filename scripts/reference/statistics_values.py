"""Expected values of the Statistics library, by scipy and numpy."""
import numpy as np
import scipy
import scipy.stats as st
from reference import write


def floats(values):
    return [float(value) for value in np.ravel(values)]


def kolmogorov_smirnov():
    generator = np.random.default_rng(20240501)
    cases = []
    for n, m, shift, decimals in [
        (1, 1, 0, None), (1, 5, 0, None), (3, 4, 0.5, None), (7, 7, 0.3, None), (10, 10, 0, 1), (20, 13, 1, None),
        (50, 50, 0.4, None), (50, 49, 0.2, 1), (100, 40, 0, None), (120, 90, 1.2, None), (200, 200, 0.1, None),
        (333, 77, 0.25, None), (500, 100, 0.5, 1), (1000, 200, 0.05, None), (1000, 999, 0.2, None), (30, 30, 4, None),
        (2000, 500, 0.6, None),
    ]:
        a = generator.normal(size=n)
        b = generator.normal(loc=shift, size=m)
        if decimals is not None:
            a, b = np.round(a, decimals), np.round(b, decimals)
        exact = st.ks_2samp(a, b, method="exact")
        asymptotic = st.ks_2samp(a, b, method="asymp")
        cases.append({
            "reference": floats(a) if n <= 500 else [], "test": floats(b) if n <= 500 else [], "n": n, "m": m,
            "statistic": float(asymptotic.statistic), "exact": float(exact.pvalue), "asymp": float(asymptotic.pvalue),
        })
    # The one-sample law behind "asymp", in every region of its algorithm.
    law = []
    for n in [1, 2, 3, 5, 10, 33, 100, 140, 141, 200, 909, 1000, 5000, 20_000, 100_001]:
        for z in [0.05, 0.15, 0.3, 0.45, 0.6, 0.8, 1.0, 1.2, 1.48, 1.49, 2.0, 2.1, 3.0, 5.0, 10.0]:
            d = z / np.sqrt(n)
            if 0 < d < 1:
                law.append([n, float(d), float(st.kstwo.sf(d, n))])
        for t in [0.4, 0.7, 1.0, n - 0.5]:
            if 0 < t / n < 1:
                law.append([n, t / n, float(st.kstwo.sf(t / n, n))])
        for d in [0.5, 0.77, 0.999]:
            law.append([n, d, float(st.kstwo.sf(d, n))])
    write("StatisticsTests", "kolmogorov-smirnov", [scipy, np], {"cases": cases, "law": law})


def distributions():
    normal = [[z, st.norm.cdf(z), st.norm.sf(z)] for z in [-37.0, -10.0, -3.0, -0.1, 0.0, 0.7, 2.5, 8.0, 37.0]]
    normal_quantile = [
        [p, st.norm.ppf(p)] for p in [1e-300, 1e-20, 1e-5, 0.01, 0.075, 0.3, 0.5, 0.6, 0.925, 0.975, 0.9999, 1 - 1e-12]
    ]
    chi_squared = [
        [x, k, st.chi2.cdf(x, k), st.chi2.sf(x, k)]
        for k in [1, 2, 3, 10, 99, 1000, 100_000]
        for x in [1e-6, 0.5 * k, 0.9 * k, float(k), 1.1 * k, 2.0 * k, k + 10 * (2 * k) ** 0.5, 4.0 * k + 40]
    ]
    beta = [
        [x, a, b, st.beta.cdf(x, a, b), st.beta.sf(x, a, b)]
        for a, b in [(0.5, 0.5), (1, 1), (1, 20), (2, 3), (30, 5), (500, 500), (3, 100_000), (60_000, 40_000)]
        for x in [1e-5, 0.01, 0.2, 0.5, 0.6, 0.603, 0.9, 0.999]
    ]
    beta_quantile = [
        [p, a, b, st.beta.ppf(p, a, b)]
        for a, b in [(0.5, 0.5), (1, 20), (2, 3), (30, 5), (500, 500), (3, 100_000)]
        for p in [1e-6, 0.025, 0.3, 0.5, 0.975, 0.999]
    ]
    binomial = [
        [k, n, p, st.binom.pmf(k, n, p), st.binom.cdf(k, n, p), st.binom.sf(k, n, p)]
        for n, p in [(1, 0.5), (10, 0.3), (100, 0.01), (1000, 0.05), (100_000, 0.001)]
        for k in sorted({0, 1, int(n * p), int(n * p) + 3, min(n, int(n * p + 6 * (n * p) ** 0.5)), n - 1, n})
    ]
    binomial_quantile = [
        [q, n, p, int(st.binom.ppf(q, n, p))]
        for n, p in [(1, 0.5), (10, 0.3), (12, 0.05), (100, 0.01), (1000, 0.05), (100_000, 0.001)]
        for q in [0.001, 0.05, 0.5, 0.95, 0.9999]
    ]
    values = {
        "normal": normal, "normalQuantile": normal_quantile, "chiSquared": chi_squared, "beta": beta,
        "betaQuantile": beta_quantile, "binomial": binomial, "binomialQuantile": binomial_quantile,
    }
    values = {name: [[float(x) for x in row] for row in rows] for name, rows in values.items()}
    write("StatisticsTests", "distributions", [scipy, np], values)


def intervals():
    cases = []
    for k, n in [(0, 1), (1, 1), (0, 20), (3, 10), (20, 20), (481, 500), (1, 100_000), (99_999, 100_000)]:
        for confidence in [0.9, 0.95, 0.999]:
            test = st.binomtest(k, n)
            wilson, exact = test.proportion_ci(confidence, "wilson"), test.proportion_ci(confidence, "exact")
            cases.append([k, n, confidence, wilson.low, wilson.high, exact.low, exact.high])
    write("StatisticsTests", "intervals", [scipy], {"cases": [[float(x) for x in case] for case in cases]})


def samples():
    generator = np.random.default_rng(7)
    sample = np.round(generator.lognormal(size=37), 3)
    probabilities = [0, 0.01, 0.025, 0.25, 1 / 3, 0.5, 0.9, 0.95, 0.99, 1]
    p_values = np.concatenate([generator.uniform(size=12) ** 3, [0.04, 0.04, 1.0]])
    write("StatisticsTests", "samples", [scipy, np], {
        "sample": floats(sample),
        "probabilities": probabilities,
        "linear": floats(np.quantile(sample, probabilities)),
        "lower": floats(np.quantile(sample, probabilities, method="lower")),
        "higher": floats(np.quantile(sample, probabilities, method="higher")),
        "mean": float(np.mean(sample)), "variance": float(np.var(sample, ddof=1)),
        "populationVariance": float(np.var(sample)),
        "pValues": floats(p_values),
        "benjaminiHochberg": floats(st.false_discovery_control(p_values, method="bh")),
    })


kolmogorov_smirnov()
distributions()
intervals()
samples()
