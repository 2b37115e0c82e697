"""Models and predictions of XGBoost, for the tests of TreeModels.

    /tmp/reference/bin/pip install numpy scipy scikit-learn xgboost-cpu==3.2.0
    /tmp/reference/bin/python scripts/reference/tree_models_xgboost.py

Writes each model with its rows and what the library says of them to Tests/TreeModelsTests/References. Older releases
write files of their own beside them, each from an environment of its own:

    python3 -m venv /tmp/xgboost-2 && /tmp/xgboost-2/bin/pip install numpy pandas scipy scikit-learn xgboost-cpu==2.1.4
    /tmp/xgboost-2/bin/python scripts/reference/tree_models_xgboost.py
    python3 -m venv /tmp/xgboost-1 && /tmp/xgboost-1/bin/pip install 'numpy<2' 'pandas<3' scipy scikit-learn xgboost==1.7.6
    /tmp/xgboost-1/bin/python scripts/reference/tree_models_xgboost.py
"""

import numpy as np
import xgboost as xgb

from tree_model_data import Case, breast_cancer, diabetes, digits, holed, table, wine

RELEASE = tuple(int(part) for part in xgb.__version__.split(".")[:2])
LATEST = RELEASE >= (3, 0)


def train(name, x, y, params, rounds, suffix="json", types=None, best=False, **kinds):
    data = xgb.DMatrix(x, label=y, feature_types=types, enable_categorical=types is not None, **kinds)
    params = {"seed": 7, "nthread": 1, "max_depth": 3, "eta": 0.3} | params
    extra = {}
    if best:
        half = len(x) // 2
        training = xgb.DMatrix(x[:half], label=y[:half])
        extra = {"evals": [(xgb.DMatrix(x[half:], label=y[half:]), "later")], "early_stopping_rounds": 3}
        extra["verbose_eval"] = False
        booster = xgb.train(params, training, rounds, **extra)
    else:
        booster = xgb.train(params, data, rounds)
    save(name, booster, x, suffix, types, best)


def save(name, booster, x, suffix="json", types=None, best=False):
    case = Case(f"xgboost-{RELEASE[0]}.{RELEASE[1]}-{name}", f"xgboost {xgb.__version__}")
    booster.save_model(case.path(suffix))
    rows = case.rows(x)
    data = xgb.DMatrix(rows, feature_types=types, enable_categorical=types is not None)
    use = {}
    if best:
        assert booster.best_iteration + 1 < booster.num_boosted_rounds(), "early stopping left nothing out"
        use = {"iteration_range": (0, booster.best_iteration + 1)}
    outputs = booster.predict(data, strict_shape=True, **use)
    margins = booster.predict(data, output_margin=True, strict_shape=True, **use)
    case.write(outputs, margins)


def older():
    x, y = breast_cancer()
    train("binary", holed(x), y, {"objective": "binary:logistic"}, 12)
    x, y = wine()
    train("softprob", x, y, {"objective": "multi:softprob", "num_class": 3}, 5, "ubj" if RELEASE >= (1, 6) else "json")
    x, y = diabetes()
    train("dart", x, y, {"booster": "dart", "rate_drop": 0.3, "objective": "reg:squarederror"}, 8)
    x, y, types = table()
    train("categories", x, y, {"tree_method": "hist", "max_cat_to_onehot": 1}, 6, types=types)
    if RELEASE >= (2, 0):
        x, y = diabetes()
        train("target-vectors", holed(x), np.stack([y, x[:, 2] * 1000], axis=1),
              {"multi_strategy": "multi_output_tree", "tree_method": "hist"}, 6, "ubj")


def latest():
    x, y = breast_cancer()
    train("binary", holed(x), y, {"objective": "binary:logistic"}, 20)
    train("binary-ubj", holed(x), y, {"objective": "binary:logistic"}, 20, "ubj")
    train("logistic", x, y, {"objective": "reg:logistic"}, 5)
    train("logitraw", x, y, {"objective": "binary:logitraw"}, 5)
    train("hinge", x, y, {"objective": "binary:hinge"}, 5)
    train("best", x, y, {"objective": "binary:logistic", "max_depth": 2}, 200, "ubj", best=True)
    train("forest", x, y, {"objective": "binary:logistic", "num_parallel_tree": 5, "subsample": 0.5}, 3, "ubj")
    train("linear", x, y, {"objective": "binary:logistic", "booster": "gblinear"}, 10)
    x, y = digits()
    train("softprob", x, y, {"objective": "multi:softprob", "num_class": 10}, 4, "ubj")
    x, y = wine()
    train("softmax", holed(x), y, {"objective": "multi:softprob", "num_class": 3}, 5)
    train("linear-classes", x, y, {"objective": "multi:softprob", "num_class": 3, "booster": "gblinear"}, 10)
    train("vectors", x, y, {"objective": "multi:softprob", "num_class": 3, "multi_strategy": "multi_output_tree",
                            "tree_method": "hist"}, 5)
    x, y = diabetes()
    for objective in ["squarederror", "absoluteerror", "squaredlogerror", "pseudohubererror", "gamma", "tweedie"]:
        train(objective, holed(x), y / 100, {"objective": f"reg:{objective}"}, 6)
    train("poisson", x, y, {"objective": "count:poisson"}, 6)
    train("cox", x, y, {"objective": "survival:cox"}, 6)
    train("quantiles", x, y, {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.5, 0.9]}, 6)
    train("dart", x, y, {"booster": "dart", "rate_drop": 0.3, "objective": "reg:squarederror"}, 8, "ubj")
    data = xgb.DMatrix(x, label_lower_bound=y, label_upper_bound=np.where(y > 250, np.inf, y))
    booster = xgb.train({"objective": "survival:aft", "max_depth": 3, "seed": 7}, data, 6)
    save("aft", booster, x)
    ranking = xgb.DMatrix(x, label=np.digitize(y, [80, 140, 200]), qid=np.arange(len(x)) // 26)
    save("ndcg", xgb.train({"objective": "rank:ndcg", "max_depth": 3, "seed": 7}, ranking, 6), x)
    two = np.stack([y, x[:, 2] * 1000], axis=1)
    train("targets", x, two, {"objective": "reg:squarederror"}, 6)
    train("target-vectors", holed(x), two, {"objective": "reg:squarederror", "multi_strategy": "multi_output_tree",
                                     "tree_method": "hist"}, 6, "ubj")
    labels = np.stack([y > 100, y > 200], axis=1).astype(np.float32)
    train("labels", x, labels, {"objective": "binary:logistic"}, 6)
    x, y, types = table()
    train("one-hot", x, y, {"tree_method": "hist", "max_cat_to_onehot": 100}, 6, types=types)
    train("partitions", x, y, {"tree_method": "hist", "max_cat_to_onehot": 1}, 6, "ubj", types=types)


if LATEST:
    latest()
else:
    older()
