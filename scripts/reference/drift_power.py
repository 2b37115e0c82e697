"""How often alibi-detect's joint tests find the changes of `vedette-bench drift-power`, at 5 %; prints a table.

    python3 -m venv /tmp/power && /tmp/power/bin/pip install torch scikit-learn==1.5.2 alibi-detect==0.13.0
    /tmp/power/bin/python scripts/reference/drift_power.py [WINDOWS]
"""
import logging
import sys
import warnings

import numpy as np
import torch
from alibi_detect.cd import LearnedKernelDrift, MMDDrift, SpotTheDiffDrift
from alibi_detect.utils.pytorch.kernels import DeepKernel
from torch import nn

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
torch.set_num_threads(1)


def moved(columns, shift):
    def rows(random, count, changed):
        values = random.normal(size=(count, columns))
        values[:, 0] += shift * changed
        return values
    return rows


def spread(random, count, changed):
    values = random.normal(size=(count, 8))
    values[:, 0] *= 1 + changed
    return values


def blobs(random, count, changed):
    values = random.normal(size=(count, 2))
    if changed:
        values[:, 1] = 0.9 * values[:, 0] + np.sqrt(0.19) * values[:, 1]
    return values + 6 * random.integers(0, 3, size=(count, 2))


def kernel(columns):
    return DeepKernel(nn.Sequential(nn.Linear(columns, 32), nn.ReLU(), nn.Linear(32, 16)))


def detectors(x):
    torch_cpu = {"backend": "pytorch", "device": "cpu", "p_val": 0.05}
    longer = {"epochs": 30, "learning_rate": 5e-3}
    yield "MMDDrift", lambda: MMDDrift(x, **torch_cpu)
    yield "LearnedKernelDrift", lambda: LearnedKernelDrift(x, kernel(x.shape[1]), **torch_cpu)
    yield "LearnedKernelDrift, trained as ours", lambda: LearnedKernelDrift(x, kernel(x.shape[1]), **torch_cpu, **longer)
    yield "SpotTheDiffDrift", lambda: SpotTheDiffDrift(x, **torch_cpu)
    yield "SpotTheDiffDrift, trained as ours", lambda: SpotTheDiffDrift(x, **torch_cpu, epochs=20, learning_rate=0.02)
    yield "SpotTheDiffDrift, trained as ours, n_folds = 5", lambda: SpotTheDiffDrift(
        x, **torch_cpu, epochs=20, learning_rate=0.02, n_folds=5)


windows = int(sys.argv[1]) if len(sys.argv) > 1 else 100
print("| change | reference, window | method | found |")
print("| --- | --- | --- | --- |")
for name, rows, n, m in [
    ("1 of 3 columns moves by 0.6", moved(3, 0.6), 200, 200), ("1 of 16 columns moves by 0.7", moved(16, 0.7), 400, 300),
    ("1 of 8 columns spreads twice as far", spread, 400, 300), ("columns go together in 9 clusters", blobs, 400, 300),
]:
    found = {}
    for index in range(windows):
        random = np.random.default_rng(index)
        x = rows(random, n, False).astype(np.float32)
        window = rows(random, m, True).astype(np.float32)
        for method, make in detectors(x):
            np.random.seed(index)
            torch.manual_seed(index)
            found[method] = found.get(method, 0) + make().predict(window)["data"]["is_drift"]
    for method, count in found.items():
        print(f"| {name} | {n}, {m} | {method} | {count / windows:.3f} |", flush=True)
