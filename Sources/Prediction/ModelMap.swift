import TOML

/// Where each model is: the content of `models.toml`, the only place that says so.
///
/// ```toml
/// [digits]
/// path = "models/digits"
///
/// [fraud]
/// url = "http://127.0.0.1:8080"
/// dialect = "v2"
/// timeout = "2s"
/// max_concurrency = 4
/// token_file = "secrets/fraud-token"
///
/// [scoring]
/// url = "http://127.0.0.1:9000"
/// [scoring.request]
/// amount = "$.transactions[*].amount"
/// [scoring.response]
/// score = "$.result.score"
/// ```
public struct ModelMap: Sendable, Hashable {
    /// How to reach one model.
    public struct Entry: Sendable, Hashable {
        /// In a folder of this machine, or behind a server.
        public enum Location: Sendable, Hashable {
            /// A model folder; relative paths start at the folder of `models.toml`.
            case path(String)
            /// The base URL of a model server.
            case url(String)
        }

        /// Where the model is.
        public var location: Location
        /// The payload format that a server speaks.
        public var dialect: Dialect
        /// A `schema.toml` for a model that brings none.
        public var schema: String?
        /// How long one call may take.
        public var timeout: Duration
        /// How many calls may be under way at once.
        public var maxConcurrency: Int
        /// What the server calls the model; nil for the name in `models.toml`, or that in the URL.
        public var model: String?
        /// A file with the bearer token that the server asks for.
        public var tokenFile: String?
        /// How many rows one call may carry.
        public var maxRows: Int
        /// Where the tensors are in requests that follow no dialect: JSON paths by the tensor's name.
        public var requestPaths: [String: String]
        /// The same for answers.
        public var responsePaths: [String: String]

        /// Makes an entry.
        public init(
            location: Location,
            dialect: Dialect = .v2,
            schema: String? = nil,
            timeout: Duration = .seconds(10),
            maxConcurrency: Int = 4,
            model: String? = nil,
            tokenFile: String? = nil,
            maxRows: Int = 512,
            requestPaths: [String: String] = [:],
            responsePaths: [String: String] = [:]
        ) {
            self.location = location
            self.dialect = dialect
            self.schema = schema
            self.timeout = timeout
            self.maxConcurrency = maxConcurrency
            self.model = model
            self.tokenFile = tokenFile
            self.maxRows = maxRows
            self.requestPaths = requestPaths
            self.responsePaths = responsePaths
        }
    }

    /// A payload format that a server speaks.
    public enum Dialect: String, Sendable, Hashable, CaseIterable {
        /// The Open Inference Protocol, in JSON.
        case v2
        /// The same with binary tensors, for servers that take them.
        case v2Binary = "v2-binary"
        /// TensorFlow Serving's and KServe's first, by rows.
        case v1
        /// The same by columns, of which KServe knows nothing.
        case v1Columns = "v1-columns"
        /// Seldon's first protocol.
        case seldon
        /// MLflow's scoring server.
        case mlflow
    }

    /// The entries by the model's name.
    public var models: [String: Entry]

    /// Makes a map.
    public init(models: [String: Entry]) { self.models = models }

    /// Reads the text of a `models.toml`.
    ///
    /// - Throws: `.invalidDescription` naming the file, the model and the key.
    public init(parsing text: String, file: String = "models.toml") throws(PredictionError) {
        let root = try TableReader<PredictionError>(parsing: text, file: file)
        models = [:]
        for name in root.keys {
            guard let table = try root.optionalTable(name) else { continue }
            models[name] = try Entry(reading: table)
        }
        try root.finish()
    }

    /// The entry of a model.
    ///
    /// - Throws: `.notFound` that lists the models there are.
    public func entry(for name: String) throws(PredictionError) -> Entry {
        guard let entry = models[name] else {
            throw PredictionError(
                .notFound,
                "models.toml has no model \(name)",
                remedy: "Add it, or use one of: \(models.keys.sorted().joined(separator: ", "))"
            )
        }
        return entry
    }
}

extension ModelMap.Entry {
    fileprivate init(reading table: TableReader<PredictionError>) throws(PredictionError) {
        let path = try table.optionalText("path")
        let url = try table.optionalText("url")
        let location: Location
        switch (path, url) {
        case (let path?, nil): location = .path(path)
        case (nil, let url?):
            guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
                throw table.invalid("url", "is \(url)", remedy: "Give an http or https URL")
            }
            location = .url(url)
        default:
            throw table.invalid(
                "path and url",
                path == nil ? "are both missing" : "are both given",
                remedy: "Give the path of a model folder or the url of a server"
            )
        }
        let timeout = try table.optionalDuration("timeout") ?? .seconds(10)
        guard timeout > .zero else { throw table.wrong("timeout", "longer than zero") }
        self.init(
            location: location,
            dialect: try table.choice("dialect", default: .v2),
            schema: try table.optionalText("schema"),
            timeout: timeout,
            maxConcurrency: try table.integer("max_concurrency", in: 1...10_000, default: 4),
            model: try table.optionalText("model"),
            tokenFile: try table.optionalText("token_file"),
            maxRows: try table.integer("max_rows", in: 1...1_000_000, default: 512),
            requestPaths: try Self.paths("request", of: table),
            responsePaths: try Self.paths("response", of: table)
        )
    }

    private static func paths(
        _ key: String,
        of table: TableReader<PredictionError>
    ) throws(PredictionError) -> [String: String] {
        guard let section = try table.optionalTable(key) else { return [:] }
        var paths: [String: String] = [:]
        for name in section.keys { paths[name] = try section.text(name) }
        return paths
    }
}
