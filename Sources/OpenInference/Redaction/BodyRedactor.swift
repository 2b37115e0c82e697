import CloudEvents
import JSON
import Tensors

/// Why a body could not be redacted, so that nothing of it may go out.
package enum RedactionRefusal: String, Error, Sendable, CaseIterable {
    /// It is not written in a form that is read here, or breaks the rules of its own.
    case unreadable
    /// It does not say which of its values are the ones that a rule names.
    case unlocatable
    /// It inflates to more than is taken into memory.
    case tooLarge = "too_large"
    /// A rule takes all of it.
    case ruled
}

/// A body after redaction.
package struct RedactedBody: Sendable {
    /// What may be told; nil where nothing may.
    package var bytes: [UInt8]?
    /// Why nothing may.
    package var refusal: RedactionRefusal?
    /// How many bytes of a V2 body are JSON, where binary tensors follow.
    package var jsonLength: Int?
    /// Whether the bytes came compressed, which they are no more.
    package var isInflated = false
    /// For each rule, how many values it took.
    package var counts: [Int]
}

/// Takes from a body what rules name, in every dialect that ``PayloadDecoder`` reads, and leaves the rest as it came.
///
/// JSON is changed in place: what no rule names keeps its bytes. Binary tensors keep their places, with the sizes in the
/// JSON before them put right where elements of BYTES change their length. gRPC messages and CSV are written anew.
///
/// It is closed where it fails. A body that cannot be read as far as the rules need is refused, and so is one that does
/// not say where a value is: a column by name among columns without names, a tensor by name where the body has one
/// without. Rules with JSON paths refuse every body that is no JSON.
///
/// Several members of a name are all redacted, and all known places are looked at whatever dialect the path promises, so
/// that no reader finds by another way what was taken here.
package struct BodyRedactor: Sendable {
    package let rules: [RedactionRule]
    private let keyedHash: KeyedHash
    private let inflatedBytes: Int

    /// - Parameter inflatedBytes: The most that a compressed body may become.
    package init(rules: [RedactionRule], inflatedBytes: Int = 32 << 20, keyedHash: @escaping KeyedHash) {
        self.rules = rules
        self.inflatedBytes = inflatedBytes
        self.keyedHash = keyedHash
    }

    /// The body without what the rules take.
    ///
    /// - Complexity: Two passes over JSON at most, one of them only for rules with paths; a hash for each value that is
    ///   hashed.
    package func redact(_ body: [UInt8], _ hints: PayloadHints) -> RedactedBody {
        var result = RedactedBody(counts: [Int](repeating: 0, count: rules.count))
        guard !rules.isEmpty, !body.isEmpty else {
            result.bytes = body
            result.jsonLength = hints.jsonLength
            return result
        }
        do {
            result.isInflated = Compression.isCompressed(body)
            let plain = try inflated(body)
            result.bytes = try redacted(plain, hints, &result)
        } catch {
            result = RedactedBody(refusal: error as? RedactionRefusal ?? .unreadable, counts: result.counts)
        }
        return result
    }

    private func inflated(_ body: [UInt8]) throws -> [UInt8] {
        do throws(OpenInferenceError) {
            return try Compression.inflatedIfCompressed(body, limit: inflatedBytes)
        } catch {
            throw error.code == .tooLarge ? RedactionRefusal.tooLarge : .unreadable
        }
    }

    private func redacted(_ body: [UInt8], _ hints: PayloadHints, _ result: inout RedactedBody) throws -> [UInt8] {
        switch BodyForm(body, hints) {
        case .json:
            guard hints.jsonLength != 0 else { throw RedactionRefusal.unreadable }
            return try redactedJSON(body, jsonLength: hints.jsonLength, &result)
        case .serverSentEvents: return try redactedStream(body, &result)
        case .gRPC:
            let role = hints.role ?? .request
            let isWrapped = InferCall.isWrapped(role, at: hints.path)
            var redacted: [UInt8] = []
            for message in try GRPCFrames.messages(in: body, limits) {
                // A wrapped answer that failed is a text, which may quote what was sent.
                guard let inner = isWrapped ? try InferCall.unwrapped(message) : message else { continue }
                let answer = try redactedMessage(inner, role, &result)
                redacted += GRPCFrames.frame(isWrapped ? InferCall.wrapped(answer) : answer)
            }
            return redacted
        case .protobuf: return try redactedMessage(body, hints.role ?? .request, &result)
        case .csv: return try redactedTable(body, &result)
        case .image:
            var pass = try tensorPass()
            guard pass.plan(for: "image").whole == nil else { throw RedactionRefusal.ruled }
            return body
        case .seldonMessage, nil: throw RedactionRefusal.unreadable
        }
    }

    private var limits: PayloadLimits {
        var limits = PayloadLimits.standard
        limits.inflatedBytes = inflatedBytes
        return limits
    }

    /// For bodies that have tensors and no JSON, in which a path leads nowhere.
    private func tensorPass() throws -> TensorPass {
        guard rules.allSatisfy({ $0.path == nil }) else { throw RedactionRefusal.unreadable }
        return TensorPass(rules: rules, keyedHash: keyedHash)
    }

    // MARK: JSON

    private func redactedJSON(_ body: [UInt8], jsonLength: Int?, _ result: inout RedactedBody) throws -> [UInt8] {
        let end = try jsonLength ?? Self.endOfJSON(body)
        guard end > 0, end <= body.count else { throw RedactionRefusal.unreadable }
        var json = Array(body[..<end])
        var tail = Array(body[end...])
        let paths = rules.enumerated().compactMap { rule, value in value.path.map { (rule: rule, path: $0) } }
        if !paths.isEmpty {
            json = try json.withRawBytes { bytes in
                var pass = PathPass(bytes, rules: rules, paths: paths, keyedHash: keyedHash)
                let redacted = try pass.redacted()
                Self.add(pass.counts, to: &result)
                return redacted
            }
        }
        if rules.contains(where: { $0.path == nil }) {
            json = try json.withRawBytes { bytes in
                var pass = TensorPass(rules: rules, keyedHash: keyedHash)
                let redacted = try pass.redacted(bytes, tail: &tail)
                Self.add(pass.counts, to: &result)
                return redacted
            }
        }
        if jsonLength != nil || !tail.isEmpty { result.jsonLength = json.count }
        return json + tail
    }

    private static func add(_ counts: [Int], to result: inout RedactedBody) {
        for (rule, count) in counts.enumerated() { result.counts[rule] += count }
    }

    /// Where the JSON value ends; white space behind it belongs to it.
    private static func endOfJSON(_ body: [UInt8]) throws -> Int {
        try body.withRawBytes { bytes in
            var reader = JSONReader(bytes)
            try reader.skipValue()
            let rest = bytes[reader.position...]
            let isBlank = rest.allSatisfy { [0x20, 0x0A, 0x0D, 0x09].contains($0) }
            return isBlank ? bytes.count : reader.position
        }
    }

    /// A stream of server-sent events, each with JSON, written anew as data alone.
    private func redactedStream(_ body: [UInt8], _ result: inout RedactedBody) throws -> [UInt8] {
        var stream: [UInt8] = []
        for event in ServerSentEvents(body).data {
            var one = RedactedBody(counts: result.counts)
            let data = try redactedJSON(event, jsonLength: nil, &one)
            result.counts = one.counts
            // A line end within JSON is white space, and a field of the stream ends with it.
            stream += "data: ".utf8 + data.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 } + "\n\n".utf8
        }
        if body.ends(with: "[DONE]") { stream += "data: [DONE]\n\n".utf8 }
        return stream
    }

    // MARK: Others

    private func redactedMessage(
        _ message: [UInt8],
        _ role: Payload.Role,
        _ result: inout RedactedBody
    ) throws -> [UInt8] {
        var pass = try tensorPass()
        let redacted = try message.withRawBytes { bytes in
            try InferMessageRedaction(role: role, limits: limits).redacted(bytes, &pass)
        }
        Self.add(pass.counts, to: &result)
        return redacted
    }

    private func redactedTable(_ body: [UInt8], _ result: inout RedactedBody) throws -> [UInt8] {
        var pass = try tensorPass()
        let table = try TensorTable(columns: CSV.read(bytes: body, name: "the table").columns)
        let redacted = try pass.redacted(table)
        Self.add(pass.counts, to: &result)
        return CSV.bytes(of: redacted)
    }
}

extension [UInt8] {
    /// Whether the last thing but white space is a text.
    fileprivate func ends(with text: String) -> Bool {
        let end = (lastIndex { ![0x20, 0x0A, 0x0D, 0x09].contains($0) }).map { $0 + 1 } ?? 0
        return self[..<end].suffix(text.utf8.count).elementsEqual(text.utf8)
    }
}
