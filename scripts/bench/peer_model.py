"""Trains scikit-learn's MLPClassifier on its handwritten digits and writes it twice: as its own servers load it, and as a
model folder of ours.

    python peer_model.py FOLDER [SIDE]      needs scikit-learn, joblib, safetensors

Images are enlarged to SIDE × SIDE (8, as they are; or 28: 784 values). Writes into FOLDER: model.joblib; native/1 with
model.toml, schema.toml and weights.safetensors; row.json, one row that it was not trained on, as the shortest decimals of
its FP32 values; probabilities.json, its answer to that row.
"""

import json
import pathlib
import sys

import joblib
import numpy
from safetensors.numpy import save_file
from scipy.ndimage import zoom
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

HIDDEN = (64, 32)
# By scikit-learn's name, the type of our layer.
ACTIVATIONS = {"relu": "relu", "tanh": "tanh", "logistic": "sigmoid"}
TRAINING_ROWS = 1297
BRIGHTEST = 16

SCHEMA = """\
[[inputs]]
name = "image"
tensor = "image"
datatype = "FP32"
shape = [{width}]
scale = [0, {brightest}]

[[outputs]]
name = "predict_proba"
tensor = "predict_proba"
datatype = "FP32"
shape = [{classes}]
classes = [{names}]
"""


def images(side):
    """The digits as rows of side × side values of 0 to 16, in an order by seed, and their labels."""
    data = load_digits()
    order = numpy.random.default_rng(20261125).permutation(len(data.images))
    enlarged = [zoom(image, side / 8, order=1) for image in data.images[order]]
    return numpy.array(enlarged, numpy.float32).reshape(len(order), side * side), data.target[order]


def write_folder(classifier, folder):
    """`classifier` as a version folder: dense layers with its activation between them, softmax implied.

    Both keep a weight as [inputs, units], so that FP32 is all that changes.
    """
    layers, weights = [], {}
    width = classifier.coefs_[0].shape[0]
    last = len(classifier.coefs_) - 1
    for place, (weight, bias) in enumerate(zip(classifier.coefs_, classifier.intercepts_, strict=True)):
        layers.append(f'[[layers]]\ntype = "dense"\nunits = {len(bias)}\n')
        weights[f"dense{place + 1}.weight"] = weight.astype(numpy.float32)
        weights[f"dense{place + 1}.bias"] = bias.astype(numpy.float32)
        if place < last:
            layers.append(f'[[layers]]\ntype = "{ACTIVATIONS[classifier.activation]}"\n')
    folder.mkdir(parents=True, exist_ok=True)
    head = f'format_version = 1\nname = "digits"\nversion = "1"\ninput_shape = [{width}]\n'
    (folder / "model.toml").write_text("\n".join([head, *layers]))
    names = ", ".join(f'"{name}"' for name in classifier.classes_)
    schema = SCHEMA.format(width=width, brightest=BRIGHTEST, classes=len(classifier.classes_), names=names)
    (folder / "schema.toml").write_text(schema)
    save_file(weights, folder / "weights.safetensors")


def main(folder, side="8"):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rows, labels = images(int(side))
    classifier = MLPClassifier(HIDDEN, max_iter=60, random_state=7, early_stopping=True)
    classifier.fit(rows[:TRAINING_ROWS], labels[:TRAINING_ROWS])
    unseen = rows[TRAINING_ROWS:]
    joblib.dump(classifier, folder / "model.joblib")
    write_folder(classifier, folder / "native" / "1")
    row = [float(str(value)) for value in unseen[0]]
    (folder / "row.json").write_text(json.dumps(row))
    (folder / "probabilities.json").write_text(json.dumps(classifier.predict_proba([row])[0].tolist()))
    print(f"accuracy {classifier.score(unseen, labels[TRAINING_ROWS:]):.3f} on {len(unseen)} rows that it was not trained on")


if __name__ == "__main__":
    main(*sys.argv[1:])
