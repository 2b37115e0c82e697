"""Serves a scikit-learn model by KServe's own Python server.

    python kserve_server.py NAME FOLDER PORT      FOLDER holds model.joblib
"""

import sys

import joblib
import numpy
from kserve import InferOutput, InferResponse, Model, ModelServer


class Classifier(Model):
    """Answers each row's class."""

    def __init__(self, name, path):
        super().__init__(name)
        self.classifier = joblib.load(path)
        self.ready = True

    def predict(self, payload, headers=None, response_headers=None):
        classes = self.classifier.predict(payload.inputs[0].as_numpy())
        output = InferOutput(name="predict", shape=list(classes.shape), datatype="INT64")
        output.set_data_from_numpy(classes.astype(numpy.int64), binary_data=False)
        return InferResponse(response_id=payload.id, model_name=self.name, infer_outputs=[output])


if __name__ == "__main__":
    name, folder, port = sys.argv[1:]
    server = ModelServer(http_port=int(port), workers=1, enable_grpc=False)
    server.start([Classifier(name, f"{folder}/model.joblib")])
