"""The part of payload_bodies.py that MLServer's codecs write: values as JSON in, bodies as JSON out."""
import base64
import json
import sys

import numpy as np
import pandas as pd
from mlserver.codecs import Base64Codec, NumpyCodec, NumpyRequestCodec, PandasCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse

asked = json.load(sys.stdin)
picture = Base64Codec.encode_input("picture", [base64.b64decode(asked["picture"])] * 2)
messages = {
    "numpy": NumpyRequestCodec.encode_request(np.array(asked["array"])),
    "pandas": PandasCodec.encode_request(pd.DataFrame(asked["frame"]).astype({"job": object})),
    "string": InferenceRequest(inputs=[StringCodec.encode_input("text", ["a", "ü"])]),
    "picture": InferenceRequest(inputs=[picture]),
    "response": InferenceResponse(model_name="m", outputs=[NumpyCodec.encode_output("predict", np.array([1, 0, 2]))]),
}
json.dump({name: message.model_dump_json(exclude_none=True) for name, message in messages.items()}, sys.stdout)
