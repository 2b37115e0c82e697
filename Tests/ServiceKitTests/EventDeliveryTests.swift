import CloudEvents
import JSON
import Journal
import ServiceKit
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

/// A sink that records what it gets and answers what it is told to.
final class FakeSink: SinkTransport {
    private struct State {
        var events: [CloudEvent] = []
        var requests = 0
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())
    private let answer: @Sendable (Int, [CloudEvent]) async -> SinkAnswer

    /// - Parameter answer: Gets the number of the request, 1 for the first, and its events.
    init(
        answer: @escaping @Sendable (Int, [CloudEvent]) async -> SinkAnswer = { _, _ in .status(202, retryAfter: nil) }
    ) {
        self.answer = answer
    }

    var events: [CloudEvent] { state.withLock { $0.events } }

    func send(_ outgoing: [OutgoingEvent]) async -> SinkAnswer {
        let events = outgoing.compactMap { try? $0.event() }
        let number = state.withLock { state in
            state.requests += 1
            return state.requests
        }
        let answer = await answer(number, events)
        if case .status(200..<300, _) = answer {
            let woken = state.withLock { state in
                state.events += events
                let woken = state.waiters.filter { $0.count <= state.events.count }
                state.waiters.removeAll { $0.count <= state.events.count }
                return woken
            }
            for waiter in woken { waiter.continuation.resume() }
        }
        return answer
    }

    /// Returns when so many events were taken.
    func waitFor(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.events.count < count { state.waiters.append((count, continuation)) }
                return state.events.count >= count
            }
            if isThere { continuation.resume() }
        }
    }
}

/// A clock that jumps to where somebody wants to wait until.
final class JumpingClock: Sendable {
    private let time = Mutex(Timestamp.now())

    var wall: WallClock {
        WallClock(
            now: { self.time.withLock { $0 } },
            sleep: { duration in
                self.time.withLock { $0 += duration }
                await Task.yield()
            }
        )
    }
}

