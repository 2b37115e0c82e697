#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A message of NATS: a subject, header fields and bytes.
package struct NATSMessage: Sendable {
    /// Header fields in order; names keep their spelling.
    package typealias Headers = [(name: String, value: String)]

    package var subject: String
    /// Where an answer or an acknowledgement goes; nil where none is wanted.
    package var reply: String?
    package var headers: Headers
    package var data: [UInt8]

    package init(subject: String, reply: String? = nil, headers: Headers = [], data: [UInt8] = []) {
        self.subject = subject
        self.reply = reply
        self.headers = headers
        self.data = data
    }

    /// The first header of a name; names are compared as they are spelt.
    package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    /// What the server says in place of a message, such as 503 where nobody listens at a subject, or 408 when a pull is
    /// over; nil for a message of somebody's.
    package var status: Int? { data.isEmpty ? header("Status").flatMap { Int($0) } : nil }
}

extension NATSMessage {
    /// Copies a message of the library's, which stays the caller's.
    init(_ message: OpaquePointer?, _ library: NATSLibrary) {
        subject = library.subject(message).map { String(cString: $0) } ?? ""
        reply = library.replySubject(message).map { String(cString: $0) }
        let count = Int(library.dataLength(message))
        data = library.data(message).map { Array(UnsafeRawBufferPointer(start: $0, count: count)) } ?? []
        headers = []
        var names: UnsafeMutablePointer<UnsafePointer<CChar>?>?
        var count32: Int32 = 0
        guard library.headerNames(message, &names, &count32) == 0, let names else { return }
        defer { free(names) }  // the array is ours to free, the names are the message's
        for index in 0..<Int(count32) {
            var value: UnsafePointer<CChar>?
            guard let name = names[index], library.header(message, name, &value) == 0, let value else { continue }
            headers.append((String(cString: name), String(cString: value)))
        }
    }

    /// Makes a message of the library's and lends it.
    func withHandle<Result>(
        _ library: NATSLibrary,
        _ body: (OpaquePointer?) throws(NATSError) -> Result
    ) throws(NATSError) -> Result {
        var message: OpaquePointer?
        let status = data.withUnsafeBytes { bytes in
            library.makeMessage(
                &message,
                subject,
                reply,
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(clamping: bytes.count)
            )
        }
        try library.check(status, "message for \(subject)")
        defer { library.freeMessage(message) }
        for (name, value) in headers { try library.check(library.setHeader(message, name, value), "header \(name)") }
        return try body(message)
    }
}
