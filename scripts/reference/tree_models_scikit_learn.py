"""Models and predictions of scikit-learn, for the tests of TreeModels, written by scripts/export/scikit_learn.py.

    /tmp/reference/bin/pip install numpy scipy scikit-learn==1.9.1 pandas
    /tmp/reference/bin/python scripts/reference/tree_models_scikit_learn.py
"""

import pathlib
import shutil
import sys
import tempfile

import numpy as np
import sklearn
from sklearn import ensemble, linear_model, svm, tree
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "export"))

from scikit_learn import export  # noqa: E402
from tree_model_data import Case, breast_cancer, diabetes, digits, holed, table, wine  # noqa: E402


class SklearnCase(Case):
    def strange(self, x):
        """scikit-learn refuses missing values where it was fitted without any."""
        far = np.full((1, x.shape[1]), 1e6, np.float32)
        missing = np.full_like(far, np.nan) if np.isnan(x).any() else -far
        return np.concatenate([missing, far])


def fit(name, model, x, y, margins=None):
    """Fits on floats held as doubles, for scikit-learn would compute linear models in floats otherwise."""
    x = x.astype(np.float64)
    model.fit(x, y)
    case = SklearnCase(f"scikit-learn-{name}", f"scikit-learn {sklearn.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        export(model, folder, name=name)
        shutil.copy(f"{folder}/model.safetensors", case.path("safetensors"))
    rows = case.rows(x).astype(np.float64)
    if hasattr(model, "predict_proba"):
        outputs = model.predict_proba(rows)
    elif hasattr(model, "classes_") or hasattr(model, "decision_function"):
        outputs = model.decision_function(rows)
    else:
        outputs = model.predict(rows)
    case.write(outputs, getattr(model, margins)(rows) if margins else None)


x, y = breast_cancer()
small = {"random_state": 7, "max_depth": 4}
fit("decision-tree", tree.DecisionTreeClassifier(**small), holed(x), y)
fit("random-forest", ensemble.RandomForestClassifier(7, **small), holed(x), y)
fit("gradient-boosting", ensemble.GradientBoostingClassifier(n_estimators=8, random_state=7), x, y,
    "decision_function")
fit("exponential-boosting", ensemble.GradientBoostingClassifier(n_estimators=8, random_state=7, loss="exponential"),
    x, y, "decision_function")
fit("histogram-boosting", ensemble.HistGradientBoostingClassifier(max_iter=8, max_leaf_nodes=7, random_state=7),
    holed(x), y, "decision_function")
fit("logistic-regression", make_pipeline(StandardScaler(), linear_model.LogisticRegression()), x, y,
    "decision_function")
fit("sgd-log", make_pipeline(RobustScaler(), linear_model.SGDClassifier(loss="log_loss", random_state=7)), x, y,
    "decision_function")
fit("sgd-huber", make_pipeline(MinMaxScaler(), linear_model.SGDClassifier(loss="modified_huber", random_state=7)), x,
    y, "decision_function")
fit("linear-svc", make_pipeline(StandardScaler(), svm.LinearSVC(random_state=7)), x, y, "decision_function")

x, y = wine()
fit("extra-trees", ensemble.ExtraTreesClassifier(7, **small), x, y)
fit("boosting-classes", ensemble.GradientBoostingClassifier(n_estimators=4, random_state=7, max_depth=2), x, y,
    "decision_function")
fit("histogram-classes", ensemble.HistGradientBoostingClassifier(max_iter=4, max_leaf_nodes=7, random_state=7),
    holed(x), y, "decision_function")
fit("softmax-regression", make_pipeline(StandardScaler(), linear_model.LogisticRegression()), x, y,
    "decision_function")
fit("sgd-classes", make_pipeline(MaxAbsScaler(), linear_model.SGDClassifier(loss="log_loss", random_state=7)), x, y,
    "decision_function")
x, y = digits()
fit("digits-forest", ensemble.RandomForestClassifier(5, random_state=7, max_depth=5), x, y)
fit("digits-regression", linear_model.LogisticRegression(C=0.01, max_iter=500), x, y, "decision_function")

x, y = diabetes()
two = np.stack([y, x[:, 2] * 1000], axis=1)
fit("tree-regression", tree.DecisionTreeRegressor(**small), holed(x), y)
fit("forest-regression", ensemble.RandomForestRegressor(7, **small), holed(x), y)
fit("forest-targets", ensemble.ExtraTreesRegressor(5, **small), x, two)
fit("boosting-regression", ensemble.GradientBoostingRegressor(n_estimators=8, random_state=7), x, y)
fit("boosting-quantile", ensemble.GradientBoostingRegressor(n_estimators=8, random_state=7, loss="quantile"), x, y)
fit("histogram-regression", ensemble.HistGradientBoostingRegressor(max_iter=8, max_leaf_nodes=7, random_state=7),
    holed(x), y)
fit("histogram-poisson", ensemble.HistGradientBoostingRegressor(max_iter=8, max_leaf_nodes=7, random_state=7,
                                                                loss="poisson"), x, y)
fit("linear-regression", linear_model.LinearRegression(), x, y)
fit("ridge-targets", linear_model.Ridge(), x, two)
fit("lasso", make_pipeline(StandardScaler(), linear_model.Lasso(alpha=2)), x, y)
fit("elastic-net", linear_model.ElasticNet(alpha=0.01), x, y)
fit("poisson-regression", linear_model.PoissonRegressor(alpha=0.001), x[:, :4], y)

x, y, _ = table()
fit("categories", ensemble.HistGradientBoostingRegressor(max_iter=8, max_leaf_nodes=7, random_state=7,
                                                         min_samples_leaf=5, categorical_features=[1, 0]), x, y)
