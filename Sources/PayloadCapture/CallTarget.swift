import CloudEvents
import HTTPMessages

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
        model = (exchange.model ?? policy.model ?? names?.model).map(HeaderFieldText.visible)
        version = exchange.version ?? policy.version ?? names?.version
        let end = exchange.target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? exchange.target.endIndex
        path = String(exchange.target[..<end])
        source = policy.source ?? Self.source(policy.namespace, model ?? "tap")
        dialect = PayloadDialect(path: path)
    }

    /// A name that no URI can have as it is, `a b`, is escaped: whoever asks for such a model must not escape the record.
    private static func source(_ namespace: String, _ model: String) -> String {
        let plain = "/vedette/\(namespace)/\(model)"
        guard URIReference(plain) == nil else { return plain }
        return "/vedette/\(URIReference.escaped(namespace))/\(URIReference.escaped(model))"
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

extension CapturedExchange {
    /// The same, with the model and the version that the answer names where neither whoever served it, settings nor the
    /// path do: both events then belong to them, also the request's, whose body names none.
    ///
    /// - Complexity: O(1): what V2 servers say of themselves stands at the beginning of their answer, and no more is
    ///   looked at.
    func withNamesOfAnswer(_ policy: CapturePolicy) -> CapturedExchange {
        guard (200..<300).contains(status), outcome == .answered else { return self }
        let path = ModelPath(target)
        let lacksModel = model == nil && policy.model == nil && path == nil
        let lacksVersion = version == nil && policy.version == nil && path?.version == nil
        guard lacksModel || (lacksVersion && PayloadDialect(path: target) == .openInference) else { return self }
        let names: (model: String?, version: String?)
        if GRPCOutline.applies(to: target) {
            let outline = GRPCOutline(responseBody.start(Self.namesWithin))
            names = (outline.model, outline.version)
        } else if responseFields.value(.contentEncoding) == nil {
            let hints = ExchangeIdentity.BodyHints(scanning: responseBody.start(Self.namesWithin))
            names = (hints.modelName, hints.modelVersion)
        } else {
            return self
        }
        func usable(_ name: String?) -> String? {
            name.flatMap { (1...128).contains($0.utf8.count) ? $0 : nil }
        }
        var exchange = self
        if lacksModel { exchange.model = usable(names.model) }
        if lacksVersion { exchange.version = usable(names.version) }
        return exchange
    }

    /// How many bytes of an answer are looked at.
    private static let namesWithin = 1024
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
