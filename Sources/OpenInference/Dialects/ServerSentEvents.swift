import JSON

/// The data of a stream of server-sent events, as models send what they generate piece by piece.
///
/// Source: WHATWG HTML, "Server-sent events", parsing an event stream.
struct ServerSentEvents {
    /// The data of each event, its lines joined; `[DONE]`, with which OpenAI's streams end, is left out.
    let data: [[UInt8]]

    /// Whether a body begins as a stream does: with a field of an event or with a comment.
    static func isStream(_ body: [UInt8]) -> Bool {
        ["data:", "event:", "id:", "retry:", ":"].contains { body.starts(with: $0.utf8) }
    }

    init(_ body: [UInt8]) {
        var events: [[UInt8]] = []
        var lines: [ArraySlice<UInt8>] = []
        func close() {
            if !lines.isEmpty { events.append(Array(lines.joined(separator: [UInt8(ascii: "\n")]))) }
            lines = []
        }
        for var line in body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            if line.isEmpty {
                close()
            } else if line.starts(with: "data:".utf8) {
                let value = line.dropFirst(5)
                lines.append(value.first == UInt8(ascii: " ") ? value.dropFirst() : value)
            }
        }
        close()
        data = events.filter { $0 != Array("[DONE]".utf8) }
    }
}
