#!/usr/bin/env python3
"""A gRPC server of grpcio for tests: the Open Inference Protocol's service, and one method of each kind that does what it is
told.

    scripts/interop/grpc_server.py PORT [CERTIFICATE KEY]      needs: pip install grpcio 'tritonclient[grpc]'

`ModelInfer` and `ModelStreamInfer` answer `y = 2 x` for the inputs that they get. `/test.Kinds/…` takes and answers bytes; the
request's metadata say what else is to happen: `x-status` and `x-details` end the call so, `x-sleep` waits before it,
`x-times` says how many answers a stream has and `x-size` how long they are. All metadata come back as trailers, their names
behind `seen-`. `/test.Kinds/State` tells what happened to calls: how many were cancelled.
"""

import pathlib
import sys
import threading
import time
from concurrent import futures

import grpc
import numpy
from tritonclient.grpc import service_pb2, service_pb2_grpc

KINDS = "test.Kinds"
cancelled = 0
step = threading.Semaphore(0)


class Inference(service_pb2_grpc.GRPCInferenceServiceServicer):
    def ServerLive(self, request, context):
        return service_pb2.ServerLiveResponse(live=True)

    def ServerReady(self, request, context):
        return service_pb2.ServerReadyResponse(ready=True)

    def ModelInfer(self, request, context):
        if request.model_name == "nowhere":
            context.abort(grpc.StatusCode.NOT_FOUND, "no model is called nowhere")
        answer = service_pb2.ModelInferResponse(model_name=request.model_name, model_version="3", id=request.id)
        for tensor, raw in zip(request.inputs, request.raw_input_contents):
            values = 2 * numpy.frombuffer(raw, numpy.float32)
            answer.outputs.add(name="y", datatype=tensor.datatype, shape=tensor.shape)
            answer.raw_output_contents.append(values.tobytes())
        return answer

    def ModelStreamInfer(self, requests, context):
        for request in requests:
            yield service_pb2.ModelStreamInferResponse(infer_response=self.ModelInfer(request, context))


def prepared(context):
    """Does what the metadata say; they as they came, by name."""
    global cancelled
    metadata = list(context.invocation_metadata())
    wishes = dict(metadata)

    def ended():
        global cancelled
        if not context.done:
            cancelled += 1

    context.done = False
    context.add_callback(ended)
    context.set_trailing_metadata([(f"seen-{name}", value) for name, value in metadata])
    if "x-sleep" in wishes:
        time.sleep(float(wishes["x-sleep"]))
    if "x-status" in wishes:
        context.done = True
        code = next(code for code in grpc.StatusCode if code.value[0] == int(wishes["x-status"]))
        context.abort(code, wishes.get("x-details", "as told"))
    return wishes


def unary(request, context):
    wishes = prepared(context)
    context.done = True
    return bytes(int(wishes["x-size"])) if "x-size" in wishes else request


def server_stream(request, context):
    wishes = prepared(context)
    for number in range(int(wishes.get("x-times", 3))):
        if number > 0 and "x-stepwise" in wishes:
            step.acquire(timeout=10)
        if not context.is_active():
            return
        yield bytes(int(wishes.get("x-size", 0))) + request + str(number).encode()
    context.done = True


def client_stream(requests, context):
    prepared(context)
    sizes = [str(len(request)) for request in requests]
    context.done = True
    return ",".join(sizes).encode()


def both_stream(requests, context):
    prepared(context)
    for request in requests:
        yield request.upper()
    context.done = True


def state(request, context):
    """How many calls ended without an answer; the word `step` lets a stepwise stream go on."""
    if request == b"step":
        step.release()
    return str(cancelled).encode()


def main():
    port, *files = sys.argv[1:]
    server = grpc.server(futures.ThreadPoolExecutor(64), options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)])
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(Inference(), server)
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(KINDS, {
        "Unary": grpc.unary_unary_rpc_method_handler(unary),
        "ServerStream": grpc.unary_stream_rpc_method_handler(server_stream),
        "ClientStream": grpc.stream_unary_rpc_method_handler(client_stream),
        "BothStream": grpc.stream_stream_rpc_method_handler(both_stream),
        "State": grpc.unary_unary_rpc_method_handler(state),
    }), grpc.method_handlers_generic_handler("grpc.health.v1.Health", {
        "Check": grpc.unary_unary_rpc_method_handler(lambda request, context: b"\x08\x01"),
    })])
    address = f"localhost:{port}" if files else f"127.0.0.1:{port}"
    if files:
        certificate, key = (pathlib.Path(file).read_bytes() for file in files)
        bound = server.add_secure_port(address, grpc.ssl_server_credentials([(key, certificate)]))
    else:
        bound = server.add_insecure_port(address)
    assert bound == int(port)
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
