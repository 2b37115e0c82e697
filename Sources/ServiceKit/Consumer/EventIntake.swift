package import CloudEvents
import HTTPTypes
package import Journal
import NIOCore

/// The door of every consumer: reads the events of a request, checks them, appends them to the journal, and only then
/// acknowledges.
///
/// All three modes of CloudEvents over HTTP are read. Repetitions are dropped when the journal is read, not here, where
/// an append that failed would leave behind a key that makes the sender's retry look like a repetition.
package struct EventIntake: Sendable {
    /// Looks at an event before it is kept: returns it, or less of it, or nil when nothing of the service asks for it.
    package typealias Preparation = @Sendable (CloudEvent) throws -> CloudEvent?

    private let journal: Journal
    private let desk: ReplyDesk
    private let reply: ReplyMode
    private let replyTimeout: TimeAmount
    private let prepare: Preparation
    private let metrics: EventMetrics
    private let routing: PeerRouting?
    private let references: DataReferences

    /// - Parameters:
    ///   - reply: Not `auto`; whoever wires the service knows whether there is a sink.
    ///   - references: What fetches the data of events that only refer to them.
    ///   - routing: Where events belong, for one of several replicas; nil keeps all here.
    package init(
        journal: Journal,
        desk: ReplyDesk,
        reply: ReplyMode,
        replyTimeout: Duration,
        metrics: EventMetrics,
        references: DataReferences,
        routing: PeerRouting? = nil,
        prepare: @escaping Preparation = { $0 }
    ) {
        self.journal = journal
        self.desk = desk
        self.reply = reply
        self.replyTimeout = TimeAmount(replyTimeout)
        self.metrics = metrics
        self.references = references
        self.routing = routing
        self.prepare = prepare
    }

    /// Why an event was not taken.
    package enum Failure: Error, Sendable {
        /// It breaks a rule, now and later.
        case refused
        /// The journal has no room for it now.
        case noRoom
        /// The replica that owns its partition does not take it now.
        case ownerGone
    }

    /// The event with its data, where it came with a reference in their place and is kept here; for ``take(_:then:)``.
    package func completed(_ event: CloudEvent) async -> CloudEvent {
        guard DataReferences.stand(inPlaceOfDataOf: event) else { return event }
        switch routing?.place(of: event) ?? .here {
        case .here: return (try? prepare(event)) == nil ? event : await references.completed(event)
        case .adopted(let other): return await other.completed(event)
        case .there: return event  // its owner fetches them
        }
    }

    /// Takes an event that came by another way than HTTP, as it is: see ``completed(_:)``.
    ///
    /// - Parameter then: Called when the journal holds it as durably as promised, or nothing asks for it, or it is not
    ///   taken; events are kept in the order of the calls.
    package func take(_ event: CloudEvent, then: @escaping @Sendable (Result<Void, Failure>) -> Void) {
        switch routing?.place(of: event) ?? .here {
        case .here: keep(event, then: then)
        case .adopted(let other): other.keep(event, then: then)
        case .there(let line): line.forward(event, then: then)
        }
    }

    private func keep(_ event: CloudEvent, then: @escaping @Sendable (Result<Void, Failure>) -> Void) {
        do {
            guard let prepared = try prepare(event) else {
                metrics.count(.dropped, type: event.type)
                return then(.success(()))
            }
            append(prepared, ticket: 0) { result in then(result.mapError { _ in .noRoom }) }
        } catch {
            metrics.count(.refused, type: event.type)
            then(.failure(.refused))
        }
    }

    /// Counts what came by another way than HTTP and is no event.
    package func refuse() { metrics.count(.refused, type: nil) }

    /// `POST path`: 202 when every event is kept, 200 with the verdict where a reply is due, 400 with the rule that an
    /// event breaks, 503 with Retry-After when the journal is full, 507 when the disk is.
    ///
    /// Of a batch all events are kept or the sender is told to send it again, for which repetitions are dropped.
    package func route(_ path: String = "/") -> HotRoute {
        var route = HotRoute(.post, path, onLoop: answer)
        route.takesAnyEncoding = true
        return route
    }

    /// For `/openapi.json`.
    package static func operation(_ path: String = "/") -> APIOperation {
        APIOperation(
            .post,
            path,
            "Takes CloudEvents in binary, structured or batched mode.",
            body: "application/cloudevents+json",
            answers: [
                200: "The verdict, where a reply was asked for", 202: "Kept", 400: "No CloudEvent",
                415: "Compressed, in structured or batched mode",
                503: "No room, or the owner of the partition is not there; try again",
                507: "The disk is full; try again",
            ]
        )
    }

    private func answer(_ request: HotRequest, _ eventLoop: any EventLoop) -> HotRoute.Answer {
        var events: [CloudEvent]
        do {
            events = try Self.events(of: request)
        } catch {
            metrics.count(.refused, type: nil, by: Self.eventCount(of: request))
            metrics.countRefusal(error)
            return .now(ErrorResponse(error).hot)
        }
        if let trace = TraceContext(traceparent: request.header("traceparent")) {
            events = events.map { Self.continuing(trace, $0) }
        }
        let wantsReply =
            events.count == 1
            && (reply == .always
                || (reply == .prefer
                    && (Self.prefersReply(request.header("prefer")) || AlibiDetectReply.isExpected(by: events[0]))))

        var kept: [Kept] = []
        var foreign: [Foreign] = []
        var unasked: [CloudEvent] = []
        var place = 0
        do {
            for (index, event) in events.enumerated() {
                place = index
                let intake: EventIntake
                switch routing?.place(of: event) ?? .here {
                case .here: intake = self
                case .adopted(let other): intake = other
                case .there(let line):
                    foreign.append((line, event))
                    continue
                }
                if let prepared = try intake.prepare(event) {
                    kept.append((intake, prepared))
                } else {
                    unasked.append(event)
                }
            }
        } catch {
            for event in events { metrics.count(.refused, type: event.type) }
            metrics.countRefusal(error)
            return .now(ErrorResponse(events.count > 1 ? BatchFault(error, at: place, of: events) : error).hot)
        }
        if let first = foreign.first, request.header(PeerLine.mark) != nil {
            // Whoever sent it holds another to be the owner than we do, or knows of a takeover before us.
            for event in events { metrics.count(.refused, type: event.type) }
            return .now(ErrorResponse(Self.ownerGone(first.event)).hot)
        }
        for event in unasked { metrics.count(.dropped, type: event.type) }
        guard !kept.isEmpty || !foreign.isEmpty else { return .now(HotResponse(status: .accepted)) }
        guard kept.contains(where: { DataReferences.stand(inPlaceOfDataOf: $0.event) }) else {
            return .later(keep(kept, foreign, wantsReply: wantsReply, asked: request, eventLoop))
        }
        let fetched = eventLoop.makePromise(of: [Kept].self)
        fetched.completeWithTask { [kept] in
            var whole: [Kept] = []
            // One after the other: a batch takes no more memory than its data.
            for (intake, event) in kept { whole.append((intake, await intake.references.completed(event))) }
            return whole
        }
        return .later(
            fetched.futureResult.flatMap { [foreign] whole in
                keep(whole, foreign, wantsReply: wantsReply, asked: request, eventLoop)
            }
        )
    }

    /// The events of a request.
    ///
    /// - Throws: 415 for an envelope that is compressed: nobody but its reader knows where the event is.
    private static func events(of request: HotRequest) throws -> [CloudEvent] {
        if HTTPBinding.isEnvelope(contentType: request.header("content-type")),
            let refusal = ContentCoding.refusal(of: request.header("content-encoding"), takesNone: true)
        {
            throw refusal
        }
        return try HTTPBinding.decode(headers: request.headers, body: request.bytes)
    }

    /// How many events a request that was refused brought, as far as its bytes tell.
    private static func eventCount(of request: HotRequest) -> Int {
        HTTPBinding.isBatch(contentType: request.header("content-type"))
            ? max(1, JSONFormat.countBatch(request.bytes)) : 1
    }

    private typealias Kept = (intake: EventIntake, event: CloudEvent)
    private typealias Foreign = (line: PeerLine, event: CloudEvent)

    /// Keeps events here and hands the others to their owners.
    private func keep(
        _ kept: [Kept],
        _ foreign: [Foreign],
        wantsReply: Bool,
        asked request: HotRequest,
        _ eventLoop: any EventLoop
    ) -> EventLoopFuture<HotResponse> {
        if wantsReply, foreign.isEmpty {
            return kept[0].intake.keepAndReply(kept[0].event, asked: request, eventLoop)
        }
        if routing == nil { return keepTogether(kept.map(\.event), eventLoop) }
        var done = kept.map { $0.intake.append($0.event, ticket: 0, eventLoop) }
        done += foreign.map { forward($0.event, by: $0.line, eventLoop) }
        return Self.acknowledged(done, eventLoop)
    }

    /// Appends the events of one request that all belong here, and acknowledges when the last of them is kept.
    private func keepTogether(_ events: [CloudEvent], _ eventLoop: any EventLoop) -> EventLoopFuture<HotResponse> {
        let promise = eventLoop.makePromise(of: HotResponse.self)
        journal.append(together: events.map { EventRecord.encode(number: 0, event: $0) }) { [metrics] refusals in
            for (index, _) in refusals { metrics.count(.refused, type: events[index].type) }
            if let refusal = refusals.first {
                promise.fail(refusal.error)
            } else {
                promise.succeed(HotResponse(status: .accepted))
            }
        }
        return promise.futureResult
    }

    /// Acknowledges when all events are kept, here or by their owners.
    private static func acknowledged(
        _ done: [EventLoopFuture<Void>],
        _ eventLoop: any EventLoop
    ) -> EventLoopFuture<HotResponse> {
        EventLoopFuture.andAllComplete(done, on: eventLoop).flatMap {
            EventLoopFuture.whenAllSucceed(done, on: eventLoop)
        }
        .map { _ in HotResponse(status: .accepted) }
    }

    /// Hands an event to its owner; the owner counts it, and we do when it is not taken.
    private func forward(
        _ event: CloudEvent,
        by line: PeerLine,
        _ eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        line.forward(event) { [metrics] result in
            switch result {
            case .success: promise.succeed()
            case .failure:
                metrics.count(.refused, type: event.type)
                promise.fail(Self.ownerGone(event))
            }
        }
        return promise.futureResult
    }

    private static func ownerGone(_ event: CloudEvent) -> ServiceError {
        ServiceError(
            .unavailable,
            "the replica that owns \(ExchangeIdentity(of: event).partition) does not take events now",
            remedy: "Send it again: the owner comes back, or another replica takes over",
            retryAfter: .seconds(1)
        )
    }

    /// Appends an event and waits for its verdict.
    private func keepAndReply(
        _ event: CloudEvent,
        asked request: HotRequest,
        _ eventLoop: any EventLoop
    ) -> EventLoopFuture<HotResponse> {
        let promise = eventLoop.makePromise(of: HotResponse.self)
        let ticket = desk.take { verdict in
            guard !AlibiDetectReply.suits(event) else {
                return promise.succeed(AlibiDetectReply.answer(to: event, verdict, asked: request))
            }
            guard let verdict else { return promise.succeed(HotResponse(status: .accepted)) }
            let (headers, body) = HTTPBinding.encodeBinary(verdict)
            promise.succeed(HotResponse(status: .ok, headers: headers, body: body))
        }
        let deadline = eventLoop.scheduleTask(in: replyTimeout) { [desk] in desk.remove(ticket)?(nil) }
        append(event, ticket: ticket, eventLoop).whenFailure { [desk] error in
            if desk.remove(ticket) != nil { promise.fail(error) }
        }
        promise.futureResult.whenComplete { _ in deadline.cancel() }
        return promise.futureResult
    }

    private func append(_ event: CloudEvent, ticket: UInt64, _ eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        append(event, ticket: ticket) { promise.completeWith($0.mapError { $0 }) }
        return promise.futureResult
    }

    private func append(
        _ event: CloudEvent,
        ticket: UInt64,
        then: @escaping @Sendable (Result<Void, JournalError>) -> Void
    ) {
        journal.append(EventRecord.encode(number: ticket, event: event)) { [metrics] result in
            if case .failure = result { metrics.count(.refused, type: event.type) }
            then(result.map { _ in })
        }
    }

    /// RFC 7240: preferences with commas between, each perhaps with parameters.
    private static func prefersReply(_ header: String?) -> Bool {
        header?.lowercased().split(separator: ",").contains {
            ($0.split(separator: ";").first?.trimmingSpaces ?? "") == "reply"
        } ?? false
    }

    /// The event with the trace of its request, where it brings none of its own.
    private static func continuing(_ trace: TraceContext, _ event: CloudEvent) -> CloudEvent {
        guard event[extension: "traceparent"] == nil else { return event }
        var event = event
        do {
            try event.setExtension("traceparent", to: .string(trace.traceparent))
        } catch {
            preconditionFailure("a parsed traceparent is no legal attribute: \(error)")
        }
        return event
    }
}
