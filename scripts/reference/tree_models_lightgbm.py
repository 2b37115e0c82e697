"""Models and predictions of LightGBM, for the tests of TreeModels.

    /tmp/reference/bin/pip install numpy scipy scikit-learn lightgbm==4.7.0
    /tmp/reference/bin/python scripts/reference/tree_models_lightgbm.py
"""

import lightgbm as lgb
import numpy as np

from tree_model_data import Case, breast_cancer, diabetes, digits, holed, table, wine

RELEASE = ".".join(lgb.__version__.split(".")[:2])
USUAL = {"verbose": -1, "seed": 7, "num_threads": 1, "deterministic": True, "num_leaves": 7, "learning_rate": 0.2}


def train(name, x, y, params, rounds=8, categories="auto", **data):
    params = USUAL | params
    training = lgb.Dataset(x, label=y, categorical_feature=categories, params=params, **data)
    booster = lgb.train(params, training, rounds)
    case = Case(f"lightgbm-{RELEASE}-{name}", f"lightgbm {lgb.__version__}")
    booster.save_model(case.path("txt"))
    booster = lgb.Booster(model_file=case.path("txt"))
    rows = case.rows(x)
    margins = booster.predict(rows, raw_score=True)
    if params.get("boosting") == "rf":
        margins = margins / booster.current_iteration()  # the raw score of a forest is a sum; its mean is converted
    case.write(booster.predict(rows), margins)


x, y = breast_cancer()
train("binary", holed(x), y, {"objective": "binary"}, 15)
train("steep", x, y, {"objective": "binary", "sigmoid": 1.7})
train("zeros", np.where(holed(x) > np.nanmedian(x, axis=0), holed(x), 0), y,
      {"objective": "binary", "zero_as_missing": True})
train("without-missing", x, y, {"objective": "binary", "use_missing": False})
train("forest", x, y, {"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.7})
train("dart", x, y, {"objective": "binary", "boosting": "dart"})
train("cross-entropy", x, y, {"objective": "cross_entropy"})
train("cross-entropy-lambda", x, y, {"objective": "cross_entropy_lambda"})
train("single-leaf", x[:, :3] * 0, y, {"objective": "binary", "min_data_in_leaf": 600})

x, y = digits()
train("multiclass", x, y, {"objective": "multiclass", "num_class": 10}, 3)
x, y = wine()
train("one-against-all", holed(x), y, {"objective": "multiclassova", "num_class": 3})
train("multiclass-forest", x, y, {"objective": "multiclass", "num_class": 3, "boosting": "rf", "bagging_freq": 1,
                                  "bagging_fraction": 0.7})

x, y = diabetes()
for objective in ["regression", "regression_l1", "huber", "fair", "poisson", "quantile", "mape", "gamma", "tweedie"]:
    train(objective, holed(x), y, {"objective": objective})
train("root", x, y, {"objective": "regression", "reg_sqrt": True})
train("linear-leaves", holed(x, 0.02), y, {"objective": "regression", "linear_tree": True})
train("lambdarank", x, np.digitize(y, [80, 140, 200]), {"objective": "lambdarank"}, group=[26] * 17)
train("xendcg", x, np.digitize(y, [80, 140, 200]), {"objective": "rank_xendcg"}, group=[26] * 17)
train("regression-forest", x, y, {"objective": "regression", "boosting": "rf", "bagging_freq": 1,
                                  "bagging_fraction": 0.7})

x, y, _ = table()
train("categories", x, y, {"objective": "regression", "min_data_per_group": 5, "cat_smooth": 1, "min_data_in_leaf": 5},
      12, [0, 1])
