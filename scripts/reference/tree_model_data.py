"""Real tables, and where the values that other libraries make of them are kept.

The rows of a case are 32-bit floats, which is what Vedette's predictors take; the other library is asked about the very
same numbers.
"""

import pathlib

import numpy as np
from sklearn import datasets

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/TreeModelsTests/References"


def breast_cancer():
    x, y = datasets.load_breast_cancer(return_X_y=True)
    return x.astype(np.float32), y


def wine():
    x, y = datasets.load_wine(return_X_y=True)
    return x.astype(np.float32), y


def diabetes():
    x, y = datasets.load_diabetes(return_X_y=True)
    return x.astype(np.float32), y


def digits():
    x, y = datasets.load_digits(return_X_y=True)
    return x.astype(np.float32), y


def holed(x, share=0.1):
    """The same table with missing values."""
    x = x.copy()
    x[np.random.default_rng(3).random(x.shape) < share] = np.nan
    return x


def table():
    """Two columns of categories, made of diabetes' body mass and age, with some missing, and three of numbers.

    The categories are in no order that a threshold could use.
    """
    x, y = diabetes()
    generator = np.random.default_rng(11)

    def categories(column, count):
        edges = np.quantile(column, np.linspace(0, 1, count + 1)[1:-1])
        return generator.permutation(count)[np.digitize(column, edges)].astype(np.float32)

    x = np.stack([categories(x[:, 2], 12), categories(x[:, 0], 70), x[:, 3], x[:, 8], x[:, 5]], axis=1)
    x[generator.random(len(x)) < 0.05, 0] = np.nan
    x[generator.random(len(x)) < 0.05, 3] = np.nan
    return x.astype(np.float32), y, ["c", "c", "q", "q", "q"]


class Case:
    """A model, some rows, and what its library makes of them."""

    count = 24

    def __init__(self, name, provenance):
        self.name = name
        self.provenance = provenance
        FOLDER.mkdir(exist_ok=True)

    def path(self, suffix):
        self.file = f"{self.name}.{suffix}"
        return str(FOLDER / self.file)

    def rows(self, x):
        """Rows spread over the table, and after them two that it has not: all missing, and all far away."""
        step = max(1, len(x) // (self.count - 3))
        chosen = x[::step][: self.count - 2]
        self.x = np.concatenate([chosen, self.strange(x)]).astype(np.float32)
        return self.x

    def strange(self, x):
        far = np.full((1, x.shape[1]), 1e6, np.float32)
        return np.concatenate([np.full_like(far, np.nan), far])

    def write(self, outputs, margins=None):
        target = {"x": self.x, "outputs": np.asarray(outputs, np.float64).reshape(len(self.x), -1)}
        if margins is not None:
            target["margins"] = np.asarray(margins, np.float64).reshape(len(self.x), -1)
        target["provenance"] = np.frombuffer(f"{self.provenance}, {self.file}".encode(), np.uint8)
        np.savez_compressed(FOLDER / f"{self.name}.npz", **target)
