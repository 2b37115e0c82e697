"""Trains a small scikit-learn classifier of tumours, and divides the rows that it did not see.

    python train.py FOLDER      runs in the environment of the server that will serve it

Writes model.joblib; reference.npy and clean.npy, rows of the same kind; shifted.npy, the clean rows with three columns in
another unit; clean.csv, the clean rows with their classes, and expected.json, how well the model does on them.
"""

import json
import pathlib
import sys

import joblib
import numpy
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SHIFTED_COLUMNS = [0, 2, 20]  # mean radius, mean perimeter, worst radius
CENTIMETRES_TO_INCHES = 1 / 2.54

folder = pathlib.Path(sys.argv[1])
data = load_breast_cancer()
order = numpy.random.default_rng(20261125).permutation(len(data.data))
training, reference, clean = order[:169], order[169:419], order[419:569]

model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(data.data[training], data.target[training])
joblib.dump(model, folder / "model.joblib")
shifted = data.data[clean].copy()
shifted[:, SHIFTED_COLUMNS] *= CENTIMETRES_TO_INCHES
numpy.save(folder / "reference.npy", data.data[reference])
numpy.save(folder / "clean.npy", data.data[clean])
numpy.save(folder / "shifted.npy", shifted)

rows = data.data[clean].astype(numpy.float32).astype(float)  # as a predictor gets them
table = numpy.column_stack([rows, data.target[clean]])
names = [name.replace(" ", "_") for name in data.feature_names] + ["benign"]
numpy.savetxt(folder / "clean.csv", table, fmt=["%.9g"] * 30 + ["%d"], delimiter=",", header=",".join(names), comments="")
probabilities = model.predict_proba(rows)
expected = {
    "accuracy": accuracy_score(data.target[clean], probabilities.argmax(1)),
    "log_loss": log_loss(data.target[clean], probabilities),
}
(folder / "expected.json").write_text(json.dumps(expected))
print(f"accuracy {model.score(data.data[reference], data.target[reference]):.3f} on {len(reference)} rows that it was not trained on")
