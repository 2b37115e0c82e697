import CloudEvents
import JSON

/// Events as the mesh sends them.
enum Samples {
    /// Request and response of a row of 2 × 2 pixels to a model with two classes.
    static func exchange(_ request: String, model: String = "digits", time: Timestamp = .now()) throws -> [CloudEvent] {
        let pixels = (0..<16).map { "\($0)" }.joined(separator: ",")
        return [
            try CloudEvent(
                id: "\(request)-q",
                source: "/vedette/default/tap",
                type: EventType.inferenceRequest,
                time: time,
                dataContentType: "application/json",
                extensions: ["model": .string(model), "requestid": .string(request)],
                data: Array(
                    #"{"inputs":[{"name":"image","shape":[1,4,4,1],"datatype":"FP32","data":[\#(pixels)]}]}"#.utf8
                )
            ),
            try CloudEvent(
                id: "\(request)-a",
                source: "/vedette/default/tap",
                type: EventType.inferenceResponse,
                time: time + .milliseconds(2),
                dataContentType: "application/json",
                extensions: [
                    "model": .string(model), "requestid": .string(request), "statuscode": .integer(200),
                    "latencyms": .string("2"), "modelversion": "1",
                ],
                data: Array(
                    #"{"model_name":"m","outputs":[{"name":"p","shape":[1,2],"datatype":"FP32","data":[0.25,0.75]}]}"#
                        .utf8
                )
            ),
        ]
    }

    /// A verdict about a window.
    static func window(
        _ status: VerdictStatus,
        number: Int,
        type: String = EventType.drift,
        monitor: String = "digits-ks",
        model: String = "digits",
        features: [String] = ["p0"],
        end: Timestamp = .now()
    ) throws -> CloudEvent {
        try CloudEvent(
            id: "\(monitor)-\(number)",
            source: "/vedette/default/monitor",
            type: type,
            time: end,
            dataContentType: "application/json",
            extensions: ["namespace": "default", "model": .string(model), "endpoint": "default"],
            data: JSONValue.object([
                "data": [
                    "monitor": .string(monitor), "method": "KSDrift", "config_hash": "5f2c9ab1",
                    "is_drift": .integer(status == .alarm ? 1 : 0), "p_val": 1e-9, "distance": 0.4, "threshold": 0.05,
                    "status": .string(status.rawValue),
                    "window": [
                        "start": .string((end - .seconds(60)).rfc3339), "end": .string(end.rfc3339), "count": 200,
                        "first_id": "a", "last_id": "z",
                    ],
                    "features": .array(features.map { ["name": .string($0), "statistic": 0.4, "p_val": 0.001] }),
                ],
                "meta": ["owner": "vision-team", "runbook_url": "https://example.org/runbooks/digits"],
            ]).serialized()
        )
    }

    /// A verdict that flags the only row of a request.
    static func outlier(_ request: String, monitor: String = "digits-outlier", time: Timestamp = .now()) throws
        -> CloudEvent
    {
        try CloudEvent(
            id: "\(monitor)-\(request)",
            source: "/vedette/default/monitor",
            type: EventType.outlier,
            time: time,
            dataContentType: "application/json",
            extensions: [
                "namespace": "default", "model": "digits", "endpoint": "default", "requestid": .string(request),
            ],
            data: JSONValue.object([
                "data": [
                    "monitor": .string(monitor), "method": "OutlierAE", "config_hash": "77aa01c4",
                    "is_outlier": [1], "instance_score": [7.5], "p_value": [0.002], "threshold": 3.0, "rows": [0],
                    "status": "ok",
                ],
                "meta": ["name": "OutlierAE"],
            ]).serialized()
        )
    }
}
