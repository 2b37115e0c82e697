#!/usr/bin/env python3
"""Writes a fitted scikit-learn model as a model folder that Vedette serves, explains and watches: numbers, never code.

As a module, where the model is at hand:

    from scikit_learn import export
    export(model, "models/wine/1", name="wine", version="1")

By hand, from a file of joblib or pickle. Such a file runs code when it is opened: open only your own.

    scripts/export/scikit_learn.py model.joblib models/wine/1 --name wine

What can be written: decision trees, random forests, extra trees, gradient boosting and histogram gradient boosting
(classifiers and regressors, missing values and categories included), and linear models (LinearRegression, Ridge, Lasso,
ElasticNet and their relatives, LogisticRegression, SGDClassifier, RidgeClassifier, LinearSVC, Perceptron, generalised
linear regressions), the latter also behind scalers in a Pipeline. Everything else is refused by name.

Needs numpy and scikit-learn 1.3 or later. The format is described in docs/reference/model-folder.md.
"""

import argparse
import json
import pathlib
import struct
import sys

import numpy as np
import sklearn


class Refused(Exception):
    """A model that cannot be written, and what to do instead."""


# Trees


class Trees:
    """The nodes of many trees, one after the other."""

    def __init__(self, inputs, outputs):
        self.inputs, self.outputs = inputs, outputs
        self.parts = {key: [] for key in KINDS}
        self.sets = []

    def add(self, output=0, **nodes):
        count = len(nodes["left"])
        self.parts["tree_nodes"].append([count])
        self.parts["tree_output"].append([output])
        usual = {"missing_left": np.zeros(count), "category_set": np.full(count, -1), "beyond_left": np.zeros(count)}
        for key, value in (usual | nodes).items():
            self.parts[key].append(np.asarray(value))

    def tensors(self, base):
        tensors = {
            key: np.concatenate(parts).astype(KINDS[key]) for key, parts in self.parts.items() if parts
        }
        if self.sets:
            tensors["category_words"] = np.stack(self.sets).astype(np.uint32)
        else:
            del tensors["category_set"], tensors["beyond_left"]
        return tensors | {"base": np.asarray(base, np.float64)}


KINDS = {
    "tree_nodes": np.int32, "tree_output": np.int32, "left": np.int32, "right": np.int32, "feature": np.int32,
    "threshold": np.float64, "missing_left": np.uint8, "cover": np.float64, "value": np.float64,
    "category_set": np.int32, "beyond_left": np.uint8,
}


def add_tree(trees, tree, values, output=0):
    """A tree of sklearn.tree; `values` has a row for each node."""
    missing = getattr(tree, "missing_go_to_left", np.zeros(tree.node_count))
    trees.add(
        output, left=tree.children_left, right=tree.children_right, feature=np.maximum(tree.feature, 0),
        threshold=tree.threshold, missing_left=missing, cover=tree.weighted_n_node_samples, value=values,
    )


def forest(model, estimators, is_classifier):
    """One tree, or many of which the mean is taken."""
    if is_classifier and model.n_outputs_ > 1:
        raise Refused("a classifier of several targets: fit one for each")
    outputs = model.n_classes_ if is_classifier else model.n_outputs_
    trees = Trees(model.n_features_in_, outputs)
    for estimator in estimators:
        values = estimator.tree_.value
        if is_classifier:
            values = values[:, 0, :]
            values = values / values.sum(axis=1, keepdims=True)
        else:
            values = values[:, :, 0]
        add_tree(trees, estimator.tree_, values)
    return trees.tensors(np.zeros(outputs)), "identity", {"divisor": str(len(estimators))}


def gradient_boosting(model, is_classifier):
    start = np.asarray(model._raw_predict_init(np.zeros((1, model.n_features_in_), np.float32)))[0]
    if model.init is not None and model.init != "zero":
        raise Refused("gradient boosting that starts from a model of its own: fit it with init=None")
    trees = Trees(model.n_features_in_, model.estimators_.shape[1])
    for row in model.estimators_:
        for output, estimator in enumerate(row):
            add_tree(trees, estimator.tree_, model.learning_rate * estimator.tree_.value[:, 0, :], output)
    if not is_classifier:
        return trees.tensors(start), "identity", {}
    if trees.outputs > 1:
        return trees.tensors(start), "softmax", {}
    return trees.tensors(start), "binary", {"slope": "2" if model.loss == "exponential" else "1"}


