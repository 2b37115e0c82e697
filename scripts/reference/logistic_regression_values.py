"""The weights of ridge logistic regression, by scikit-learn's Newton solver.

    python3 -m venv /tmp/logistic && /tmp/logistic/bin/pip install scikit-learn==1.5.2
    /tmp/logistic/bin/python scripts/reference/logistic_regression_values.py
"""
import numpy as np
import sklearn
from reference import write
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.linear_model import LogisticRegression


def standardised(rows):
    return ((rows - rows.mean(0)) / rows.std(0)).astype(np.float32).astype(float)


def samples():
    cancer, wine = load_breast_cancer(), load_wine()
    yield "breast cancer, 5 columns", standardised(cancer.data[:200, :5]), cancer.target[:200] == 0, 1.0
    yield "wine, class 1 or another", standardised(wine.data[:, :8]), wine.target == 1, 1.0
    yield "wine, a strong ridge", standardised(wine.data[:, :8]), wine.target == 1, 0.01


cases = []
for name, rows, is_second, c in samples():
    model = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(rows, is_second)
    cases.append({
        "name": name, "columns": rows.shape[1], "rows": rows.ravel().tolist(), "is_second": is_second.astype(int).tolist(),
        "ridge": 1 / (c * len(rows)), "weights": [*model.coef_[0].tolist(), float(model.intercept_[0])],
    })
write("DriftDetectionTests", "logistic-regression", [np, sklearn], {"cases": cases})
