package import Hummingbird
import JSON
package import ServiceKit

/// The tap's own routes, on its second port: whether it captures.
package struct TapRoutes: Sendable {
    private let recorder: TapRecorder

    package init(recorder: TapRecorder) {
        self.recorder = recorder
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
    ]

    package func add(to router: Router<ControlContext>) {
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
