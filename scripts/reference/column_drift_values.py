"""What alibi-detect 0.13 answers with its detectors of single columns, on real data: null and shifted windows.

    python3 -m venv /tmp/columns && /tmp/columns/bin/pip install alibi-detect==0.13 scikit-learn==1.5.2
    /tmp/columns/bin/python scripts/reference/column_drift_values.py
"""
import alibi_detect
import numpy as np
import scipy
import sklearn
from alibi_detect.cd import ChiSquareDrift, CVMDrift, FETDrift, KSDrift, TabularDrift
from reference import write
from sklearn import datasets

random = np.random.default_rng(20260402)


def numbers(array):
    return [float(np.float32(x)) for x in np.ravel(array)]


def parts(rows, columns, n, m, shift):
    """The first columns of a data set in random order, as float32; `shift` standard deviations added to every other."""
    rows = rows[random.permutation(len(rows))][:, columns].astype(np.float32)
    reference, window = rows[:n], rows[n : n + m].copy()
    window[:, ::2] += shift * rows[:, ::2].std(0)
    return reference, window


def answer(detector, window):
    data = detector.predict(window)["data"]
    return {
        "is_drift": int(data["is_drift"]), "threshold": float(data["threshold"]),
        "p_val": [float(p) for p in data["p_val"]], "distance": [float(d) for d in data["distance"]],
    }


cases = []


def add(name, method, keys, reference, window, detector):
    cases.append({
        "name": name, "method": method, "keys": keys, "columns": reference.shape[1],
        "reference": numbers(reference), "window": numbers(window), "answer": answer(detector, window),
    })


wine, cancer, diabetes, digits = (
    load().data for load in [datasets.load_wine, datasets.load_breast_cancer, datasets.load_diabetes, datasets.load_digits]
)
for name, rows, columns in [("wine", wine, range(6)), ("breast cancer", cancer, range(5)), ("diabetes", diabetes, range(4))]:
    for shift in [0, 0.5]:
        reference, window = parts(rows, list(columns), 110, 60, shift)
        label = f"{name} {'shifted' if shift else 'null'}"
        add(label, "KSDrift", "", reference, window, KSDrift(reference, p_val=0.05))
        # Ties broken by noise: scipy's mean ranks, which alibi-detect takes over, tell constant columns apart.
        apart = [reference, window]
        while any(len(np.unique(column)) < len(column) for column in np.concatenate(apart).T):
            apart = [part + (0.01 * part.std(0) * random.uniform(size=part.shape)).astype(np.float32) for part in apart]
        add(label, "CVMDrift", "", *apart, CVMDrift(apart[0], p_val=0.05))
small, narrow = (part + random.uniform(0, 1e-3, part.shape).astype(np.float32) for part in parts(wine, [0, 1, 2], 20, 18, 0.6))
add("wine, exact", "CVMDrift", "", small, narrow, CVMDrift(small, p_val=0.05))
for shift in [0, 4]:
    # Pixels are categories of 17 values; a shift makes ones that the reference never had.
    reference, window = parts(digits, [10, 20, 30], 400, 150, 0)
    window[:, 0] += shift
    label = f"digits {'shifted' if shift else 'null'}"
    add(label, "ChiSquareDrift", "", reference, window, ChiSquareDrift(reference, p_val=0.05))
    flags = [(part > 8).astype(np.float32) for part in (reference, window)]
    add(label + ", two categories", "ChiSquareDrift", "", *flags, ChiSquareDrift(flags[0], p_val=0.05))
    for alternative in ["greater", "less", "two-sided"]:
        detector = FETDrift(flags[0].astype(int), p_val=0.05, alternative=alternative)
        cases.append({
            "name": f"{label} {alternative}", "method": "FETDrift", "keys": f'alternative = "{alternative}"', "columns": 3,
            "reference": numbers(flags[0]), "window": numbers(flags[1]), "answer": answer(detector, flags[1].astype(int)),
        })
    mixed = [np.hstack([part, wide]) for part, wide in zip((reference, window), parts(digits, [28, 29], 400, 150, shift / 8))]
    detector = TabularDrift(mixed[0], p_val=0.05, categories_per_feature={0: None, 1: None, 2: None})
    add(label, "TabularDrift", '[categories_per_feature]\n0 = "None"\n1 = "None"\n2 = "None"', *mixed, detector)

alibi_detect.__name__ = "alibi-detect"
write("DriftDetectionTests", "column-drift", [alibi_detect, np, scipy, sklearn], {"cases": cases})
