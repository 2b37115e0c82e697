"""Serves scikit-learn models by KServe's own Python server.

    python kserve_server.py PORT NAME=FOLDER …      each FOLDER holds model.joblib
"""

import sys

import joblib
import numpy
from kserve import InferOutput, InferResponse, Model, ModelServer


class Classifier(Model):
    """Answers each row's class, or its probabilities where the request wants the output `predict_proba`."""

    def __init__(self, name, path):
        super().__init__(name)
        self.classifier = joblib.load(path)
        self.ready = True

    def predict(self, payload, headers=None, response_headers=None):
        rows = payload.inputs[0].as_numpy()
        if any(wish.name == "predict_proba" for wish in payload.request_outputs or []):
            output = self.output("predict_proba", "FP64", self.classifier.predict_proba(rows).astype(numpy.float64))
        else:
            output = self.output("predict", "INT64", self.classifier.predict(rows).astype(numpy.int64))
        return InferResponse(
            response_id=payload.id,
            model_name=self.name,
            infer_outputs=[output],
            use_binary_outputs=payload.use_binary_outputs,
            requested_outputs=payload.request_outputs,
        )

    @staticmethod
    def output(name, datatype, values):
        output = InferOutput(name=name, shape=list(values.shape), datatype=datatype)
        output.set_data_from_numpy(values, binary_data=False)
        return output


if __name__ == "__main__":
    port, *places = sys.argv[1:]
    server = ModelServer(http_port=int(port), workers=1, enable_grpc=False)
    server.start([Classifier(name, f"{folder}/model.joblib") for name, folder in (place.split("=", 1) for place in places)])
