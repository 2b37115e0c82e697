import CloudEvents

/// Whom a call is for: what all calls to one path have in common in their events.
struct CallTarget {
    let model: String?
    let version: String?
    /// The request's target without its query.
    let path: String
    /// The source of the events.
    let source: String
    let dialect: PayloadDialect

    init(_ exchange: CapturedExchange, policy: CapturePolicy) {
        let names = ModelPath(exchange.target)
        model = exchange.model ?? policy.model ?? names?.model
        version = exchange.version ?? policy.version ?? names?.version
        let end = exchange.target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? exchange.target.endIndex
        path = String(exchange.target[..<end])
        source = policy.source ?? "/vedette/\(policy.namespace)/\(model ?? "tap")"
        dialect = PayloadDialect(path: path)
    }
}

extension CapturedExchange {
    /// The same, with the model that the call's first message names where neither whoever served it, settings nor the path do.
    ///
    /// Messages of gRPC name it, and their path does not.
    func withModelOfMessage(_ policy: CapturePolicy) -> CapturedExchange {
        guard model == nil, policy.model == nil, GRPCOutline.applies(to: target) else { return self }
        // The name and the version are the first fields.
        let outline = GRPCOutline(requestBody.start(1024))
        var exchange = self
        exchange.model = outline.model
        exchange.version = version ?? policy.version ?? outline.version
        return exchange
    }
}

/// A memory of things that are costly to make and the same for many calls: bounded, forgotten as a whole when it is full,
/// because the keys come from requests.
struct BoundedMemory<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let limit: Int
    private var values: [Key: Value] = [:]

    init(limit: Int) {
        self.limit = limit
    }

    /// The value under `key`, made when it is not there.
    mutating func value<Failure: Error>(_ key: Key, make: () throws(Failure) -> Value) throws(Failure) -> Value {
        if let value = values[key] { return value }
        let value = try make()
        if values.count >= limit { values = [:] }
        values[key] = value
        return value
    }
}
