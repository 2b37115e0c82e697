import JSON
import Prediction
import TOML

/// The table `[monitor]`: whose traffic a monitor watches, and which of it.
package struct MonitorSelection: Sendable, Equatable {
    /// What starts a monitor.
    package enum Event: String, Sendable, CaseIterable {
        /// An inference request.
        case request
        /// An inference response.
        case response
        /// A request and its response, joined.
        case exchange
        /// A label that met its prediction.
        case outcome
    }

    /// The model's namespace.
    package var namespace: String
    /// The model's name.
    package var model: String
    /// The only version that is watched; nil watches every version that has a reference.
    package var version: String?
    /// The only endpoint that is watched; nil watches all.
    package var endpoint: String?
    /// The component that is watched.
    package var component: String
    /// What starts the monitor.
    package var event: Event
    /// The request tensor that holds the rows; nil where the model has one input, or rows come from an output.
    package var input: String?
    /// The response tensor that holds the rows, or the prediction; nil where the model has one output.
    package var output: String?
    /// The columns that are watched, by their names in the model's schema; nil watches all.
    package var columns: [String]?
    /// The columns of the model's inputs that are the context of a row, for methods that take one.
    package var context: [String]?
    /// Which rows make a window.
    package var window: WindowConfiguration
    /// How long a request waits for its response.
    package var joinWithin: Duration
    /// Versions whose outputs may be compared with a reference that another version made.
    package var acceptVersions: [String]

    /// Reads the table `[monitor]`.
    ///
    /// `event`, where it is not given, follows from what the monitor reads: `request` when only inputs, `response`
    /// when only outputs, `exchange` when both are named or the method needs the prediction beside the input.
    ///
    /// - Parameter rows: What the rows of the method are, inputs or outputs of the model.
    init(reading table: TableReader<MethodError>, rows: RowSource) throws(MethodError) {
        namespace = try table.text("namespace", default: "default")
        model = try table.text("model")
        version = try table.optionalText("version")
        endpoint = try table.optionalText("endpoint")
        component = try table.text("component", default: "predictor")
        input = try table.optionalText("input")
        output = try table.optionalText("output")
        columns = try table.optionalTexts("columns")
        context = try table.optionalTexts("context")
        joinWithin = try table.optionalDuration("join_within") ?? .seconds(60)
        acceptVersions = try table.texts("accept_versions", default: [])

        let implied: Event =
            switch (input, output, rows) {
            case (.some, .some, _): .exchange
            case (_, nil, .inputs): .request
            case (nil, _, .outputs): .response
            case (nil, .some, .inputs), (.some, nil, .outputs): .exchange
            }
        event = try table.choice("event", default: implied)
        if context != nil, rows == .outputs || event == .outcome {
            throw MethodError(
                .invalidConfiguration,
                "[monitor] names a context, and the method's rows are not the model's inputs",
                remedy: "A context is read from the request beside the rows: compare inputs, or their hidden layer"
            )
        }
        if (rows == .inputs && event == .response) || (rows == .outputs && event == .request) {
            throw MethodError(
                .invalidConfiguration,
                "event in [monitor] is \(event.rawValue), but the method's rows are the model's \(rows.rawValue)",
                remedy: "Leave event out, or set it to exchange"
            )
        }
        window = try table.optionalTable("window").map(WindowConfiguration.init) ?? .standard
    }
}

/// What the rows of a method are in the traffic of a model.
package enum RowSource: String, Sendable {
    /// Rows of a request: what the model was asked.
    case inputs
    /// Rows of a response: what the model answered.
    case outputs
}

/// Which rows make a window, and when it is tested.
package struct WindowConfiguration: Sendable, Hashable {
    /// In which order rows enter a window.
    package enum Order: String, Sendable, CaseIterable {
        /// As they come: a window closes with its last row.
        case arrival
        /// By event time, once `lateness` has passed: the same windows however the events were shuffled on their way.
        case time
    }

    /// Rows in a full window.
    package var size: Int
    /// Rows from one test to the next; below `size` the window slides.
    package var every: Int
    /// How long after the window's first row a test runs with what is there; nil waits for `size` rows.
    package var atMost: Duration?
    /// The fewest rows that a test runs with when `atMost` has passed.
    package var minSize: Int
    /// How far behind the newest event time a row may be.
    package var lateness: Duration
    /// In which order rows enter; nil leaves it to the process: `time` where replicas share the traffic, else `arrival`.
    package var order: Order?

    /// What a monitor that says nothing gets: 200 rows, tested each time they are all new.
    package static let standard = WindowConfiguration(size: 200, every: 200, minSize: 100)

    /// Creates a window from its parts.
    package init(
        size: Int,
        every: Int,
        atMost: Duration? = nil,
        minSize: Int,
        lateness: Duration = .seconds(30),
        order: Order? = nil
    ) {
        self.size = size
        self.every = every
        self.atMost = atMost
        self.minSize = minSize
        self.lateness = lateness
        self.order = order
    }

    /// Reads `window = { size, every, at_most, min_size, lateness, order }`; `every` defaults to `size`, `min_size` to half.
    init(reading table: TableReader<MethodError>) throws(MethodError) {
        size = try table.integer("size", in: 1...10_000_000, default: WindowConfiguration.standard.size)
        every = try table.integer("every", in: 1...size, default: size)
        atMost = try table.optionalDuration("at_most")
        minSize = try table.integer("min_size", in: 1...size, default: max(1, size / 2))
        lateness = try table.optionalDuration("lateness") ?? .seconds(30)
        order = try table.optionalChoice("order")
        if atMost == .zero { throw table.wrong("at_most", "longer than zero") }
    }
}

extension MonitorSelection {
    /// What of the selection decides which rows are judged together: what a configuration hash covers.
    var canonical: JSONValue {
        var window: JSONObject = [
            "size": .integer(Int64(window.size)), "every": .integer(Int64(window.every)),
            "at_most": window.atMost.map { .number($0.inSeconds) } ?? .null,
            "min_size": .integer(Int64(window.minSize)), "lateness": .number(window.lateness.inSeconds),
        ]
        // Only where it is said, so that hashes of configurations that do not know it stay as they were.
        if let order = self.window.order { window["order"] = .string(order.rawValue) }
        var selection: JSONObject = [
            "namespace": .string(namespace), "model": .string(model), "component": .string(component),
            "version": version.map { .string($0) } ?? .null, "endpoint": endpoint.map { .string($0) } ?? .null,
            "event": .string(event.rawValue), "input": input.map { .string($0) } ?? .null,
            "output": output.map { .string($0) } ?? .null,
            "columns": columns.map { .array($0.map { .string($0) }) } ?? .null,
            "join_within": .number(joinWithin.inSeconds),
            "accept_versions": .array(acceptVersions.map { .string($0) }),
            "window": .object(window),
        ]
        if let context { selection["context"] = .array(context.map { .string($0) }) }
        return .object(selection)
    }
}