@Suite(.timeLimit(.minutes(1))) struct `Event delivery` {
    private func event(_ number: Int, key: String? = nil, bytes: Int = 10) throws -> CloudEvent {
        try CloudEvent(
            id: String(number),
            source: "/test",
            type: "test.event",
            dataContentType: "text/plain",
            extensions: key.map { ["partitionkey": .string($0)] } ?? [:],
            data: [UInt8](repeating: 0x61, count: bytes)
        )
    }

    private func delivery(
        _ test: TestContext,
        _ sinks: [String: FakeSink],
        clock: WallClock = JumpingClock().wall
    ) throws -> EventDelivery {
        try EventDelivery(context: test.context, clock: clock) { sinks[$0.name] ?? FakeSink() }
    }

    private static func count(_ test: TestContext, _ outcome: String, sink: String = "a") -> Int {
        Int(test.context.metrics.value("vedette_sink_events_total", ["sink": sink, "outcome": outcome]) ?? -1)
    }

    @Test func `brings everything to every sink, in order within a partition`() async throws {
        let test = try TestContext(EventDelivery.settings, ["--sink-url", "a=http://a,b=http://b"])
        let sinks = ["a": FakeSink(), "b": FakeSink()]
        let delivery = try delivery(test, sinks)
        try await test.running([delivery]) { _ in
            for number in 0..<200 { await delivery.offer([try self.event(number, key: "k\(number % 3)")]) }
            for sink in sinks.values { await sink.waitFor(200) }
        }
        for (name, sink) in sinks {
            for key in ["k0", "k1", "k2"] {
                let numbers = sink.events.filter { $0[extension: "partitionkey"] == key }.compactMap { Int($0.id) }
                #expect(numbers == numbers.sorted() && numbers.count > 60)
            }
            #expect(Self.count(test, "delivered", sink: name) == 200)
            #expect(Self.count(test, "dropped", sink: name) == 0)
        }
    }

    @Test func `loses nothing while a sink is down and holds nobody else back`() async throws {
        let test = try TestContext(
            EventDelivery.settings,
            ["--sink-url", "a=http://a,b=http://b", "--sink-attempts", "1000"]
        )
        let gate = Gate()
        let sinks = [
            "a": FakeSink { number, _ in
                if number < 50 { return number % 2 == 0 ? .unreachable("refused") : .status(503, retryAfter: nil) }
                await gate.pass()
                return .status(204, retryAfter: nil)
            },
            "b": FakeSink(),
        ]
        let delivery = try delivery(test, sinks)
        try await test.running([delivery]) { _ in
            for number in 0..<100 { await delivery.offer([try self.event(number, key: "k")]) }
            await sinks["b"]?.waitFor(100)  // b has all of them while a has none
            #expect(sinks["a"]?.events.isEmpty == true)
            await gate.open()
            await sinks["a"]?.waitFor(100)
        }
        #expect(sinks["a"]?.events.compactMap { Int($0.id) } == Array(0..<100))
        #expect(Self.count(test, "delivered") == 100)
        #expect(Self.count(test, "deadlettered") == 0 && Self.count(test, "dropped") == 0)
    }

    @Test func `thins and then drops beyond its bound, counts both exactly, and takes all again afterwards`()
        async throws
    {
        let test = try TestContext(
            EventDelivery.settings,
            ["--sink-url", "a=http://a", "--sink-spool-bytes", "1048576"]
        )
        let gate = Gate()
        let sink = FakeSink { _, _ in
            await gate.pass()
            return .status(202, retryAfter: nil)
        }
        let delivery = try delivery(test, ["a": sink])
        let offered = 1000
        #expect(delivery.room == .everything)
        try await test.running([delivery]) { _ in
            var stages: [SpoolRoom] = []
            for first in stride(from: 0, to: offered, by: 10) {
                await delivery.offer(try (first..<(first + 10)).map { try self.event($0, bytes: 10_000) })
                if delivery.room != stages.last { stages.append(delivery.room) }
            }
            #expect(stages == [.everything, .attributes, .nothing])
            let dropped = Self.count(test, "dropped")
            #expect(dropped > 0 && dropped < offered)
            await gate.open()
            await sink.waitFor(offered - dropped)
            while delivery.room != .everything { await Task.yield() }
            await delivery.offer([try self.event(offered, bytes: 10_000)])
            await sink.waitFor(offered - dropped + 1)
        }
        let thinned = sink.events.filter { $0[extension: "dataomitted"] == "spool-full" }
        #expect(Self.count(test, "delivered") + Self.count(test, "dropped") == offered + 1)
        #expect(thinned.count == Self.count(test, "thinned"))
        #expect(!thinned.isEmpty && thinned.allSatisfy { $0.data == nil })
        #expect(sink.events.filter { $0.data != nil }.count > 90)  // a MiB of 10 KB each
        #expect(sink.events.last?.data?.count == 10_000)
    }

    @Test func `stops without the answer that a sink owes, and sends the event again at the next start`() async throws {
        let folder = TemporaryDirectory()
        let first = try TestContext(EventDelivery.settings, ["--sink-url", "a=http://a"], folder: folder)
        let asked = Gate()
        let silent = FakeSink { _, _ in
            await asked.pass()
            try? await Task.sleep(for: .seconds(3600))  // ends when the request is given up
            return .unreachable("given up")
        }
        let before = try delivery(first, ["a": silent])
        await asked.open()
        try await first.running([before]) { _ in
            await before.offer([try self.event(1, key: "k"), try self.event(2, key: "k")])
            await asked.waitForArrivals(1)
        }
        #expect(Self.count(first, "delivered") == 0 && Self.count(first, "deadlettered") == 0)
        let second = try TestContext(EventDelivery.settings, ["--sink-url", "a=http://a"], folder: folder)
        let open = FakeSink()
        try await second.running([try delivery(second, ["a": open])]) { _ in await open.waitFor(2) }
        #expect(open.events.map(\.id) == ["1", "2"])
    }

    @Test func `keeps as dead letters what a sink will never take`() async throws {
        let test = try TestContext(EventDelivery.settings, ["--sink-url", "a=http://a"])
        let sink = FakeSink { _, events in .status(events[0].id == "1" ? 400 : 202, retryAfter: nil) }
        let delivery = try delivery(test, ["a": sink])
        try await test.running([delivery]) { _ in
            for number in 0..<3 { await delivery.offer([try self.event(number, key: "k")]) }
            await sink.waitFor(2)
        }
        let file = try WholeFile.read(test.folder.file("outbox/a.deadletters.jsonl"), limit: 1 << 20)
        let dead = try JSONFormat.decodeLines(file)
        #expect(dead.map(\.id) == ["1"])
        #expect(dead[0][extension: "deadletterreason"] == "refused")
        #expect(dead[0][extension: "deadlettercode"] == "400")
        #expect(dead[0][extension: "deadlettersink"] == "a")
        #expect(dead[0].data == (try event(1).data))
        #expect(Self.count(test, "deadlettered") == 1 && Self.count(test, "delivered") == 2)
    }

    @Test func `gives an event up after its attempts and goes on with the next`() async throws {
        let test = try TestContext(EventDelivery.settings, ["--sink-url", "a=http://a", "--sink-attempts", "4"])
        let sink = FakeSink { number, _ in number <= 4 ? .unreachable("nobody") : .status(202, retryAfter: nil) }
        let delivery = try delivery(test, ["a": sink])
        try await test.running([delivery]) { _ in
            for number in 0..<2 { await delivery.offer([try self.event(number, key: "k")]) }
            await sink.waitFor(1)
        }
        #expect(sink.events.map(\.id) == ["1"])
        #expect(Self.count(test, "deadlettered") == 1)
    }

    @Test func `splits a batch that is too large`() async throws {
        let test = try TestContext(
            EventDelivery.settings,
            ["--sink-url", "a=http://a", "--sink-mode", "batched", "--sink-inflight", "1"]
        )
        let sink = FakeSink { _, events in .status(events.count > 3 ? 413 : 202, retryAfter: nil) }
        let delivery = try delivery(test, ["a": sink])
        for number in 0..<50 { await delivery.offer([try event(number, key: "k")]) }
        try await test.running([delivery]) { _ in await sink.waitFor(50) }
        #expect(sink.events.compactMap { Int($0.id) } == Array(0..<50))
        #expect(Self.count(test, "deadlettered") == 0)
    }

    @Test func `goes on where it was after a restart, and sends no verdict twice that was taken before`() async throws {
        let folder = TemporaryDirectory()
        let first = try TestContext(EventDelivery.settings, ["--sink-url", "a=http://a"], folder: folder)
        let closed = FakeSink { _, _ in .unreachable("nobody") }
        let before = try delivery(first, ["a": closed], clock: .system)
        try await first.running([before]) { _ in
            for number in 1...5 {
                await before.offer([try self.event(number)], cause: JournalPosition(rawValue: UInt64(number)))
            }
        }
        let second = try TestContext(EventDelivery.settings, ["--sink-url", "a=http://a"], folder: folder)
        let open = FakeSink()
        let after = try delivery(second, ["a": open])
        try await second.running([after]) { _ in
            // The consumer went back to a snapshot and says some things again.
            for number in 3...8 {
                await after.offer([try self.event(number)], cause: JournalPosition(rawValue: UInt64(number)))
            }
            await open.waitFor(8)
        }
        #expect(open.events.map(\.id).sorted() == (1...8).map(String.init))
    }

    @Test func `sends only the types that are asked for`() async throws {
        let test = try TestContext(
            EventDelivery.settings,
            ["--sink-url", "a=http://a", "--sink-types", "io.vedette.verdict"]
        )
        let sink = FakeSink()
        let delivery = try delivery(test, ["a": sink])
        try await test.running([delivery]) { _ in
            await delivery.offer([try self.event(1)])
            await delivery.offer([try CloudEvent(id: "2", source: "/s", type: EventType.drift)])
            await sink.waitFor(1)
        }
        #expect(sink.events.map(\.id) == ["2"])
    }

    @Test func `refuses two sinks of one name`() throws {
        let test = try TestContext(EventDelivery.settings, ["--sink-url", "a=http://a,a=http://b"])
        #expect(throws: SettingsError.self) { try EventDelivery(context: test.context) }
    }

    // MARK: Company

    /// A clock that stands until it is moved.
    private final class StandingClock: Sendable {
        private let time = Mutex((now: Timestamp.now(), sleepers: 0))

        var wall: WallClock {
            WallClock(now: { self.time.withLock { $0.now } }) { duration in
                let until = self.time.withLock { time in
                    time.sleepers += 1
                    return time.now + duration
                }
                while self.time.withLock({ $0.now < until }) { try await Task.sleep(for: .milliseconds(1)) }
            }
        }

        func move(by duration: Duration) { time.withLock { $0.now += duration } }

        /// Returns when somebody waits for the clock.
        func waitForSleeper() async throws {
            while time.withLock({ $0.sleepers == 0 }) { try await Task.sleep(for: .milliseconds(1)) }
        }
    }

    private func verdict(_ number: Int, flagged: Bool) throws -> CloudEvent {
        try CloudEvent(
            id: String(number),
            source: "/test",
            type: EventType.outlier,
            extensions: ["partitionkey": "k", "flagged": .boolean(flagged), "requestid": .string("r\(number)")]
        )
    }

    @Test func `sends verdicts that flag nothing once a second by the clock, and others with them at once`()
        async throws
    {
        let test = try TestContext(EventDelivery.settings, ["--sink-url", "a=http://a", "--sink-mode", "batched"])
        let sizes = Mutex<[Int]>([])
        let sink = FakeSink { _, events in
            sizes.withLock { $0.append(events.count) }
            return .status(202, retryAfter: nil)
        }
        let clock = StandingClock()
        let delivery = try delivery(test, ["a": sink], clock: clock.wall)
        let first = try (0..<5).map { try verdict($0, flagged: false) }
        await delivery.offer(first, cause: JournalPosition(rawValue: 1))
        try await test.running([delivery]) { _ in
            try await clock.waitForSleeper()
            #expect(sink.events.isEmpty)
            clock.move(by: .seconds(2))  // the journal's clock is the system's, and at most a second ahead
            await sink.waitFor(5)
            for number in 5..<8 { await delivery.offer([try self.verdict(number, flagged: number == 7)]) }
            await sink.waitFor(8)
            await delivery.offer([try self.verdict(8, flagged: false)])
            // The stop sends what waits.
        }
        #expect(sink.events.map(\.id) == (0..<9).map(String.init))
        #expect(sizes.withLock { $0.first } == 5 && sizes.withLock { $0.last } == 1)
    }

    // MARK: Filters

    @Test func `sends each sink what its filter matches`() async throws {
        let filters =
            #"{"alerts": {"exact": {"flagged": "true"}}, "rest": [{"prefix": {"type": "io."}}, {"not": {"exact": {"flagged": "true"}}}]}"#
        let test = try TestContext(
            EventDelivery.settings,
            ["--sink-url", "alerts=http://a,rest=http://b,all=http://c", "--sink-filters", filters]
        )
        let sinks = ["alerts": FakeSink(), "rest": FakeSink(), "all": FakeSink()]
        let delivery = try delivery(test, sinks)
        try await test.running([delivery]) { _ in
            let verdicts = try (0..<6).map { try self.verdict($0, flagged: $0 % 3 == 0) }
            await delivery.offer(verdicts, cause: JournalPosition(rawValue: 1))
            for number in 6..<9 { await delivery.offer([try self.verdict(number, flagged: number == 7)]) }
            await sinks["all"]?.waitFor(9)
            await sinks["alerts"]?.waitFor(3)
            await sinks["rest"]?.waitFor(6)
        }
        #expect(sinks["alerts"]?.events.map(\.id) == ["0", "3", "7"])
        #expect(sinks["rest"]?.events.map(\.id) == ["1", "2", "4", "5", "6", "8"])
    }

    @Test func `does not start with a filter for a sink that is not there`() throws {
        let arguments = ["--sink-url", "a=http://a", "--sink-filters", #"{"b": {"exact": {"type": "t"}}}"#]
        let test = try TestContext(EventDelivery.settings, arguments)
        let error = try #require(throws: SettingsError.self) { try EventDelivery(context: test.context) }
        #expect(error.key == "sink.filters" && error.message.contains("b") && error.remedy.contains("a"))
    }
}
