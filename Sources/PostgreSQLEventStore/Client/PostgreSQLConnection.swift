import EventStore

/// One connection, which blocks: used on one thread at a time, never on the cooperative pool.
final class PostgreSQLConnection {
    private let library: PostgreSQLLibrary
    private let handle: OpaquePointer?
    /// The server, as messages name it.
    private let name: String

    /// Connects, at most for five seconds.
    ///
    /// - Throws: `.unavailable`.
    init(_ address: PostgreSQLAddress) throws(EventStoreError) {
        let library = try PostgreSQLLibrary.shared.get()
        self.library = library
        name = address.text
        var settings = [
            ("dbname", address.text), ("connect_timeout", "5"), ("application_name", "vedette request-logger"),
            ("client_encoding", "UTF8"), ("keepalives_idle", "10"), ("tcp_user_timeout", "15000"),
        ]
        if let password = address.password { settings.append(("password", password)) }
        handle = Self.withTexts(settings.map(\.0)) { keys in
            Self.withTexts(settings.map(\.1)) { values in library.connect(keys, values, 1) }
        }
        guard library.status(handle) == PostgreSQLLibrary.connected else {
            throw EventStoreError(
                .unavailable,
                "\(name) cannot be reached: \(Self.line(library.errorMessage(handle)))",
                remedy:
                    "See that PostgreSQL is up, that its database exists, and that store.url and store.password.file are right"
            )
        }
    }

    deinit { library.finish(handle) }

    /// Whether it can still be used.
    var isOpen: Bool { library.status(handle) == PostgreSQLLibrary.connected }

    /// Runs statements without parameters, separated by semicolons.
    func execute(_ statements: String) throws(EventStoreError) {
        let result = library.executePlain(handle, statements)
        defer { library.clear(result) }
        try check(result)
    }

    /// Runs one statement.
    ///
    /// - Returns: Its rows.
    @discardableResult
    func query(_ statement: String, _ parameters: [PostgreSQLValue] = []) throws(EventStoreError) -> [PostgreSQLRow] {
        let wires = parameters.map(\.wire)
        var pool: [CChar] = []
        pool.reserveCapacity(wires.reduce(0) { $0 + ($1?.count ?? 0) + 1 })
        var offsets: [Int?] = []
        for wire in wires {
            offsets.append(wire == nil ? nil : pool.count)
            for byte in wire ?? [] { pool.append(CChar(bitPattern: byte)) }
            pool.append(0)  // texts end with it
        }
        let lengths = wires.map { Int32($0?.count ?? 0) }
        let formats = parameters.map { Int32($0.isBinary ? 1 : 0) }
        let result = pool.withUnsafeBufferPointer { pool in
            let values = offsets.map { offset in offset.flatMap { pool.baseAddress?.advanced(by: $0) } }
            return library.execute(handle, statement, Int32(parameters.count), nil, values, lengths, formats, 1)
        }
        do {
            try check(result)
        } catch {
            library.clear(result)
            throw error
        }
        return PostgreSQLRows(result, library).rows
    }

    /// Writes rows into a table by COPY in the binary format.
    func copy(into table: String, _ rows: PostgreSQLCopyRows) throws(EventStoreError) {
        let start = library.executePlain(handle, "COPY \(table) FROM STDIN (FORMAT binary)")
        defer { library.clear(start) }
        guard library.resultStatus(start) == PostgreSQLLibrary.copyingIn else { throw error(of: start) }
        let bytes = rows.finished
        var sent = 0
        var isSent = true
        while sent < bytes.count, isSent {
            let count = min(1 << 20, bytes.count - sent)
            isSent = bytes.withUnsafeBytes { bytes in
                let part = bytes.baseAddress?.advanced(by: sent).assumingMemoryBound(to: CChar.self)
                return library.putCopyData(handle, part, Int32(count)) == 1
            }
            sent += count
        }
        let isEnded = isSent && library.putCopyEnd(handle, nil) == 1
        // The connection gives results until there are none; the first tells what became of the rows.
        var failure: EventStoreError?
        while let result = library.nextResult(handle) {
            if library.resultStatus(result) != PostgreSQLLibrary.commandDone, failure == nil {
                failure = error(of: result)
            }
            library.clear(result)
            if !isEnded { break }
        }
        if let failure { throw failure }
        guard isEnded else { throw error(of: nil) }
    }

    private func check(_ result: OpaquePointer?) throws(EventStoreError) {
        let status = library.resultStatus(result)
        guard status == PostgreSQLLibrary.commandDone || status == PostgreSQLLibrary.rowsGiven else {
            throw error(of: result)
        }
    }

    /// What a failed result means for the record, by the class of its SQLSTATE.
    private func error(of result: OpaquePointer?) -> EventStoreError {
        let state = library.resultErrorField(result, PostgreSQLLibrary.sqlState).map { String(cString: $0) } ?? ""
        let detail = Self.line(result == nil ? library.errorMessage(handle) : library.resultError(result))
        switch String(state.prefix(2)) {
        case "53":
            return EventStoreError(
                .unwritable,
                "\(name) has no room: \(detail)",
                remedy: "Free space on its disk, or raise its limits; events wait in the journal meanwhile"
            )
        case "42", "25":
            return EventStoreError(
                .unwritable,
                "\(name) refuses: \(detail)",
                remedy: "Give the user CREATE on the database, and use a server that takes writes"
            )
        case "XX":
            return EventStoreError(.corrupt, "\(name) is damaged: \(detail)", remedy: "Restore it from a copy")
        case "23":
            return EventStoreError(.conflict, "\(name): \(detail)", remedy: "It is tried again; report it if it stays")
        default:
            return EventStoreError(
                .unavailable,
                "\(name) does not answer: \(detail)",
                remedy: "See that PostgreSQL is up; the connection is made again by itself"
            )
        }
    }

    /// A message of the library on one line.
    private static func line(_ text: UnsafePointer<CChar>?) -> String {
        let lines = text.map { String(cString: $0) }?.split(whereSeparator: \.isNewline) ?? []
        return lines.isEmpty ? "no answer" : lines.joined(separator: " ")
    }

    private static func withTexts<Value>(
        _ texts: [String],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Value
    ) -> Value {
        func step(_ index: Int, _ pointers: [UnsafePointer<CChar>?]) -> Value {
            guard index < texts.count else {
                return (pointers + [nil]).withUnsafeBufferPointer { buffer in
                    // An array that holds at least the nil has an address.
                    guard let address = buffer.baseAddress else { preconditionFailure("no pointers") }
                    return body(address)
                }
            }
            return texts[index].withCString { step(index + 1, pointers + [$0]) }
        }
        return step(0, [])
    }
}
