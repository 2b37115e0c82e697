"""Expected values of the LinearAlgebra library, by numpy in float64."""
import numpy as np
from reference import write

generator = np.random.default_rng(11)


def floats(values):
    return [float(value) for value in np.ravel(values)]


a = np.round(generator.normal(size=(3, 4)), 3)
b = np.round(generator.normal(size=(4, 5)), 3)
rows = np.round(generator.normal(loc=100, size=(6, 4)), 2)
others = np.round(generator.normal(loc=101, size=(5, 4)), 2)
factor = np.round(generator.normal(size=(4, 4)), 2)
symmetric = factor @ factor.T + 0.1 * np.eye(4)
values, vectors = np.linalg.eigh(symmetric)
right = np.round(generator.normal(size=(2, 4)), 2)
write("LinearAlgebraTests", "matrices", [np], {
    "a": floats(a), "b": floats(b), "product": floats(a @ b),
    "rows": floats(rows), "others": floats(others),
    "squaredDistances": floats(((rows[:, None, :] - others[None, :, :]) ** 2).sum(-1)),
    "symmetric": floats(symmetric), "eigenvalues": floats(values[::-1]),
    "lower": floats(np.linalg.cholesky(symmetric)),
    "right": floats(right), "solution": floats(np.linalg.solve(symmetric, right.T).T),
    "logDeterminant": float(np.linalg.slogdet(symmetric)[1]),
})
