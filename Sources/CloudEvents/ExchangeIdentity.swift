import JSON

/// Which exchange an event belongs to: one call of one model, its request and its answer.
///
/// It is a pure function of what it is given, so that reading a journal again finds the same exchanges.
public struct ExchangeIdentity: Sendable, Hashable {
    /// The namespace, `default` where nothing names it.
    public var namespace: String
    /// The model's name, empty where nothing names it.
    public var model: String
    /// Which part of the model's deployment answered, `predictor` where nothing names it.
    public var component: String
    /// Which of the model's endpoints was called, `default` where nothing names it.
    public var endpoint: String
    /// What request and answer have in common; at most 128 bytes of visible ASCII.
    public var requestID: String
    /// The model's version, where something names it.
    public var version: String?
    /// The V2 body's own id, which joins halves only where nothing better is there.
    public var bodyID: String?
    /// The request id as it was sent, where it could not be used as it was.
    public var originalRequestID: String?

    /// What the body of a payload says about its exchange.
    public struct BodyHints: Sendable, Hashable {
        /// The V2 `id`.
        public var id: String?
        /// The V2 `model_name`.
        public var modelName: String?
        /// The V2 `model_version`.
        public var modelVersion: String?

        /// Makes hints.
        public init(id: String? = nil, modelName: String? = nil, modelVersion: String? = nil) {
            self.id = id
            self.modelName = modelName
            self.modelVersion = modelVersion
        }
    }

    /// Makes an identity from its parts.
    public init(
        namespace: String,
        model: String,
        component: String,
        endpoint: String,
        requestID: String,
        version: String? = nil,
        bodyID: String? = nil
    ) {
        self.namespace = namespace
        self.model = model
        self.component = component
        self.endpoint = endpoint
        self.requestID = requestID
        self.version = version
        self.bodyID = bodyID
    }

    /// Resolves the identity of a payload event of any dialect, or of an event of ours that carries the extensions.
    ///
    /// - **Request id**: the extension `requestid`; `X-Request-Id`, then `Seldon-Puid` among the request headers that
    ///   KServe puts into `metadata`; the event's id. The last is what pairs KServe's events, which share it; any
    ///   other event then stands for itself.
    /// - **Model**: the extension `model`; `<inferenceservicename>/<modelid>` for Seldon, whose graphs log each node;
    ///   `inferenceservicename`; `/v2/models/<name>` in the extension `path`; the body's `model_name`.
    /// - **Version**: the extension `modelversion`, the path, the body.
    /// - **Body id**: the extension `bodyid`, the body.
    public init(of event: CloudEvent, body: BodyHints = BodyHints()) {
        func text(_ name: String) -> String? {
            event[extension: name].flatMap { $0.isEmpty ? nil : $0 }
        }
        let path = ModelPath(text("path") ?? "")
        let service = text("inferenceservicename")
        if let model = text("model") {
            self.model = model
        } else if let service {
            let node = EventDialect(type: event.type) == .seldon ? text("modelid") : nil
            model = node.map { "\(service)/\($0)" } ?? service
        } else {
            model = path?.model ?? body.modelName ?? ""
        }
        namespace = text("namespace") ?? "default"
        component = text("component") ?? "predictor"
        endpoint = text("endpoint") ?? "default"
        version = text("modelversion") ?? path?.version ?? body.modelVersion.flatMap { $0.isEmpty ? nil : $0 }
        bodyID = text("bodyid") ?? body.id
        let headers = Self.headers(inMetadata: text("metadata"))
        let sent = text("requestid") ?? headers["x-request-id"] ?? headers["seldon-puid"] ?? event.id
        requestID = Self.usable(requestID: sent)
        if requestID != sent { originalRequestID = sent }
    }

    /// The id itself where it is 1 to 128 bytes of visible ASCII, else one derived from it.
    public static func usable(requestID: String) -> String {
        let isUsable =
            (1...128).contains(requestID.utf8.count) && requestID.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        return isUsable ? requestID : UniqueIdentifier.derived(from: requestID)
    }

    /// The id of one row of a batch.
    public static func rowID(requestID: String, row: Int) -> String { "\(requestID)#\(row)" }

    /// The unit that windows, order and ownership go by.
    public var partition: String { "\(namespace)/\(model)/\(endpoint)" }

    /// KServe's `metadata`: a JSON object of header names and lists of values.
    private static func headers(inMetadata text: String?) -> [String: String] {
        guard let text, let object = (try? JSONValue(parsing: text))?.object else { return [:] }
        var headers: [String: String] = [:]
        for (name, value) in object {
            headers[name.lowercased()] = value.string ?? value[0]?.string
        }
        return headers.filter { !$0.value.isEmpty }
    }
}

/// The model that a request path names.
public struct ModelPath: Sendable, Hashable {
    /// The model's name.
    public let model: String
    /// The version, where the path names one.
    public let version: String?

    /// Reads `/v2/models/<name>[/versions/<version>]/…` and TF-Serving's `/v1/models/<name>[/versions/<version>]:predict`.
    public init?(_ path: String) {
        let parts = path.prefix { $0 != "?" }.split(separator: "/")
        guard parts.count >= 3, parts[0] == "v1" || parts[0] == "v2", parts[1] == "models" else { return nil }
        let verb = { (part: Substring) in
            let text = String(part.prefix { $0 != ":" })
            return (try? HeaderText.decode(text, as: "path")) ?? text  // a broken escape is part of the name
        }
        model = verb(parts[2])
        version = parts.count >= 5 && parts[3] == "versions" ? verb(parts[4]) : nil
        guard !model.isEmpty else { return nil }
    }
}
