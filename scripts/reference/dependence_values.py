"""Lengths of blocks of series that depend on their past, and the smallest changes that tests find.

    /tmp/reference/bin/pip install arch statsmodels

Lengths are arch's. A noncentral law is scipy's, and sizes for proportions, shares, means and ranks follow from statsmodels'
or scipy's own laws, where there is one: the power at the change is computed exactly, or as those libraries compute it, and
has to be what was asked for.
"""
import arch
import numpy as np
import scipy
import statsmodels
from arch.bootstrap import optimal_block_length
from reference import write
from scipy import stats
from statsmodels.stats.power import GofChisquarePower, zt_ind_solve_power

random = np.random.default_rng(11)


def autoregressive(count, strength):
    noise = random.normal(size=count + 200)
    series = np.zeros_like(noise)
    for step in range(1, len(noise)):
        series[step] = strength * series[step - 1] + noise[step]
    return series[200:]


lengths = []
for count in [10, 11, 40, 200, 1000]:
    for strength in [0.0, 0.5, 0.9, -0.5]:
        series = np.round(autoregressive(count, strength), 6)
        length = optimal_block_length(series)["circular"].iloc[0]
        lengths.append({"name": f"{count} values, {strength}", "series": series.tolist(), "length": float(length)})
seasonal = np.round(np.sin(np.arange(300) / 5) + 0.1 * random.normal(size=300), 6)
lengths.append({
    "name": "a wave", "series": seasonal.tolist(),
    "length": float(optimal_block_length(seasonal)["circular"].iloc[0]),
})

noncentral = [
    {"x": x, "df": df, "nc": nc, "sf": float(stats.ncx2.sf(x, df, nc))}
    for x in [0.5, 3.84, 20.0, 150.0] for df in [1, 3, 12] for nc in [0.1, 2.5, 30.0, 400.0]
]
quantiles = [
    {"level": level, "df": df, "x": float(stats.chi2.isf(level, df))}
    for level in [0.9, 0.05, 1e-4, 1e-10] for df in [1, 3, 12.5]
]

# Cohen's w of a change of shares: λ = w² N, with N for two samples nm / (n + m) and a change that is all in proportion.
shares = []
for categories in [2, 4, 10]:
    for n, m in [(1000, 200), (300, 300)]:
        for level in [0.05, 0.001]:
            size = n * m / (n + m)
            w = GofChisquarePower().solve_power(nobs=size, alpha=level, power=0.8, n_bins=categories)
            shares.append({"categories": categories, "n": n, "m": m, "level": level, "total_variation": float(w / 2)})

means = [
    {"n": n, "m": m, "level": level,
     "shift": float(zt_ind_solve_power(nobs1=n, ratio=m / n, alpha=level, power=0.8))}
    for n, m in [(1000, 200), (50, 50)] for level in [0.05, 0.001]
]

# What a change of a rate is found with, exactly: every pair of counts with Fisher's p-value.
def power_of_fisher(rate, other, n, m, level):
    a, b = np.arange(n + 1), np.arange(m + 1)
    chance_a, chance_b = stats.binom.pmf(a, n, rate), stats.binom.pmf(b, m, other)
    keep_a, keep_b = a[chance_a > 1e-9], b[chance_b > 1e-9]
    total = 0.0
    for ones in keep_a:
        for others in keep_b:
            p = stats.fisher_exact([[others, ones], [m - others, n - ones]])[1]
            if p <= level:
                total += chance_a[ones] * chance_b[others]
    return total


rates = []
for n, m, rate, other in [(200, 100, 0.3, 0.49), (200, 100, 0.3, 0.14), (400, 100, 0.1, 0.24)]:
    rates.append({"n": n, "m": m, "rate": rate, "other": other, "level": 0.05,
                  "power": float(power_of_fisher(rate, other, n, m, 0.05))})

binomials = []
for trials, baseline, level in [(200, 0.5, 0.05), (90, 0.5, 0.001)]:
    below = int(stats.binom.isf(level, trials, baseline))
    found = scipy.optimize.brentq(lambda rate: stats.binom.sf(below, trials, rate) - 0.8, baseline, 1)
    binomials.append({"trials": trials, "baseline": baseline, "level": level, "rate": float(found)})

write("StatisticsTests", "dependence", [np, scipy, arch, statsmodels], {
    "lengths": lengths, "noncentral": noncentral, "quantiles": quantiles, "shares": shares, "means": means,
    "rates": rates, "binomials": binomials,
})
