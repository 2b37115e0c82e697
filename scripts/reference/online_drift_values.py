"""Statistics of alibi-detect's online drift detectors, row by row, on scikit-learn's real tables.

pip install torch scikit-learn==1.5.2 alibi-detect==0.13.0

alibi-detect keeps the statistics of CVM and FET in single precision; here its modules get double precision in the place
of it, so that they can be compared to nine digits.
"""
import alibi_detect
import alibi_detect.cd.cvm_online
import alibi_detect.cd.fet_online
import numba
import numpy as np
import sklearn
import torch
from alibi_detect.cd import CVMDriftOnline, FETDriftOnline
from alibi_detect.cd.pytorch.lsdd_online import LSDDDriftOnlineTorch
from alibi_detect.cd.pytorch.mmd_online import MMDDriftOnlineTorch
from alibi_detect.utils.pytorch.kernels import GaussianRBF
from reference import write
from sklearn.datasets import load_breast_cancer, load_digits, load_wine


class Double:
    """numpy, where single precision is double."""

    float32 = np.float64

    def __getattr__(self, name):
        return getattr(np, name)


modules = [alibi_detect.cd.cvm_online, alibi_detect.cd.fet_online]
modules[0]._normalise_stats(np.zeros(2), 10, 5)  # compiled while numpy is numpy; so is the rest, by the constructors
random = np.random.default_rng(11)


def tables():
    """Reference and a stream that drifts in its second half, rounded so that both sides read the same numbers."""
    for name, load, columns, noise in [
        ("digits", load_digits, slice(18, 23), 6.0), ("wine", load_wine, slice(0, 4), 1.0),
        ("breast cancer", load_breast_cancer, slice(0, 6), 1.0),
    ]:
        rows = load().data[:, columns]
        if name != "digits":
            rows = (rows - rows.mean(0)) / rows.std(0)
        rows = rows[random.permutation(len(rows))]
        rows[150:] += noise * random.normal(size=rows[150:].shape)
        rows = np.round(rows, 0 if name == "digits" else 3).astype(np.float32).astype(float)
        yield name, rows[:110], rows[110:178]


def listed(values):
    return [None if np.isnan(value) else float(value) for value in np.asarray(values, float).ravel()]


def statistics(detector, stream):
    """Of each row, then of each window, then of each column; `predict` keeps them, since those of FET are smoothed."""
    for module in modules:
        module.np = Double()
    values = [detector.predict(row)["data"]["test_stat"] for row in stream]
    for module in modules:
        module.np = np
    return listed(values)


def lsdd(reference, stream):
    torch.manual_seed(3)
    detector = LSDDDriftOnlineTorch(reference, ert=50, window_size=8, n_bootstraps=500, verbose=False, device="cpu")
    h = GaussianRBF(np.sqrt(2.0) * detector.kernel.sigma)(detector.kernel_centers, detector.kernel_centers)
    identity = torch.eye(len(h), dtype=h.dtype)

    def inverse(strength):
        damped = torch.linalg.inv(h + strength * identity)
        return 2 * damped - damped @ h @ damped

    strength = min((4.0**-i for i in range(10)), key=lambda value: float((inverse(value) - detector.H_lam_inv).norm()))
    others = detector.non_c_inds
    return {
        "window_size": 8, "sigma": float(detector.kernel.sigma[0]), "strength": strength,
        "centre_rows": detector.c_inds.tolist(), "compared_rows": others[detector.ref_inds].tolist(),
        "window_rows": others[detector.init_test_inds].tolist(),
        "test_stat": [detector.score(row) for row in stream],
    }


def mmd(reference, stream):
    torch.manual_seed(4)
    detector = MMDDriftOnlineTorch(reference, ert=50, window_size=8, n_bootstraps=500, verbose=False, device="cpu")
    return {
        "window_size": 8, "sigma": float(detector.kernel.sigma[0]), "compared_rows": detector.ref_inds.tolist(),
        "window_rows": detector.init_test_inds.tolist(), "test_stat": [detector.score(row) for row in stream],
    }


def fisher_detector(flags, **options):
    """Its constructor fails at some draws (a share that rounding makes negative); thresholds do not matter here."""
    for seed in range(100):
        np.random.seed(seed)
        try:
            return FETDriftOnline(flags, 30 + seed, **options | {"n_bootstraps": 2_000})
        except ValueError as error:
            print("alibi-detect's constructor failed:", error)


def case(name, reference, stream):
    sizes = [5, 12]
    flags = reference > np.median(reference, 0)
    stream_flags = stream > np.median(reference, 0)
    options = {"window_sizes": sizes, "n_bootstraps": 300, "verbose": False}
    fisher = {
        alternative: statistics(fisher_detector(flags, alternative=alternative, lam=lam, **options), stream_flags)
        for alternative, lam in [("greater", 0.99), ("less", 0.7)]
    }
    return {
        "name": name, "columns": reference.shape[1], "window_sizes": sizes,
        "reference": listed(reference), "stream": listed(stream),
        "cvm": statistics(CVMDriftOnline(reference, 30, **options), stream),
        "flags": listed(flags), "stream_flags": listed(stream_flags), "fet": fisher,
        "lsdd": lsdd(reference, stream), "mmd": mmd(reference, stream),
    }


write(
    "DriftDetectionTests", "online_drift", [np, numba, sklearn, torch, alibi_detect],
    {"cases": [case(*table) for table in tables()]},
)
