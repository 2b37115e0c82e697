import CloudEvents
import JSON
import Methods
import Monitoring
import OpenInference
import Statistics
import Tensors
import TestSupport

/// Makes monitors and their traffic for tests.
enum Traffic {
    static let catalog = MethodCatalog([MeanShiftFactory(), CeilingFactory(), RowSumFactory()])
    static let start = Timestamp(nanoseconds: 1_800_000_000_000_000_000)

    static func second(_ seconds: Double) -> Timestamp { start + .nanoseconds(Int64(seconds * 1e9)) }

    /// A monitor of a model with rows of two features, fitted through the way that every monitor takes.
    static func monitor(
        _ name: String = "shift",
        method: String = "MeanShift",
        keys: String = "",
        model: String = "digits",
        selection: String = "",
        window: String = "{ size = 4 }",
        alert: String = "budget = \"1 per 1s\"",
        rows: Int = 40,
        kind: VerdictKind = .drift
    ) throws -> Monitor {
        let text = """
            name = "\(method)"
            \(keys)
            [monitor]
            model = "\(model)"
            \(selection)
            window = \(window)
            [alert]
            \(alert)
            """
        let folder = TemporaryDirectory()
        let configuration = try MonitorConfiguration(parsing: text, catalog: catalog)
        let reference = Tensor<Float>(shape: [rows, 2], repeating: 0)
        let report = try Fitting.fit(configuration, catalog: catalog, rows: reference, output: folder.file("monitor"))
        return try Monitor(
            name: name,
            kind: kind,
            fitted: report.monitor,
            schema: nil,
            featureWidth: 2,
            version: "test"
        )
    }

    /// A request or a response with rows of two features in the tensor `x` or `y`.
    static func event(
        _ id: String,
        _ rows: [[Float]],
        response: Bool = false,
        model: String = "digits",
        namespace: String? = nil,
        version: String? = "1",
        endpoint: String? = nil,
        at seconds: Double,
        extensions: [String: CloudEventValue] = [:],
        data: [UInt8]? = nil
    ) throws -> CloudEvent {
        let width = rows.first?.count ?? 2
        let tensor = try Tensor<Float>(shape: [rows.count, width], elements: rows.flatMap { $0 })
        let body =
            response
            ? try InferenceResponse(modelName: model, outputs: [NamedTensor(name: "y", tensor)]).encoded()
            : try InferenceRequest(inputs: [NamedTensor(name: "x", tensor)]).encoded()
        var all: [String: CloudEventValue] = ["requestid": .string(id), "model": .string(model)]
        if let namespace { all["namespace"] = .string(namespace) }
        if let version { all["modelversion"] = .string(version) }
        if let endpoint { all["endpoint"] = .string(endpoint) }
        all.merge(extensions) { _, given in given }
        return try CloudEvent(
            id: "\(id)-\(response ? "response" : "request")",
            source: "/vedette/test",
            type: response ? EventType.inferenceResponse : EventType.inferenceRequest,
            time: second(seconds),
            dataContentType: "application/json",
            extensions: all,
            data: data ?? body
        )
    }

    /// A monitor of its own in a set.
    static func set(_ monitors: Monitor...) -> MonitorSet {
        var set = MonitorSet()
        for monitor in monitors { set.add(monitor, at: start) }
        return set
    }
}

/// A verdict as a test reads it.
struct ReadVerdict: Equatable {
    let event: CloudEvent
    let data: JSONValue
    let meta: JSONValue

    init(_ event: CloudEvent) throws {
        self.event = event
        _ = try VerdictData(of: event)  // what a consumer reads with
        let tree = try event.dataTree()
        data = tree["data"] ?? .null
        meta = tree["meta"] ?? .null
    }

    var status: String? { data["status"]?.string }
    var firstRow: String? { data["window"]?["first_id"]?.string }
    var lastRow: String? { data["window"]?["last_id"]?.string }
    var rowCount: Int? { data["window"]?["count"]?.int }
}

extension MonitorSet {
    /// Feeds one event at its own time.
    mutating func feed(_ event: CloudEvent, position: UInt64 = 0) throws -> [ReadVerdict] {
        try observe(event, position: position, receivedAt: event.time ?? Traffic.start).map { try ReadVerdict($0) }
    }

    mutating func tick(at seconds: Double) throws -> [ReadVerdict] {
        try tick(position: 0, at: Traffic.second(seconds)).map { try ReadVerdict($0) }
    }
}
