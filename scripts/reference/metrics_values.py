"""Expected values of the PerformanceMetrics library, by scikit-learn."""
import numpy as np
import sklearn
import sklearn.metrics as metrics
from reference import write

generator = np.random.default_rng(3)


def floats(values):
    return [float(value) for value in np.ravel(values)]


def classification(labels, probabilities):
    """Probabilities are float32, as our tensors hold them."""
    binary = probabilities.shape[1] == 2
    predictions = probabilities.argmax(axis=1)
    expected = {
        "accuracy": metrics.accuracy_score(labels, predictions),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, predictions),
        "log_loss": metrics.log_loss(labels, probabilities),
        "brier_score_loss": metrics.brier_score_loss(labels, probabilities[:, 1] if binary else probabilities),
    }
    if binary:
        expected["roc_auc"] = metrics.roc_auc_score(labels, probabilities[:, 1])
    else:
        expected["roc_auc_ovr"] = metrics.roc_auc_score(labels, probabilities, multi_class="ovr")
    for average in ["micro", "macro", "weighted"]:
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(
            labels, predictions, average=average, zero_division=0
        )
        expected |= {f"precision_{average}": precision, f"recall_{average}": recall, f"f1_{average}": f1}
    report = metrics.classification_report(labels, predictions, output_dict=True, zero_division=0)
    per_class = [
        [int(key), value["precision"], value["recall"], value["f1-score"], int(value["support"])]
        for key, value in report.items() if key.isdigit()
    ]
    return {
        "labels": [int(label) for label in labels],
        "probabilities": floats(probabilities),
        "classes": int(probabilities.shape[1]),
        "expected": {key: float(value) for key, value in expected.items()},
        "perClass": per_class,
        "confusion": [int(count) for count in np.ravel(metrics.confusion_matrix(labels, predictions))],
    }


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


binary_labels = generator.integers(0, 2, size=60)
binary = softmax(np.round(generator.normal(size=(60, 2)) + 1.2 * np.eye(2)[binary_labels], 1))  # rounded: with ties
many_labels = generator.choice(4, p=[0.5, 0.3, 0.15, 0.05], size=120)
many = softmax(2 * generator.normal(size=(120, 4)) + 2 * np.eye(4)[many_labels])
many[many_labels == 3, 3] = 0  # class 3 is never predicted where it is true, and has probabilities of exactly 0
many = (many / many.sum(axis=1, keepdims=True)).astype(np.float32)

y = np.round(generator.normal(size=40) * 3 + 10, 2)
predicted = np.round(y + generator.normal(size=40), 2)
write("PerformanceMetricsTests", "metrics", [sklearn, np], {
    "binary": classification(binary_labels, binary),
    "many": classification(many_labels, many),
    "regression": {
        "labels": floats(y), "predictions": floats(predicted),
        "expected": {
            "mean_absolute_error": float(metrics.mean_absolute_error(y, predicted)),
            "mean_squared_error": float(metrics.mean_squared_error(y, predicted)),
            "root_mean_squared_error": float(metrics.root_mean_squared_error(y, predicted)),
            "r2": float(metrics.r2_score(y, predicted)),
        },
    },
})
