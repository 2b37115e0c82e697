import AsyncHTTPClient
import CloudEvents
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Synchronization

/// The way of events to one replica: those that come while a request is under way share the next.
///
/// One request at a time, so that events stay in order. A replica that does not answer is asked again for as long as
/// the timeout says, then those who wait are told, and for a second nobody waits for it at all. Bounded: beyond
/// ``eventLimit`` or ``byteLimit`` an event is not taken.
final class PeerLine: Service {
    /// The header that keeps an event from being handed on twice.
    static let mark = "vedette-forwarded"
    static let eventLimit = 10_000
    static let byteLimit = 64 << 20
    private static let batchLimit = 256
    private static let batchBytes = 4 << 20
    private static let rest = Duration.seconds(1)
    private static let firstPause = Duration.milliseconds(50)
    private static let longestPause = Duration.seconds(1)

    typealias Completion = @Sendable (Result<Void, EventIntake.Failure>) -> Void

    private struct Waiting {
        let event: CloudEvent
        let then: Completion
        var bytes: Int { (event.data?.count ?? 0) + 512 }
    }

    private struct State {
        var queue: ArraySlice<Waiting> = []
        var bytes = 0
        var restsUntil: ContinuousClock.Instant?
        var isClosed = false
    }

    private let url: String
    private let ownURL: String
    private let client: HTTPClient
    private let tokenFile: String?
    private let timeout: Duration
    private let forwarded: Counters
    private let logger: Logger
    private let state = Mutex(State())
    private let (bells, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    init(to url: String, from ownURL: String, context: SidecarContext) throws {
        self.url = url
        self.ownURL = ownURL
        client = context.httpClient
        tokenFile = try context.settings.value(HTTPSettings.tokenFile)
        timeout = try context.settings.value(PeerSettings.timeout)
        logger = context.logger
        forwarded = context.metrics.counter(
            "vedette_forwarded_events_total",
            "Events handed to the replica that owns their partition, by what it said.",
            labels: ["peer", "outcome"]
        )
    }

    /// Takes an event along; `then` is called when the replica has acknowledged it, or has not.
    func forward(_ event: CloudEvent, then: @escaping Completion) {
        let waiting = Waiting(event: event, then: then)
        let isTaken = state.withLock { state in
            if let until = state.restsUntil, ContinuousClock.now < until { return false }
            guard !state.isClosed, state.queue.count < Self.eventLimit, state.bytes + waiting.bytes <= Self.byteLimit
            else { return false }
            state.queue.append(waiting)
            state.bytes += waiting.bytes
            return true
        }
        guard isTaken else {
            count("refused", 1)
            return then(.failure(.ownerGone))
        }
        bell.yield()
    }

    /// Sends until a graceful stop, then what still waits, once.
    func run() async throws {
        await withGracefulShutdownHandler {
            for await _ in bells {
                while let batch = next() { await send(batch) }
                if state.withLock({ $0.isClosed }) { break }
            }
        } onGracefulShutdown: { [self] in
            state.withLock { $0.isClosed = true }
            bell.yield()
        }
    }

    private func next() -> [Waiting]? {
        state.withLock { state in
            var batch: [Waiting] = []
            var bytes = 0
            while batch.count < Self.batchLimit, let first = state.queue.first,
                batch.isEmpty || bytes + first.bytes <= Self.batchBytes
            {
                _ = state.queue.popFirst()
                bytes += first.bytes
                batch.append(first)
            }
            state.bytes -= bytes
            return batch.isEmpty ? nil : batch
        }
    }

    private func send(_ batch: [Waiting]) async {
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        var pause = Self.firstPause
        var reason = ""
        repeat {
            do {
                let status = try await post(batch, within: deadline - clock.now)
                if (200..<300).contains(status) {
                    state.withLock { $0.restsUntil = nil }
                    count("acknowledged", batch.count)
                    for waiting in batch { waiting.then(.success(())) }
                    return
                }
                reason = "it answered \(status)"
                if (400..<500).contains(status), status != 408, status != 429 { break }  // again would be the same
            } catch {
                reason = "\(error)"
            }
            if state.withLock({ $0.isClosed }) { break }
            try? await Task.sleep(for: min(pause, max(.zero, deadline - clock.now)))
            pause = min(pause * 2, Self.longestPause)
        } while clock.now < deadline && !Task.isCancelled

        let wasThere = state.withLock { state in
            defer { state.restsUntil = clock.now + Self.rest }
            return state.restsUntil == nil
        }
        if wasThere { logger.warning("owner is not there", metadata: ["peer": "\(url)", "error": "\(reason)"]) }
        // Those that came meanwhile would wait as long for the same answer.
        let others = state.withLock { state in
            defer {
                state.queue = []
                state.bytes = 0
            }
            return state.queue
        }
        count("refused", batch.count + others.count)
        for waiting in batch + others { waiting.then(.failure(.ownerGone)) }
    }

    private func post(_ batch: [Waiting], within time: Duration) async throws -> Int {
        let (headers, body) = HTTPBinding.encodeBatch(batch.map(\.event))
        var request = HTTPClientRequest(url: url + "/")
        request.method = .POST
        request.headers = HTTPHeaders(headers.map { ($0.name, $0.value) })
        request.headers.add(name: Self.mark, value: ownURL)
        if let tokenFile {
            request.headers.add(name: "authorization", value: "Bearer \(try BearerTokens.first(in: tokenFile))")
        }
        request.body = .bytes(ByteBuffer(bytes: body))
        let response = try await client.execute(request, timeout: TimeAmount(max(.milliseconds(50), time)))
        _ = try? await response.body.collect(upTo: 64 << 10)  // the connection is free when it is read
        return Int(response.status.code)
    }

    private func count(_ outcome: String, _ amount: Int) {
        forwarded.with(url, outcome).increment(by: Double(amount))
    }
}
