import Synchronization

/// A connection to a NATS server that comes back by itself.
///
/// The library reads and writes on threads of its own. Requests wait by suspending; nothing here blocks but
/// ``init(url:name:token:)`` and ``close()``, which belong on a thread that may block.
package final class NATSConnection: Sendable {
    /// What the connection is doing.
    private enum Phase: Int32 {
        case connected = 2
    }

    /// Requests that were sent together and wait for their answers.
    private final class Round: Sendable {
        private struct State {
            var answers: [NATSMessage?]
            var missing: Int
            var continuation: CheckedContinuation<[NATSMessage], any Error>?
        }

        private let state: Mutex<State>

        init(_ count: Int, _ continuation: CheckedContinuation<[NATSMessage], any Error>) {
            state = Mutex(
                State(answers: Array(repeating: nil, count: count), missing: count, continuation: continuation)
            )
        }

        func take(_ answer: NATSMessage, at index: Int) {
            state.withLock { state in
                guard state.answers[index] == nil else { return }
                state.answers[index] = answer
                state.missing -= 1
                guard state.missing == 0 else { return }
                state.continuation?.resume(returning: state.answers.compactMap { $0 })
                state.continuation = nil
            }
        }

        func fail(_ error: any Error) {
            state.withLock { state in
                state.continuation?.resume(throwing: error)
                state.continuation = nil
            }
        }
    }

    /// The rounds that wait, by the last part of the subjects that their answers come to.
    private final class Desk: Sendable {
        let waiting = Mutex<[UInt64: (round: Round, index: Int)]>([:])

        func remove(_ tickets: Range<UInt64>) {
            waiting.withLock { waiting in
                for ticket in tickets { waiting[ticket] = nil }
            }
        }
    }

    /// A pointer of the library's.
    ///
    /// `@unchecked Sendable`: a pointer is not. This one never changes, and the library locks what it points to.
    private struct Pointer: @unchecked Sendable {
        let handle: OpaquePointer?
    }

    private let library: NATSLibrary
    private let connection: Pointer
    private let inbox: String
    private let inboxSubscription: Pointer
    private let desk: Desk
    private let tickets = Atomic<UInt64>(0)

    /// Connects, and waits for it.
    ///
    /// - Parameters:
    ///   - url: `nats://host:port` or `tls://host:port`, without a path.
    ///   - name: What the server's monitoring calls us.
    ///   - token: For servers that ask for one.
    ///   - tls: Asked for by `tls://`, which without it trusts those whom the system trusts.
    /// - Throws: ``NATSError`` when the library is not there, or the server is not, or does not let us in, or is not the one
    ///   that its certificate names.
    package init(url: String, name: String, token: String? = nil, tls: NATSTLS? = nil) throws(NATSError) {
        let library = try NATSLibrary.shared.get()
        self.library = library
        var options: OpaquePointer?
        try library.check(library.makeOptions(&options), "options")
        defer { library.freeOptions(options) }
        try library.check(library.setURL(options, url), "address \(url)")
        try library.check(library.setName(options, name), "name \(name)")
        if let token { try library.check(library.setToken(options, token), "token") }
        if url.hasPrefix("tls://") { try Self.secure(options, tls ?? NATSTLS(), host: Self.host(of: url), library) }
        // For ever, since whoever sends keeps what it could not send.
        try library.check(library.setLongestReconnect(options, -1), "reconnecting")
        try library.check(library.setReconnectWait(options, 250), "reconnecting")
        try library.check(library.setTimeout(options, 2000), "timeout")
        var connection: OpaquePointer?
        try library.check(library.connect(&connection, options), "connecting to \(url)")
        self.connection = Pointer(handle: connection)

        var generator = SystemRandomNumberGenerator()  // a name that no other connection has; nothing is computed of it
        inbox = "_INBOX.vedette\(generator.next())"
        desk = Desk()
        // A callback may be under way on the library's thread when the connection is freed, so the desk stays with the
        // process: a few words for each connection, of which a process has one or two.
        let context = Unmanaged.passRetained(desk).toOpaque()
        var subscription: OpaquePointer?
        let status = library.subscribe(&subscription, connection, "\(inbox).*", Self.answered, context)
        inboxSubscription = Pointer(handle: subscription)
        try library.check(status, "inbox")
    }

    /// Encrypts, and checks whom it talks to: a certificate that others vouch for, of this host.
    private static func secure(
        _ options: OpaquePointer?,
        _ tls: NATSTLS,
        host: String,
        _ library: NATSLibrary
    ) throws(NATSError) {
        try library.check(library.setSecure(options, true), "TLS")
        // The library checks a chain against the system's authorities, or these, and a name only when it is told one.
        try library.check(library.setExpectedHost(options, host), "host \(host)")
        if let file = tls.authoritiesFile {
            try library.check(library.loadAuthorities(options, file), "authorities in \(file)")
        }
        if let (file, keyFile) = tls.certificate {
            try library.check(library.loadCertificate(options, file, keyFile), "certificate in \(file), \(keyFile)")
        }
    }

    /// The host of `scheme://host:port`, an IPv6 address without its brackets.
    private static func host(of url: String) -> String {
        let address = url.drop { $0 != "/" }.dropFirst(2)
        if address.first == "[" { return String(address.dropFirst().prefix { $0 != "]" }) }
        return String(address.prefix { $0 != ":" })
    }

    /// Ends the connection and all requests that wait.
    package func close() {
        library.closeConnection(connection.handle)
        let waiting = desk.waiting.withLock { waiting in
            defer { waiting = [:] }
            return waiting.values
        }
        for (round, _) in waiting { round.fail(Self.away) }
    }

    deinit {
        library.freeSubscription(inboxSubscription.handle)
        library.freeConnection(connection.handle)
    }

    /// Says whether this machine has the library, before anything is asked of it.
    package static func requireLibrary() throws(NATSError) { _ = try NATSLibrary.shared.get() }

    /// Whether the server is there now.
    package var isConnected: Bool { library.connectionStatus(connection.handle) == Phase.connected.rawValue }

    /// The bytes of a message that the server takes, headers included.
    package var largestMessage: Int { Int(library.largestPayload(connection.handle)) }

    /// Sends a message without waiting for anything.
    package func publish(_ message: NATSMessage) throws(NATSError) {
        guard isConnected else { throw Self.away }
        guard message.data.count < largestMessage else {
            throw NATSError(
                .tooLarge,
                "a message of \(message.data.count) bytes for a server that takes \(largestMessage)",
                remedy: "Raise `max_payload` of the NATS server, or lower `capture.body.bytes`",
                status: 413
            )
        }
        let (library, connection) = (library, connection)
        try message.withHandle(library) { handle throws(NATSError) in
            try library.check(library.publish(connection.handle, handle), "publishing to \(message.subject)")
        }
    }

    /// Sends messages in order and waits for the answer to each.
    ///
    /// - Returns: The answers, in the order of the messages.
    /// - Throws: ``NATSError`` with code `noStream` where nobody listens at a subject, `timeout` when an answer does not
    ///   come; the other messages may have been taken then.
    package func request(_ messages: [NATSMessage], timeout: Duration) async throws -> [NATSMessage] {
        guard !messages.isEmpty else { return [] }
        let count = UInt64(messages.count)
        let first = tickets.wrappingAdd(count, ordering: .relaxed).newValue - count
        let range = first..<(first + count)
        defer { desk.remove(range) }
        let answers = try await withCheckedThrowingContinuation { continuation in
            let round = Round(messages.count, continuation)
            // What it ends is a continuation and no task, so the tree cannot hold it; it ends by itself.
            Task {
                try await Task.sleep(for: timeout)
                round.fail(
                    NATSError(
                        .timeout,
                        "no answer from \(messages[0].subject) within \(timeout)",
                        remedy: "See whether the NATS server is up and its JetStream has a leader"
                    )
                )
            }
            desk.waiting.withLock { waiting in
                for index in messages.indices { waiting[first + UInt64(index)] = (round, index) }
            }
            do throws(NATSError) {
                for (index, message) in messages.enumerated() {
                    var message = message
                    message.reply = "\(inbox).\(first + UInt64(index))"
                    try publish(message)
                }
            } catch {
                round.fail(error)
            }
        }
        for (message, answer) in zip(messages, answers) where answer.status == 503 {
            throw NATSError(
                .noStream,
                "nobody listens at \(message.subject)",
                remedy: "Start the NATS server with JetStream (-js), and make a stream for this subject"
            )
        }
        return answers
    }

    /// Calls back for each message at a subject, in order, on a thread of the library's, until the subscription is let
    /// go.
    package func subscribe(
        to subject: String,
        handler: @escaping @Sendable (NATSMessage) -> Void
    ) throws(NATSError) -> NATSSubscription {
        try NATSSubscription(library, connection.handle, subject, handler)
    }

    /// A subject that no other connection has, for answers.
    package func makeInbox() -> String { "\(inbox)_\(tickets.wrappingAdd(1, ordering: .relaxed).newValue)" }

    private static let away = NATSError(
        .connection,
        "the connection to the NATS server is away",
        remedy: "It is tried again by itself; see that the server is up"
    )

    private static let answered: NATSLibrary.MessageHandler = { _, _, message, context in
        guard case .success(let library) = NATSLibrary.shared, let context else { return }
        defer { library.freeMessage(message) }
        let answer = NATSMessage(message, library)
        guard let dot = answer.subject.lastIndex(of: "."),
            let ticket = UInt64(answer.subject[answer.subject.index(after: dot)...])
        else { return }
        let desk = Unmanaged<Desk>.fromOpaque(context).takeUnretainedValue()
        if let (round, index) = desk.waiting.withLock({ $0.removeValue(forKey: ticket) }) {
            round.take(answer, at: index)
        }
    }
}
