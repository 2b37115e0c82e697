"""Models of other libraries as ONNX, and what those libraries themselves answer, for ONNXModels.

    pip install numpy scikit-learn skl2onnx onnx onnxmltools xgboost-cpu lightgbm torch==2.13.0+cpu onnxscript

Writes one .onnx per model and models.json: for each the rows (rounded to float32, as a Predictor gets them), the schema
where the graph does not say enough, and the answer of the library that trained it, never of an ONNX runtime.
"""
import pathlib
import warnings

import lightgbm
import numpy
import onnx
import onnxmltools
import skl2onnx
import sklearn
import torch
import xgboost
from onnx import TensorProto, helper
from onnxmltools.convert.common.data_types import FloatTensorType as ToolFloat
from reference import TESTS, write
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

warnings.filterwarnings("ignore")
FOLDER = TESTS / "ONNXModelsTests" / "References"
FOLDER.mkdir(parents=True, exist_ok=True)
ROWS = 12
cases = []


def spread(values):
    """Rows from all over a data set, so that every class is among them."""
    return values[:: len(values) // ROWS][:ROWS]


def keep(name, model):
    data = model if isinstance(model, bytes) else model.SerializeToString()
    (FOLDER / f"{name}.onnx").write_bytes(data)


def case(name, model, rows, expected, schema=None):
    keep(name, model)
    rows = numpy.asarray(rows, dtype=numpy.float32)
    cases.append({
        "name": name, "schema": schema, "shape": list(rows.shape), "rows": [float(v) for v in rows.reshape(-1)],
        "expected": [[float(v) for v in row] for row in numpy.asarray(expected, dtype=float).reshape(len(rows), -1)],
    })


def single(data):
    """The features rounded to float32, the labels."""
    return data.data.astype(numpy.float32), data.target


PLAIN = {"zipmap": False}
digits, digit_labels = single(load_digits())
wine, wine_labels = single(load_wine())
cancer, cancer_labels = single(load_breast_cancer())
diabetes, progression = single(load_diabetes())

# scikit-learn, its labels left out by the schema that is made from the graph.
net = MLPClassifier((32,), max_iter=300, random_state=0).fit(digits / 16, digit_labels)
case("digits_mlp", to_onnx(net, digits[:1], options=PLAIN), spread(digits) / 16, net.predict_proba(spread(digits) / 16))

pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(wine, wine_labels)
case("wine_pipeline", to_onnx(pipeline, wine[:1], options=PLAIN), spread(wine), pipeline.predict_proba(spread(wine)))

forest = RandomForestClassifier(8, max_depth=5, random_state=0).fit(cancer, cancer_labels)
case("cancer_forest", to_onnx(forest, cancer[:1], options=PLAIN), spread(cancer), forest.predict_proba(spread(cancer)))

boosted = GradientBoostingRegressor(n_estimators=20, random_state=0).fit(diabetes, progression)
case("diabetes_boosting", to_onnx(boosted, diabetes[:1]), spread(diabetes), boosted.predict(spread(diabetes)))

# Doubles in and out.
ridge = Ridge().fit(diabetes.astype(float), progression)
case(
    "diabetes_ridge_double",
    to_onnx(ridge, initial_types=[("features", DoubleTensorType([None, 10]))]),
    spread(diabetes),
    ridge.predict(spread(diabetes).astype(float)),
)

# A label of text beside the probabilities; ZipMap as skl2onnx adds it when nobody says otherwise.
names = numpy.array(["barolo", "grignolino", "barbera"])[wine_labels]
named = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(wine, names)
case(
    "wine_named",
    to_onnx(named, wine[:1], options=PLAIN),
    spread(wine),
    numpy.column_stack([named.predict_proba(spread(wine)), numpy.searchsorted(named.classes_, named.predict(spread(wine)))]),
    schema=f"""
[[inputs]]
name = "X"
shape = [13]

[[outputs]]
name = "probabilities"
shape = [3]
classes = [{", ".join(f'"{c}"' for c in named.classes_)}]

[[outputs]]
name = "label"
datatype = "BYTES"
kind = "category"
categories = [{", ".join(f'"{c}"' for c in named.classes_)}]
""",
)
keep("wine_zipmap", to_onnx(named, wine[:1]))
keep("wine_zipmap_numbers", to_onnx(pipeline, wine[:1]))

# Columns of several types, each an input of its own: text, double, int64, float.
colour = numpy.where(wine[:, 9] < 4, "pale", numpy.where(wine[:, 9] < 7, "red", "dark"))
import pandas

table = pandas.DataFrame({"colour": colour, "alcohol": wine[:, 0].astype(float), "proline": wine[:, 12].astype(numpy.int64), "hue": wine[:, 10]})
mixed = make_pipeline(
    ColumnTransformer([("text", OneHotEncoder(sparse_output=False), ["colour"]), ("rest", StandardScaler(), ["alcohol", "proline", "hue"])]),
    LogisticRegression(max_iter=500),
).fit(table, wine_labels)
graph = to_onnx(
    mixed,
    initial_types=[
        ("colour", StringTensorType([None, 1])), ("alcohol", FloatTensorType([None, 1])),
        ("proline", Int64TensorType([None, 1])), ("hue", FloatTensorType([None, 1])),
    ],
    options=PLAIN,
)
picked = spread(table)
codes = picked["colour"].map({"pale": 0, "red": 1, "dark": 2})
case(
    "wine_mixed",
    graph,
    numpy.column_stack([codes, picked["alcohol"], picked["proline"], picked["hue"]]),
    mixed.predict_proba(picked),
    schema="""
[[inputs]]
name = "colour"
datatype = "BYTES"
shape = [1]
kind = "category"
categories = ["pale", "red", "dark"]

[[inputs]]
name = "alcohol"
shape = [1]

[[inputs]]
name = "proline"
datatype = "INT64"
shape = [1]

[[inputs]]
name = "hue"
shape = [1]

[[outputs]]
name = "probabilities"
shape = [3]
classes = ["0", "1", "2"]
""",
)

# XGBoost and LightGBM, through onnxmltools.
xgb = xgboost.XGBClassifier(n_estimators=10, max_depth=3).fit(cancer, cancer_labels)
case(
    "cancer_xgboost",
    onnxmltools.convert_xgboost(xgb, initial_types=[("input", ToolFloat([None, 30]))], target_opset=15),
    spread(cancer),
    xgb.predict_proba(spread(cancer)),
)
lgb = lightgbm.LGBMClassifier(n_estimators=10, num_leaves=8, verbose=-1).fit(cancer, cancer_labels)
case(
    "cancer_lightgbm",
    onnxmltools.convert_lightgbm(lgb, initial_types=[("input", ToolFloat([None, 30]))], target_opset=15, zipmap=False),
    spread(cancer),
    lgb.predict_proba(spread(cancer)),
)

# PyTorch: a small convolutional net over images, channels first.
torch.manual_seed(0)
images = torch.tensor(digits / 16).reshape(-1, 1, 8, 8)
cnn = torch.nn.Sequential(
    torch.nn.Conv2d(1, 8, 3, padding=1), torch.nn.BatchNorm2d(8), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
    torch.nn.Conv2d(8, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(128, 10),
    torch.nn.Softmax(1),
)
optimiser = torch.optim.Adam(cnn.parameters(), lr=0.01)
for _ in range(60):
    optimiser.zero_grad()
    torch.nn.functional.nll_loss(torch.log(cnn(images) + 1e-9), torch.tensor(digit_labels)).backward()
    optimiser.step()
cnn.eval()
path = FOLDER / "digits_torch.onnx"
torch.onnx.export(
    cnn, (images[:2],), path, input_names=["image"], output_names=["probabilities"],
    dynamic_shapes=({0: torch.export.Dim("rows")},), dynamo=True, external_data=False, verbose=False,
)
exported = onnx.load(path)
for part in [exported.graph, *exported.graph.node, *exported.graph.value_info, *exported.graph.input, *exported.graph.output]:
    del part.metadata_props[:]  # the exporter's stack traces, with paths of the machine
with torch.no_grad():
    case("digits_torch", exported, spread(images).numpy(), cnn(spread(images)).numpy())

# Graphs that no library exports, for what must be refused.
def graph_of(nodes, inputs, outputs, initializers=(), opsets=(("", 17),)):
    model = helper.make_model(
        helper.make_graph(nodes, "g", inputs, outputs, initializer=list(initializers)),
        opset_imports=[helper.make_opsetid(*o) for o in opsets], ir_version=8,
    )
    return model


def floats(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


keep("custom_operator", graph_of(
    [helper.make_node("Explode", ["x"], ["y"], domain="com.example")],
    [floats("x", [None, 2])], [floats("y", [None, 2])], opsets=(("", 17), ("com.example", 1)),
))
keep("fixed_batch", graph_of([helper.make_node("Relu", ["x"], ["y"])], [floats("x", [1, 2])], [floats("y", [1, 2])]))
keep("lost_rows", graph_of(
    [helper.make_node("ReduceSum", ["x"], ["y"], keepdims=1)], [floats("x", [None, 2])], [floats("y", [None, 1])],
))
keep("half", graph_of(
    [helper.make_node("Relu", ["x"], ["y"])],
    [helper.make_tensor_value_info("x", TensorProto.FLOAT16, [None, 2])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT16, [None, 2])],
))
# Weights in a file of their own: y = x + w with w in weights.bin, once beside the model, once outside of its folder.
for name, location in [("external", "weights.bin"), ("external_outside", "../weights.bin"), ("external_absolute", "/etc/hostname")]:
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2], data_location=TensorProto.EXTERNAL)
    for key, value in [("location", location), ("offset", "0"), ("length", "8")]:
        weight.external_data.add(key=key, value=value)
    keep(name, graph_of([helper.make_node("Add", ["x", "w"], ["y"])], [floats("x", [None, 2])], [floats("y", [None, 2])], [weight]))
