import JSON

/// Streams and consumers of NATS that keep what passes them, by the messages of JetStream's own API.
///
/// Source: https://docs.nats.io/reference/reference-protocols/nats_api_reference and `$JS.API` of nats-server 2.9.
package struct JetStream: Sendable {
    package let connection: NATSConnection
    /// How long an answer of the server may take.
    package let timeout: Duration

    package init(_ connection: NATSConnection, timeout: Duration = .seconds(5)) {
        self.connection = connection
        self.timeout = timeout
    }

    /// Makes a stream where there is none of this name; one that is there stays as it is.
    ///
    /// It is kept in files, for at most 7 days.
    ///
    /// - Parameter subjects: What it takes in, `vedette.>` for example.
    package func ensureStream(_ name: String, subjects: [String]) async throws {
        let config: JSONValue = [
            "name": .string(name), "subjects": .array(subjects.map { .string($0) }), "storage": "file",
            "retention": "limits", "max_age": .integer(7 * 24 * 3600 * 1_000_000_000),
        ]
        if try await call("STREAM.INFO.\(name)", nil, accepting: 404) != nil { return }
        // Another process may have made it meanwhile, which a server answers with 400.
        guard try await call("STREAM.CREATE.\(name)", config, accepting: 400) == nil else { return }
        _ = try await call("STREAM.INFO.\(name)", nil)
    }

    /// Makes a durable consumer, which processes of one name share, where there is none.
    ///
    /// - Parameters:
    ///   - stream: The stream it reads, from its beginning.
    ///   - filter: Only messages of these subjects; all when nil.
    ///   - acknowledgeWithin: After this long without an acknowledgement a message is delivered again.
    package func ensureConsumer(
        _ name: String,
        stream: String,
        filter: String?,
        acknowledgeWithin: Duration = .seconds(30)
    ) async throws {
        if try await call("CONSUMER.INFO.\(stream).\(name)", nil, accepting: 404) != nil { return }
        var config: [(String, JSONValue)] = [
            ("durable_name", .string(name)), ("ack_policy", "explicit"), ("deliver_policy", "all"),
            ("ack_wait", .integer(acknowledgeWithin.components.seconds * 1_000_000_000)),
            ("max_ack_pending", .integer(Int64(Self.pendingLimit))),
        ]
        if let filter { config.append(("filter_subject", .string(filter))) }
        let request: JSONValue = ["stream_name": .string(stream), "config": .object(JSONObject(config))]
        _ = try await call("CONSUMER.DURABLE.CREATE.\(stream).\(name)", request)
    }

    /// Sends messages in order and waits until streams have kept them all.
    ///
    /// What a stream has had within its `duplicate_window` by the same `Nats-Msg-Id` it does not keep again.
    ///
    /// - Throws: ``NATSError``: `noStream` where no stream takes a subject, `refused` with its status where one may not.
    package func publish(_ messages: [NATSMessage]) async throws {
        let answers = try await connection.request(messages, timeout: timeout)
        for (message, answer) in zip(messages, answers) {
            _ = try Self.object(of: answer, "publishing to \(message.subject)")
        }
    }

    /// How many messages a consumer holds without acknowledgement at most.
    package static let pendingLimit = 1024

    /// Asks for messages; they come to `inbox`, and then a status: 404 or 408 when there were fewer.
    package func pull(_ count: Int, consumer: String, stream: String, waiting: Duration, inbox: String) throws {
        let request: JSONValue = [
            "batch": .integer(Int64(count)), "expires": .integer(waiting.components.seconds * 1_000_000_000),
        ]
        try connection.publish(
            NATSMessage(
                subject: "$JS.API.CONSUMER.MSG.NEXT.\(stream).\(consumer)",
                reply: inbox,
                data: request.serialized()
            )
        )
    }

    /// What a consumer makes of a message.
    package enum Settlement: String, Sendable {
        /// It is kept here; never send it again.
        case kept = "+ACK"
        /// Not now; send it again in a second.
        case later = "-NAK {\"delay\": 1000000000}"
        /// It will never be taken.
        case never = "+TERM"
    }

    /// Tells the server what became of a message; if that is lost, the message comes again.
    package func settle(_ message: NATSMessage, _ settlement: Settlement) throws {
        guard let reply = message.reply else { return }
        try connection.publish(NATSMessage(subject: reply, data: Array(settlement.rawValue.utf8)))
    }

    /// Calls the API.
    ///
    /// - Returns: The answer; nil where it is an error with the status that the caller takes for an answer.
    private func call(_ verb: String, _ body: JSONValue?, accepting status: Int? = nil) async throws -> JSONObject? {
        let request = NATSMessage(subject: "$JS.API.\(verb)", data: body?.serialized() ?? [])
        let answer = try await connection.request([request], timeout: timeout)[0]
        do {
            return try Self.object(of: answer, verb)
        } catch let error as NATSError where status != nil && error.status == status {
            return nil
        }
    }

    /// The object of an answer; throws the error that it tells of.
    private static func object(of answer: NATSMessage, _ what: String) throws -> JSONObject {
        guard case .object(let object) = try JSONValue(parsing: answer.data) else {
            throw NATSError(.refused, "\(what): the answer is no JSON object", remedy: "See that JetStream is on (-js)")
        }
        guard case .object(let error)? = object["error"] else { return object }
        let status = error["code"].flatMap { if case .integer(let code) = $0 { Int(code) } else { nil } } ?? 500
        let text = error["description"].flatMap { if case .string(let text) = $0 { text } else { nil } } ?? ""
        throw NATSError(
            .refused,
            "\(what): \(text) (\(status))",
            remedy: "See the stream's limits and subjects with `nats stream info`",
            status: status
        )
    }
}
