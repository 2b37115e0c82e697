"""Joint drift statistics by alibi-detect's PyTorch backend, in double precision, on scikit-learn's real tables.

pip install torch scikit-learn==1.5.2 alibi-detect==0.13.0
"""
import alibi_detect
import numpy as np
import sklearn
import torch
from alibi_detect.cd.pytorch.lsdd import LSDDDriftTorch
from alibi_detect.cd.pytorch.mmd import MMDDriftTorch
from alibi_detect.utils.pytorch.distance import mmd2_from_kernel_matrix, permed_lsdds
from alibi_detect.utils.pytorch.kernels import GaussianRBF
from reference import write
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.metrics.pairwise import laplacian_kernel

random = np.random.default_rng(5)


def tables():
    """Reference, window and window that drifted, as float32 because that is what a tensor holds."""
    for name, load, noise in [("digits", load_digits, 4.0), ("wine", load_wine, 0.5), ("breast cancer", load_breast_cancer, 0.4)]:
        rows = load().data
        if name != "digits":
            rows = (rows - rows.mean(0)) / rows.std(0)
        rows = np.round(rows[random.permutation(len(rows))], 3).astype(np.float32)
        reference, clean, other = rows[:80], rows[80:120], rows[120:160]
        yield name + ", clean", reference, clean
        yield name + ", noise", reference, np.round(other + noise * random.normal(size=other.shape), 3).astype(np.float32)


def maximum_mean_discrepancy(kernel, n, m):
    return float(mmd2_from_kernel_matrix(torch.from_numpy(kernel), m, permute=False, zero_diag=True))


def case(name, reference, window):
    n, m = len(reference), len(window)
    x, y = torch.from_numpy(reference.astype(float)), torch.from_numpy(window.astype(float))
    pooled = torch.cat([x, y])
    torch.manual_seed(1)
    detector = MMDDriftTorch(reference.astype(float), n_permutations=20_000, p_val=0.05, device="cpu")
    p_value, mmd2, _ = detector.score(window.astype(float))
    sigma = float(detector.kernel.sigma[0])
    squares = ((pooled[:, None, :] - pooled[None, :, :]) ** 2).sum(-1).numpy()
    several = [sigma / 2, sigma, 2 * sigma]
    widths = torch.tensor(several, dtype=torch.float64)
    kernels = GaussianRBF(sigma=widths)(pooled, pooled).detach().numpy()
    magnitude = float(np.median(np.abs(reference[:, None, :] - reference[None, :, :]).sum(-1)))

    mean, deviation = reference.mean(0, dtype=float), reference.astype(float).std(0, ddof=1)
    centre_rows = sorted(random.choice(n, 8, replace=False).tolist())
    others = [row for row in range(n) if row not in centre_rows]
    scaled = (reference - mean) / np.where(deviation > 0, deviation, 1)
    scaled_window = (window - mean) / np.where(deviation > 0, deviation, 1)
    kernel = GaussianRBF()
    every = torch.from_numpy(scaled)
    kernel(every, every, infer_sigma=True)
    centres = every[centre_rows]
    k_all = torch.cat([kernel(every[others], centres), kernel(torch.from_numpy(scaled_window), centres)])
    h = GaussianRBF(np.sqrt(2.0) * kernel.sigma)(centres, centres)
    orders = [torch.randperm(len(k_all)) for _ in range(5_000)]
    parts = [order[: len(others)] for order in orders], [order[len(others):] for order in orders]
    permuted, inverse, lsdd = permed_lsdds(k_all, *parts, h, return_unpermed=True)
    return {
        "name": name, "columns": reference.shape[1],
        "reference": [float(v) for v in reference.ravel()], "window": [float(v) for v in window.ravel()],
        "sigma": sigma, "mmd2": float(mmd2), "p_val": float(p_value),
        "several": {"sigma": several, "mmd2": maximum_mean_discrepancy(kernels, n, m)},
        "rational_quadratic": {
            "alpha": 0.5, "mmd2": maximum_mean_discrepancy((1 + squares / (2 * 0.5 * sigma**2)) ** -0.5, n, m),
        },
        "laplacian": {
            "sigma": magnitude,
            "mmd2": maximum_mean_discrepancy(laplacian_kernel(pooled.numpy(), gamma=1 / magnitude), n, m),
        },
        "lsdd": {
            "centre_rows": centre_rows, "sigma": float(kernel.sigma[0]), "distance": float(lsdd),
            "p_val": float((lsdd <= permuted).double().mean()),
        },
    }


write(
    "DriftDetectionTests", "multivariate", [np, sklearn, torch, alibi_detect],
    {"cases": [case(*table) for table in tables()]},
)
