"""The libraries' side of scripts/bench/trees: loads a model of LIBRARY and asks it as often as told, on one thread.

    peer.py LIBRARY MODEL ROWS.npy BATCH CALLS

XGBoost is asked by `inplace_predict` and LightGBM by `predict`, which are their quickest ways from an array; scikit-learn
by `predict_proba` or `predict`.
"""

import json
import resource
import sys
import time

import numpy as np


def predictor(library, path):
    if library == "xgboost":
        import xgboost

        booster = xgboost.Booster({"nthread": 1}, model_file=path)
        booster.set_param({"nthread": 1})
        return booster.inplace_predict
    if library == "lightgbm":
        import lightgbm

        booster = lightgbm.Booster(model_file=path)
        return lambda rows: booster.predict(rows, num_threads=1)
    import joblib

    model = joblib.load(path)
    if hasattr(model, "n_jobs"):
        model.n_jobs = 1
    return model.predict_proba if hasattr(model, "predict_proba") else model.predict


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    library, path, rows, batch, calls = sys.argv[1:]
    ask = predictor(library, path)
    block = np.ascontiguousarray(np.load(rows)[: int(batch)])
    for _ in range(max(int(calls) // 10, 3)):
        ask(block)
    print(json.dumps({"weights": 0}), flush=True)
    for _ in sys.stdin:
        before, wall = cpu(), time.monotonic()
        for _ in range(int(calls)):
            ask(block)
        print(json.dumps({"cpu": cpu() - before, "wall": time.monotonic() - wall}), flush=True)


main()
