"""The conditional discrepancy and its strengths of smoothing, by alibi-detect's PyTorch backend in double precision.

    python3 -m venv /tmp/context && /tmp/context/bin/pip install torch scikit-learn==1.5.2 alibi-detect==0.13.0
    /tmp/context/bin/python scripts/reference/context_drift_values.py
"""
import alibi_detect
import numpy as np
import torch
from alibi_detect.cd.pytorch import context_aware
from alibi_detect.cd.pytorch.context_aware import ContextMMDDriftTorch
from alibi_detect.utils.pytorch.kernels import GaussianRBF
from reference import write
from sklearn.datasets import load_wine

random = np.random.default_rng(13)


def floats(values):
    return [float(value) for value in np.ravel(values)]


def samples():
    """Rows and contexts as float32 holds them: rows that follow their context, then real ones."""
    for name, shift, offset in [("same given context", 0.0, 1.0), ("other given context", 0.7, 0.5)]:
        c, w = random.normal(size=(60, 1)), random.normal(size=(40, 1)) + offset
        yield name, c + 0.3 * random.normal(size=(60, 2)), c, w + 0.3 * random.normal(size=(40, 2)) + shift, w
    wine = load_wine().data
    wine = ((wine - wine.mean(0)) / wine.std(0))[random.permutation(len(wine))]
    yield "wine", wine[:80, :5], wine[:80, 9:12], wine[80:130, :5], wine[80:130, 9:12]


cases = []
for name, x_ref, c_ref, x, c in samples():
    x_ref, c_ref, x, c = (part.astype(np.float32).astype(float) for part in (x_ref, c_ref, x, c))
    kernels = [GaussianRBF(torch.tensor([sigma], dtype=torch.float64)) for sigma in (1.2, 0.8)]
    detector = ContextMMDDriftTorch(x_ref, c_ref, x_kernel=kernels[0], c_kernel=kernels[1], device="cpu")
    held, tested = np.arange(len(c))[::4], np.setdiff1d(np.arange(len(c)), np.arange(len(c))[::4])
    x_all = torch.from_numpy(np.concatenate([x_ref, x[tested]]))
    c_all = torch.from_numpy(np.concatenate([c_ref, c[tested]]))
    k, l, l_held = kernels[0](x_all, x_all), kernels[1](c_all, c_all), kernels[1](torch.from_numpy(c[held]), c_all)
    bools = torch.cat([torch.zeros(len(x_ref)), torch.ones(len(tested))])
    context_aware.torch.randperm = torch.arange  # folds in the order of the rows
    statistic, *_ = detector._cmmd(k, l, bools, L_held=l_held)
    redrawn = torch.from_numpy((random.uniform(size=len(bools)) < 0.4).astype(float))
    again, *_ = detector._cmmd(k, l, redrawn, L_held=l_held)
    cases.append({
        "name": name, "columns": x.shape[1], "context_columns": c.shape[1], "sigma": 1.2, "c_sigma": 0.8,
        "reference": floats(x_ref), "reference_context": floats(c_ref), "window": floats(x), "window_context": floats(c),
        "held": held.tolist(), "strengths": [float(lam) for lam in detector.lams], "statistic": float(statistic),
        "redrawn": [int(b) for b in redrawn], "redrawn_statistic": float(again),
    })

alibi_detect.__name__ = "alibi-detect"
write("DriftDetectionTests", "context-drift", [alibi_detect, np, torch], {"cases": cases})
