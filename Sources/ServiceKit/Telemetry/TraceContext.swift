/// Where a piece of work stands in a trace: the W3C `traceparent` header, and `tracestate` as it came.
///
/// Source: W3C Recommendation "Trace Context", 23 November 2021, section 3.2.
package struct TraceContext: Sendable, Hashable {
    /// 32 lower-case hexadecimal digits, not all 0.
    package var traceID: String
    /// 16 lower-case hexadecimal digits, not all 0: the work that asked for this.
    package var parentID: String
    /// Whether the caller records this trace.
    package var isSampled: Bool
    /// What other tracing systems passed along.
    package var state: String?

    /// Continues what a caller sent; nil when the header is missing or breaks a rule, for then a new trace begins.
    package init?(traceparent: String?, tracestate: String? = nil) {
        guard let traceparent else { return nil }
        let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].count == 2, Self.isHex(parts[0]), parts[0] != "ff",
            parts[0] != "00" || parts.count == 4,
            parts[1].count == 32, Self.isHex(parts[1]), parts[1].contains(where: { $0 != "0" }),
            parts[2].count == 16, Self.isHex(parts[2]), parts[2].contains(where: { $0 != "0" }),
            parts[3].count == 2, Self.isHex(parts[3]), let flags = UInt8(parts[3], radix: 16)
        else { return nil }
        traceID = String(parts[1])
        parentID = String(parts[2])
        isSampled = flags & 1 == 1
        state = tracestate.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Begins a trace.
    package init(using generator: inout some RandomNumberGenerator) {
        traceID = Self.hex(generator.next(upperBound: .max) + 1) + Self.hex(generator.next())
        parentID = Self.hex(generator.next(upperBound: .max) + 1)
        isSampled = true
        state = nil
    }

    /// The context of work that this work asks for: the same trace, a parent of its own.
    package func child(using generator: inout some RandomNumberGenerator) -> TraceContext {
        var child = self
        child.parentID = Self.hex(generator.next(upperBound: .max) + 1)
        return child
    }

    /// The value of the `traceparent` header.
    package var traceparent: String { "00-\(traceID)-\(parentID)-\(isSampled ? "01" : "00")" }

    private static func isHex(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
