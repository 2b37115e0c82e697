import HTTPTypes
package import Hummingbird
import JSON
import NIOCore
package import PayloadCapture
package import ServiceKit

/// The tap's own routes, on its second port: whether it captures, and the bodies that are too large for events.
package struct TapRoutes: Sendable {
    private let recorder: TapRecorder
    private let payloads: PayloadStore?

    /// - Parameter payloads: Bodies in files, to be fetched here; nil where there are none.
    package init(recorder: TapRecorder, payloads: PayloadStore? = nil) {
        self.recorder = recorder
        self.payloads = payloads
    }

    /// For `/openapi.json`.
    package static let operations = [
        APIOperation(.get, "/v1/capture", "Whether exchanges are captured."),
        APIOperation(
            .put,
            "/v1/capture",
            "Switches capturing on or off for requests that begin from now on; traffic passes either way.",
            body: "application/json",
            answers: [200: "As it is now", 400: "The body is not {\"enabled\": true | false}"]
        ),
        APIOperation(
            .get,
            "/v1/payloads/{name}",
            "The data of an event that has dataref in their place, by the SHA-256 in it.",
            answers: [200: "Its bytes; their content type is the event's", 404: "There is none, or no more"]
        ),
    ]

    private func addPayloads(to router: Router<ControlContext>) {
        router.get("/v1/payloads/{name}") { [payloads] _, context in
            let name = context.parameters.get("name") ?? ""
            guard let bytes = try payloads?.read(name) else {
                throw ServiceError(
                    .notFound,
                    "there is no payload of that name",
                    remedy: "Raise capture.dataref.capacity.bytes where payloads go before they are fetched"
                )
            }
            // Of which kind they are is said by the event.
            return Response(
                status: .ok,
                headers: [.contentType: "application/octet-stream"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
            )
        }
    }

    package func add(to router: Router<ControlContext>) {
        addPayloads(to: router)
        router.get("/v1/capture") { [recorder] _, _ in
            Response(json: ["enabled": .bool(recorder.isRecording)])
        }
        router.put("/v1/capture") { [recorder] request, _ in
            let body = try JSONValue(parsing: try await request.collectedBody(upTo: 4096), limits: .strict)
            guard let enabled = body["enabled"]?.bool else {
                throw ServiceError(
                    .badRequest,
                    "the body has no true or false under \"enabled\"",
                    remedy: #"Send {"enabled": false}"#
                )
            }
            recorder.isRecording = enabled
            return Response(json: ["enabled": .bool(enabled)])
        }
    }
}
