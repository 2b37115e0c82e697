package import CloudEvents

/// The trace that an event is part of, as its `traceparent` says.
///
/// Source: W3C Recommendation "Trace Context", 23 November 2021, section 3.2.
package struct TraceID: Sendable, Hashable {
    /// 32 lower-case hexadecimal digits, not all 0.
    package let text: String
    /// Its last eight bytes, the part that is drawn at random: what a store looks it up by.
    package let key: Int64

    /// - Parameter text: 32 hexadecimal digits; nil for anything else.
    package init?(_ text: String) {
        let text = text.lowercased()
        let digits = text.utf8
        guard digits.count == 32, digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }),
            digits.contains(where: { $0 != 0x30 }), let key = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.text = text
        self.key = Int64(bitPattern: key)
    }

    /// The trace of an event; nil where it names none.
    package init?(of event: CloudEvent) {
        let parts = event[extension: "traceparent"]?.split(separator: "-", maxSplits: 2) ?? []
        guard parts.count == 3 else { return nil }
        self.init(String(parts[1]))
    }
}

extension Exchange {
    /// Whether one of its halves is part of a trace.
    package func isPart(of trace: TraceID) -> Bool {
        [request, response].contains { $0.flatMap { TraceID(of: $0.event) } == trace }
    }
}