def histogram_gradient_boosting(model, is_classifier):
    start = np.asarray(model._baseline_prediction, np.float64).ravel()
    trees = Trees(model.n_features_in_, model.n_trees_per_iteration_)
    columns, codes = histogram_columns(model)
    for row in model._predictors:
        for output, predictor in enumerate(row):
            nodes = predictor.nodes
            leaf = nodes["is_leaf"].astype(bool)
            features = columns[np.where(leaf, 0, nodes["feature_idx"])]
            sets = np.full(len(nodes), -1)
            for index in np.flatnonzero(nodes["is_categorical"].astype(bool) & ~leaf):
                sets[index] = len(trees.sets)
                trees.sets.append(category_words(predictor, nodes[index], codes[nodes["feature_idx"][index]]))
            trees.add(
                output, left=np.where(leaf, -1, nodes["left"].astype(np.int64)), right=nodes["right"],
                feature=np.where(leaf, 0, features), threshold=nodes["num_threshold"],
                missing_left=nodes["missing_go_to_left"], cover=nodes["count"], value=nodes["value"][:, None],
                category_set=sets, beyond_left=nodes["missing_go_to_left"],
            )
    if not is_classifier:
        link = "exponential" if model.loss in ("poisson", "gamma") else "identity"
        return trees.tensors(start), link, {}
    return trees.tensors(start), "softmax" if trees.outputs > 1 else "binary", {}


def histogram_columns(model):
    """For each of the model's inner columns the column of the table, and of categories their codes in the table.

    Since 1.4 the model moves columns of categories to the front and numbers their categories anew.
    """
    count = model.n_features_in_
    categorical = model.is_categorical_
    if categorical is None or not np.any(categorical):
        return np.arange(count), {}
    if getattr(model, "_preprocessor", None) is None:
        return np.arange(count), {int(column): None for column in np.flatnonzero(categorical)}
    columns = np.concatenate([np.flatnonzero(categorical), np.flatnonzero(~categorical)])
    codes = {}
    for index, known in enumerate(model._preprocessor.named_transformers_["encoder"].categories_):
        codes[index] = table_codes(known)
    return columns, codes


def table_codes(known):
    """The numbers that stand for categories in a table: themselves, or for texts their places in the list."""
    known = [value for value in known if value == value and value is not None]
    if all(isinstance(value, (int, float, np.integer, np.floating)) for value in known):
        if any(value < 0 or value != int(value) for value in known):
            raise Refused(f"categories that are no whole numbers from 0 up: {known[:5]}")
        return [int(value) for value in known]
    return list(range(len(known)))