(FOLDER / "weights.bin").write_bytes(numpy.array([1, -2], dtype="<f4").tobytes())
# The same within the body of a branch, in an attribute's tensor.
hidden = TensorProto(name="c", data_type=TensorProto.FLOAT, dims=[2], data_location=TensorProto.EXTERNAL)
hidden.external_data.add(key="location", value="../../secret")
branch = helper.make_graph([helper.make_node("Constant", [], ["b"], value=hidden)], "branch", [], [floats("b", [2])])
other = helper.make_graph([helper.make_node("Identity", ["x"], ["o"])], "other", [], [floats("o", [None, 2])])
keep("external_hidden", graph_of(
    [helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=other)],
    [floats("x", [None, 2]), helper.make_tensor_value_info("c", TensorProto.BOOL, [])], [floats("y", None)],
))

# Every element type that is read and written: each input cast to float, side by side; the sum in each type.
kinds = ["FLOAT", "DOUBLE", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "BOOL"]
code = {kind: getattr(TensorProto, kind) for kind in kinds}
nodes = [helper.make_node("Cast", [f"in_{kind}"], [f"f_{kind}"], to=TensorProto.FLOAT) for kind in kinds]
nodes.append(helper.make_node("Concat", [f"f_{kind}" for kind in kinds], ["out_FLOAT"], axis=1))
nodes += [helper.make_node("Cast", ["out_FLOAT"], [f"out_{kind}"], to=code[kind]) for kind in kinds[1:]]
keep("types", graph_of(
    nodes,
    [helper.make_tensor_value_info(f"in_{kind}", code[kind], ["n", 1]) for kind in kinds],
    [helper.make_tensor_value_info(f"out_{kind}", code[kind], ["n", len(kinds)]) for kind in kinds],
))
# An image channels first, given back flat: shows where each value went.
keep("planes", graph_of([helper.make_node("Flatten", ["image"], ["flat"])], [floats("image", ["n", 3, 2, 2])], [floats("flat", ["n", 12])]))

write("ONNXModelsTests", "models", [numpy, sklearn, skl2onnx, onnx, onnxmltools, xgboost, lightgbm, torch], {"cases": cases})
