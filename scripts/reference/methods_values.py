"""Drift statistics by scipy and numpy, principal components by numpy, and integrated gradients in closed form."""
import numpy as np
import scipy
from numpy.polynomial.legendre import leggauss
from reference import write
from scipy import stats

random = np.random.default_rng(20240229)


def numbers(array):
    return [None if np.isnan(x) else float(x) for x in np.ravel(array)]


def ks_cases():
    """Windows of several columns, as float32 because that is what a tensor holds; ties and missing values among them."""
    shapes = [("continuous", 60, 25, 4), ("large", 1000, 200, 3), ("one row", 40, 1, 2)]
    for name, n, m, d in shapes:
        reference = random.normal(size=(n, d)).astype(np.float32)
        window = (random.normal(size=(m, d)) + np.linspace(0, 1.2, d)).astype(np.float32)
        yield name, reference, window
    yield "ties", random.integers(0, 6, (80, 3)).astype(np.float32), random.integers(1, 7, (30, 3)).astype(np.float32)
    reference = random.normal(size=(70, 3)).astype(np.float32)
    window = random.normal(size=(40, 3)).astype(np.float32)
    reference[::9, 1] = np.nan
    window[::4, 1] = np.nan
    window[::5, 2] = np.nan
    yield "missing", reference, window


def kolmogorov_smirnov():
    cases = []
    for name, reference, window in ks_cases():
        case = {
            "name": name, "columns": reference.shape[1],
            "reference": numbers(reference), "window": numbers(window), "results": {},
        }
        for alternative in ["two-sided", "less", "greater"]:
            for mode in ["asymp", "exact"] if alternative == "two-sided" else ["asymp"]:
                results = [
                    stats.ks_2samp(
                        r[~np.isnan(r)].astype(float), w[~np.isnan(w)].astype(float), alternative=alternative, method=mode
                    )
                    for r, w in zip(reference.T, window.T)
                ]
                p = np.array([result.pvalue for result in results])
                case["results"][f"{alternative} {mode}"] = {
                    "statistics": [float(result.statistic) for result in results],
                    "p_values": numbers(p),
                    "bonferroni": float(min(1, p.min() * len(p))),
                    "fdr": float(stats.false_discovery_control(p).min()),
                }
        case["missing"] = [
            float(
                stats.fisher_exact(
                    [[np.isnan(w).sum(), np.isnan(r).sum()], [(~np.isnan(w)).sum(), (~np.isnan(r)).sum()]]
                ).pvalue
            )
            for r, w in zip(reference.T, window.T)
            if np.isnan(r).any() or np.isnan(w).any()
        ]
        cases.append(case)
    return cases


def squared_distances(a, b):
    return ((a[:, None, :] - b[None, :, :]) ** 2).sum(-1)


def mmd2(kernel, window):
    n, m = (~window).sum(), window.sum()
    xx, yy, xy = kernel[~window][:, ~window], kernel[window][:, window], kernel[~window][:, window]
    return (xx.sum() - np.trace(xx)) / (n * (n - 1)) + (yy.sum() - np.trace(yy)) / (m * (m - 1)) - 2 * xy.mean()


def maximum_mean_discrepancy():
    """All in float64 over every pair; the widths by the definition, from the sorted matrix of distances."""
    cases = []
    for name, n, m, d, shift, sigmas in [
        ("median width", 30, 20, 3, 0.7, None), ("far from zero", 25, 15, 4, 0.3, None), ("two widths", 20, 12, 2, 1.0, [0.5, 2.0]),
    ]:
        centre = 1000 if name == "far from zero" else 0
        reference = (random.normal(size=(n, d)) + centre).astype(np.float32)
        window = (random.normal(size=(m, d)) + centre + shift).astype(np.float32)
        pooled = np.concatenate([reference, window]).astype(float)
        distances = np.sort(squared_distances(reference.astype(float), reference.astype(float)).ravel())
        widths = sigmas or [float(np.sqrt(distances[n + (n * n - n) // 2 - 1] / 2))]
        kernel = np.mean([np.exp(-squared_distances(pooled, pooled) / (2 * s * s)) for s in widths], axis=0)
        observed = np.arange(n + m) >= n
        permutations = [random.permutation(observed) for _ in range(12)]
        cases.append({
            "name": name, "columns": d, "reference": numbers(reference), "window": numbers(window),
            "given": sigmas, "sigmas": widths, "mmd2": float(mmd2(kernel, observed)),
            "permutations": [[int(i) for i in np.flatnonzero(p)] for p in permutations],
            "permuted": [float(mmd2(kernel, p)) for p in permutations],
        })
    return cases


def principal_components():
    rows = (random.normal(size=(40, 5)) @ random.normal(size=(5, 5)) + 3).astype(np.float32)
    centred = rows.astype(float) - rows.astype(float).mean(0)
    _, _, components = np.linalg.svd(centred, full_matrices=False)
    # The sign of a component is free: its largest entry is positive here.
    components *= np.sign(components[np.arange(5), np.abs(components).argmax(1)])[:, None]
    return {"columns": 5, "rows": numbers(rows), "count": 3, "features": numbers(centred @ components[:3].T)}


def quadratic_model():
    """f(x) = xᵀAx + bᵀx: the attribution of xᵢ from 0 is xᵢ·((A + Aᵀ)x)ᵢ/2 + bᵢxᵢ, because the gradient is linear."""
    a, b = random.normal(size=(4, 4)), random.normal(size=4)
    x = random.normal(size=(3, 4)).astype(np.float32)
    wide = x.astype(float)
    attributions = wide * (wide @ (a + a.T)) / 2 + wide * b
    return {"a": numbers(a), "b": numbers(b), "x": numbers(x), "attributions": numbers(attributions)}


write("DriftDetectionTests", "drift", [np, scipy], {
    "kolmogorovSmirnov": kolmogorov_smirnov(), "maximumMeanDiscrepancy": maximum_mean_discrepancy(),
})
write("MethodsTests", "preprocessing", [np], {"principalComponents": principal_components()})
write("ExplanationsTests", "integrated-gradients", [np], {
    "quadratic": quadratic_model(),
    "legendre": {str(n): {"nodes": numbers(leggauss(n)[0]), "weights": numbers(leggauss(n)[1])} for n in [1, 2, 5, 50, 101]},
})
