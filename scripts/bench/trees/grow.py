"""Grows the model of a case of scripts/bench/trees: `model/` for Vedette, `theirs` for its library, and `rows.npy`.

    grow.py CASE FOLDER
"""

import pathlib
import shutil
import sys

import numpy as np
from sklearn import datasets, ensemble

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "export"))

case, folder = sys.argv[1], pathlib.Path(sys.argv[2])
table = datasets.load_digits if case.endswith("digits") else datasets.load_breast_cancer
x, y = table(return_X_y=True)
x = x.astype(np.float32)
if case.endswith("missing"):
    x[np.random.default_rng(1).random(x.shape) < 0.1] = np.nan
np.save(folder / "rows.npy", x[np.arange(1000) % len(x)])
(folder / "model").mkdir()


def describe(kind, file):
    (folder / "model/model.toml").write_text(
        f'format_version = 1\nname = "case"\nversion = "1"\nkind = "{kind}"\nfile = "{file}"\n')
    shutil.copy(folder / file, folder / "model" / file)
    shutil.copy(folder / file, folder / "theirs")


if case.startswith("xgboost"):
    import xgboost

    parameters = {"max_depth": 12 if case.endswith("deep") else 6, "nthread": 1, "min_child_weight": 0.01,
                  "subsample": 0.8, "objective": "binary:logistic"}
    if case.endswith("digits"):
        parameters |= {"objective": "multi:softprob", "num_class": 10}
    rounds = 30 if case.endswith("digits") else 200
    xgboost.train(parameters, xgboost.DMatrix(x, label=y), rounds).save_model(folder / "model.ubj")
    describe("xgboost", "model.ubj")
elif case.startswith("lightgbm"):
    import lightgbm

    parameters = {"verbose": -1, "num_threads": 1, "num_leaves": 31, "objective": "binary", "min_data_in_leaf": 5}
    if case.endswith("digits"):
        parameters |= {"objective": "multiclass", "num_class": 10}
    rounds = 30 if case.endswith("digits") else 200
    lightgbm.train(parameters, lightgbm.Dataset(x, label=y), rounds).save_model(folder / "model.txt")
    describe("lightgbm", "model.txt")
else:
    import joblib
    from scikit_learn import export

    model = {"forest": ensemble.RandomForestClassifier(100, random_state=1),
             "boosting": ensemble.GradientBoostingClassifier(n_estimators=200, max_depth=4, random_state=1),
             "histogram": ensemble.HistGradientBoostingClassifier(max_iter=200, early_stopping=False, random_state=1),
             }[case.rsplit("-", 1)[1]]
    export(model.fit(x, y), folder / "model", name="case")
    joblib.dump(model, folder / "theirs")
