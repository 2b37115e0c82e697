"""Folders that alibi-detect 0.13 saved, and what its detectors said of a batch before they were saved.

pip install torch scikit-learn==1.5.2 alibi-detect==0.13.0

Writes Tests/VedetteCommandsTests/AlibiDetect/<folder> and Tests/VedetteCommandsTests/References/alibi_detect.json.
"""
import logging
import pathlib
import shutil
import warnings

import alibi_detect
import alibi_detect.cd.chisquare
import alibi_detect.cd.cvm
import alibi_detect.cd.ks
import alibi_detect.cd.tabular
import numpy as np
import sklearn
import torch
from alibi_detect.cd import (
    ChiSquareDrift, ClassifierDrift, ContextMMDDrift, CVMDrift, CVMDriftOnline, FETDrift, FETDriftOnline, KSDrift, LSDDDrift,
    LSDDDriftOnline, MMDDrift, MMDDriftOnline, TabularDrift,
)
from alibi_detect.saving import save_detector
from reference import TESTS, write
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
FOLDER = TESTS / "VedetteCommandsTests" / "AlibiDetect"
random = np.random.default_rng(3)
np.random.seed(3)
torch.manual_seed(3)

rows = load_wine().data[:, :4]
rows = ((rows - rows.mean(0)) / rows.std(0))[random.permutation(len(rows))]
# No two values are equal: with ties Vedette's CVM is another, by definition and not by mean ranks.
rows = (rows + 0.01 * random.normal(size=rows.shape)).astype(np.float32)
reference, window = rows[:80], rows[80:120] + np.float32(0.2)
assert all(len(np.unique(np.r_[reference[:, i], window[:, i]])) == 120 for i in range(4))
codes = np.digitize(rows, [-0.5, 0.5]).astype(np.float32)
flags = (rows > 0).astype(np.float32)
mixed = np.concatenate([rows[:, :2], codes[:, :2]], 1)
moved = random.permutation(mixed[80:120])


def doubled(rows):
    """A step before the detector, which is saved as a pickle."""
    return 2 * rows


OFFLINE = {
    "ks": (KSDrift(reference, p_val=0.05), window),
    "ks-greater": (KSDrift(reference, p_val=0.01, correction="fdr", alternative="greater"), window),
    "cvm": (CVMDrift(reference, p_val=0.05), window),
    "cvm-small": (CVMDrift(reference[:15], p_val=0.05), window[:12]),
    "chi-square": (ChiSquareDrift(codes[:80], p_val=0.05, categories_per_feature={0: 3, 1: 3, 2: 3, 3: 3}), codes[80:120]),
    "fet": (FETDrift(flags[:80], p_val=0.05), flags[80:120]),
    "fet-two-sided": (FETDrift(flags[:80], p_val=0.05, alternative="two-sided"), flags[80:120]),
    "tabular": (TabularDrift(mixed[:80], p_val=0.05, categories_per_feature={2: None, 3: None}), moved),
    "mmd": (MMDDrift(reference, backend="pytorch", p_val=0.05, n_permutations=1000, device="cpu"), window),
    "mmd-sigma": (MMDDrift(reference, backend="pytorch", sigma=np.array([0.5, 1.5]), configure_kernel_from_x_ref=False, n_permutations=1000, device="cpu"), window),
    "lsdd": (LSDDDrift(reference, backend="pytorch", n_permutations=1000, n_kernel_centers=6, device="cpu"), window),
    "image": (KSDrift(reference[:40].reshape(40, 2, 2), p_val=0.05), window.reshape(-1, 2, 2)),
}
ONLINE = {
    "mmd-online": MMDDriftOnline(reference, 50, 8, backend="pytorch", n_bootstraps=600, device="cpu", verbose=False),
    "lsdd-online": LSDDDriftOnline(reference, 50, 8, backend="pytorch", n_bootstraps=600, device="cpu", verbose=False),
    "cvm-online": CVMDriftOnline(reference, 50, [6, 10], n_bootstraps=600, verbose=False),
    "fet-online": FETDriftOnline(flags[:80].astype(bool), 60, [10], n_bootstraps=600, alternative="less", verbose=False),
}
model = torch.nn.Sequential(torch.nn.Linear(4, 2))
REFUSED = {
    "ks-with-a-step": KSDrift(reference, preprocess_fn=doubled),
    "classifier": ClassifierDrift(reference, LogisticRegression(), backend="sklearn", preds_type="probs"),
    "classifier-torch": ClassifierDrift(reference, model, backend="pytorch", device="cpu"),
}
UPDATING = KSDrift(reference, update_x_ref={"last": 100})


class Double:
    """numpy, where single precision is double: alibi-detect rounds p-values to it."""

    float32 = np.float64

    def __getattr__(self, name):
        return getattr(np, name)


def plain(value):
    return np.asarray(value, float).ravel().tolist() if np.ndim(value) else float(value)


def saved(name, detector):
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    save_detector(detector, FOLDER / name)


cases = []
for name, (detector, batch) in OFFLINE.items():
    saved(name, detector)
    for module in (alibi_detect.cd.ks, alibi_detect.cd.cvm, alibi_detect.cd.chisquare, alibi_detect.cd.tabular):
        module.np = Double()
    data = detector.predict(batch)["data"]
    for module in (alibi_detect.cd.ks, alibi_detect.cd.cvm, alibi_detect.cd.chisquare, alibi_detect.cd.tabular):
        module.np = np
    cases.append({
        "folder": name, "shape": list(batch.shape), "batch": batch.ravel().astype(float).tolist(),
        "p_val": plain(data["p_val"]), "distance": plain(data["distance"]), "is_drift": data["is_drift"],
    })
online = []
for name, detector in ONLINE.items():
    stream = flags[80:] if name.startswith("fet") else rows[80:]
    saved(name, detector)
    online.append({
        "folder": name, "shape": list(stream.shape), "stream": stream.ravel().astype(float).tolist(),
        "ert": detector.get_config()["ert"],
    })
for name, detector in REFUSED.items():
    saved(name, detector)
saved("ks-updating", UPDATING)
# With a state: what a detector has seen stays behind.
detector = ONLINE["cvm-online"]
for row in rows[80:90]:
    detector.predict(row)
saved("cvm-online-running", detector)


def contexts(saved):
    """A detector whose rows follow their context, and what it says of a batch of other contexts and of other rows."""
    random = np.random.default_rng(8)

    def draw(count, context, shift):
        c = (context + random.normal(size=(count, 1))).astype(np.float32)
        x = np.concatenate([c + 0.3 * random.normal(size=c.shape) + shift, 0.3 * random.normal(size=c.shape) - c], 1)
        return x.astype(np.float32), c

    detector = ContextMMDDrift(*draw(150, 0, 0), backend="pytorch", n_permutations=200, device="cpu")
    saved("context", detector)
    cases = []
    for context, shift in [(0.6, 0), (0.6, 0.6)]:
        x, c = draw(100, context, shift)
        data = detector.predict(x, c)["data"]
        batch = np.concatenate([x, c], 1)
        cases.append({"shape": list(batch.shape), "batch": batch.ravel().astype(float).tolist(),
                      "p_val": float(data["p_val"]), "is_drift": int(data["is_drift"])})
    return cases


context_cases = contexts(saved)
for path in FOLDER.rglob("*"):
    if path.is_file():
        print(path.relative_to(FOLDER), path.stat().st_size)
write("VedetteCommandsTests", "alibi_detect", [np, sklearn, torch, alibi_detect], {
    "offline": cases, "online": online, "refused": list(REFUSED), "context": context_cases,
})