def category_words(predictor, node, codes):
    """One bit for each category, set where it goes left; what is not known goes where missing values go."""
    bits = predictor.raw_left_cat_bitsets[node["bitset_idx"]]
    left = [bool(bits[code // 32] >> (code % 32) & 1) for code in range(256)]
    words = np.zeros(8, np.uint32)
    if codes is None:
        known = list(range(256))
        codes = known
    else:
        if max(codes, default=0) > 255:
            raise Refused("categories numbered beyond 255: number them from 0 without gaps")
        known = list(range(len(codes)))
    if node["missing_go_to_left"]:
        words |= np.uint32(0xFFFFFFFF)
    for inner, code in zip(known, codes):
        mask = np.uint32(1 << (code % 32))
        words[code // 32] = words[code // 32] | mask if left[inner] else words[code // 32] & ~mask
    return words


# Linear models


def linear(model, scale, offset):
    """Coefficients `[inputs, outputs]` for inputs that no scaler has touched."""
    coefficients = np.atleast_2d(np.asarray(model.coef_, np.float64))
    intercepts = np.broadcast_to(np.asarray(model.intercept_, np.float64), (len(coefficients),)).copy()
    coefficients = coefficients * scale
    intercepts = intercepts - coefficients @ offset
    return {"coefficients": np.ascontiguousarray(coefficients.T), "intercepts": intercepts}


def link_of(model):
    """What turns a linear model's decision into what it predicts."""
    name = type(model).__name__
    if name in ("LogisticRegression", "LogisticRegressionCV"):
        if len(model.classes_) == 2:
            return "binary"
        one = getattr(model, "multi_class", None) == "ovr" or model.solver == "liblinear"
        return "one-against-rest" if one else "softmax"
    if name == "SGDClassifier" and model.loss in ("log_loss", "modified_huber"):
        if model.loss == "log_loss":
            return "binary" if len(model.classes_) == 2 else "one-against-rest"
        if len(model.classes_) == 2:
            return "clamped"
        raise Refused("modified_huber of more than two classes: fit it with loss=\"log_loss\"")
    if hasattr(model, "classes_"):
        if name not in ("LinearSVC", "RidgeClassifier", "RidgeClassifierCV", "SGDClassifier", "Perceptron",
                        "PassiveAggressiveClassifier"):
            raise Refused(f"the linear classifier {name}")
        return "identity"  # decision values: the model knows no probabilities
    if name in ("PoissonRegressor", "GammaRegressor") or (
        name == "TweedieRegressor" and (model.link == "log" or (model.link == "auto" and model.power > 0))
    ):
        return "exponential"
    return "identity"


def steepness(model):
    """Up to scikit-learn 1.7 two classes could be asked to be a softmax of the decision and its negative."""
    two = len(getattr(model, "classes_", [])) == 2
    return {"slope": "2"} if two and getattr(model, "multi_class", None) == "multinomial" else {}


def scaling(steps, inputs):
    """The factors and offsets of scalers, one after the other: `(x − offset) · scale`."""
    scale, offset = np.ones(inputs), np.zeros(inputs)
    for step in steps:
        name = type(step).__name__
        if name == "StandardScaler":
            factor = np.ones(inputs) if step.scale_ is None else 1 / step.scale_
            shift = np.zeros(inputs) if step.mean_ is None else step.mean_
        elif name == "MinMaxScaler" and not step.clip:
            factor, shift = step.scale_, -step.min_ / step.scale_
        elif name == "MaxAbsScaler" and not getattr(step, "clip", False):
            factor, shift = 1 / step.scale_, np.zeros(inputs)
        elif name == "RobustScaler":
            factor = np.ones(inputs) if step.scale_ is None else 1 / step.scale_
            shift = np.zeros(inputs) if step.center_ is None else step.center_
        elif step == "passthrough":
            continue
        else:
            raise Refused(f"the step {name} of a pipeline: export the whole pipeline to ONNX")
        offset = offset + shift / scale
        scale = scale * factor
    return scale, offset


# The folder


def tensors_of(model):
    """The arrays, the link and the further metadata of a model."""
    from sklearn.base import is_classifier
    from sklearn.pipeline import Pipeline

    steps = []
    if isinstance(model, Pipeline):
        steps, model = [step for _, step in model.steps[:-1]], model.steps[-1][1]
    name = type(model).__name__
    classifies = is_classifier(model)
    if hasattr(model, "coef_") and np.ndim(model.coef_) in (1, 2) and hasattr(model, "n_features_in_"):
        scale, offset = scaling(steps, model.n_features_in_)
        return model, linear(model, scale, offset), link_of(model), {"kind": "linear"} | steepness(model)
    steps = [step for step in steps if step != "passthrough"]
    if steps:
        raise Refused(f"trees behind {type(steps[0]).__name__}: fit them without, they need no scaling")
    if name in ("DecisionTreeClassifier", "DecisionTreeRegressor", "ExtraTreeClassifier", "ExtraTreeRegressor"):
        result = forest(model, [model], classifies)
    elif name in ("RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor"):
        result = forest(model, model.estimators_, classifies)
    elif name in ("GradientBoostingClassifier", "GradientBoostingRegressor"):
        result = gradient_boosting(model, classifies)
    elif name in ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor"):
        result = histogram_gradient_boosting(model, classifies)
    else:
        raise Refused(f"{name}: export it to ONNX with skl2onnx")
    tensors, link, metadata = result
    return model, tensors, link, {"kind": "trees", "inputs": str(model.n_features_in_)} | metadata


def export(model, folder, name, version="1"):
    """Writes `model.toml`, `schema.toml` and `model.safetensors` of a fitted model.

    The schema has one tensor of all columns, or, where some hold texts, one for each; edit it to give columns names,
    units and scales.
    """
    final, tensors, link, metadata = tensors_of(model)
    metadata = {"format": "vedette-scikit-learn", "format_version": "1", "link": link,
                "scikit_learn": sklearn.__version__, "model": type(final).__name__} | metadata
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_safetensors(folder / "model.safetensors", tensors, metadata)
    (folder / "schema.toml").write_text(schema(final, tensors, link), encoding="utf-8")
    (folder / "model.toml").write_text(
        f'format_version = 1\nname = {json.dumps(name)}\nversion = {json.dumps(str(version))}\n'
        'kind = "scikit-learn"\nfile = "model.safetensors"\n', encoding="utf-8")


def text_categories(model):
    """For each column of texts its categories, in the order of their codes."""
    encoder = getattr(model, "_preprocessor", None)
    if encoder is None:
        return {}
    columns = np.flatnonzero(model.is_categorical_)
    known = (
        [value for value in values if value == value and value is not None]
        for values in encoder.named_transformers_["encoder"].categories_
    )
    return {int(column): values for column, values in zip(columns, known) if any(isinstance(v, str) for v in values)}


def input_lines(model):
    """One tensor of all columns; where there are texts among them, one tensor for each."""
    texts = text_categories(model)
    if not texts:
        return ['[[inputs]]', 'name = "input"', 'datatype = "FP32"', f'shape = [{model.n_features_in_}]', '']
    names = getattr(model, "feature_names_in_", [f"column {index}" for index in range(model.n_features_in_)])
    lines = []
    for index, name in enumerate(names):
        lines += ['[[inputs]]', f'name = {json.dumps(str(name), ensure_ascii=False)}']
        if index in texts:
            values = json.dumps([str(value) for value in texts[index]], ensure_ascii=False)
            lines += ['datatype = "BYTES"', 'kind = "category"', f'categories = {values}', '']
        else:
            lines += ['datatype = "FP32"', '']
    return lines


def schema(model, tensors, link):
    margins = len(tensors["base"] if "base" in tensors else tensors["intercepts"])
    outputs = margins * 2 if link in ("binary", "clamped") else margins
    lines = input_lines(model) + [
        '[[outputs]]', 'name = "output"', 'datatype = "FP32"', f'shape = [{outputs}]']
    classes = getattr(model, "classes_", None)
    if classes is not None and len(classes) == outputs:
        lines.append("classes = " + json.dumps([str(value) for value in classes], ensure_ascii=False))
    return "\n".join(lines) + "\n"


TYPES = {"float64": "F64", "float32": "F32", "int32": "I32", "uint32": "U32", "uint8": "U8"}


def write_safetensors(path, tensors, metadata):
    """The format of https://github.com/huggingface/safetensors: one JSON header, then the numbers."""
    header, blocks, position = {"__metadata__": metadata}, [], 0
    for key, array in sorted(tensors.items(), key=lambda item: (-item[1].itemsize, item[0])):
        block = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()
        header[key] = {"dtype": TYPES[array.dtype.name], "shape": list(array.shape),
                       "data_offsets": [position, position + len(block)]}
        blocks.append(block)
        position += len(block)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blocks))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a file of joblib or pickle; opening it runs the code in it")
    parser.add_argument("folder", help="the version folder to write, such as models/wine/1")
    parser.add_argument("--name", required=True, help="what the model is called")
    parser.add_argument("--version", default="1")
    arguments = parser.parse_args()
    import joblib

    try:
        export(joblib.load(arguments.model), arguments.folder, arguments.name, arguments.version)
    except Refused as refusal:
        sys.exit(f"cannot export {refusal}")


if __name__ == "__main__":
    main()
