import CloudEvents
import Foundation
import NATSTransport
import ServiceKit
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

/// Notes what the journal holds, and tells when there is enough of it.
private final class NotingConsumer: EventConsumer {
    private let state = Mutex<(ids: [String], waiters: [(Int, CheckedContinuation<Void, Never>)])>(([], []))

    var ids: [String] { state.withLock { $0.ids } }

    func observe(_ record: ConsumerRecord) -> [CloudEvent] {
        guard case .event(let event) = record.content else { return [] }
        let woken = state.withLock { state in
            state.ids.append(event.id)
            let count = state.ids.count
            defer { state.waiters.removeAll { $0.0 <= count } }
            return state.waiters.filter { $0.0 <= count }
        }
        for (_, continuation) in woken { continuation.resume() }
        return []
    }

    func waitFor(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.ids.count < count { state.waiters.append((count, continuation)) }
                return state.ids.count >= count
            }
            if isThere { continuation.resume() }
        }
    }

    func snapshot() -> [UInt8] { [] }
    func restore(_ snapshot: [UInt8]) {}
}

@Suite(.timeLimit(.minutes(2)), .enabled(if: NATSServer.isInstalled, "scripts/setup --test installs nats-server"))
struct `Events by way of NATS JetStream` {
    private func event(_ number: Int, bytes: Int = 10) throws -> CloudEvent {
        try CloudEvent(
            id: String(number),
            source: "/test",
            type: "test.event",
            dataContentType: "text/plain",
            extensions: ["partitionkey": "key", "model": "digits", "namespace": "default"],
            data: [UInt8](repeating: 0x61, count: bytes)
        )
    }

    private func line(
        _ server: NATSServer,
        _ arguments: [String] = []
    ) throws -> (test: TestContext, line: EventLine, consumer: NotingConsumer) {
        let test = try TestContext(
            EventLine.settings + ClientTLS.keys,
            ["--subscribe-url", "\(server.address)/vedette", "--tick-interval", "0s"] + arguments
        )
        let consumer = NotingConsumer()
        return (test, try EventLine(context: test.context, consumer: consumer), consumer)
    }

    private func sender(_ server: NATSServer, _ arguments: [String] = []) throws -> (TestContext, EventDelivery) {
        let test = try TestContext(
            EventDelivery.settings + ClientTLS.keys,
            ["--sink-url", "a=\(server.address)/vedette"] + arguments
        )
        return (test, try EventDelivery(context: test.context))
    }

    @Test(arguments: ["binary", "structured", "batched"])
    func `arrive in order and once, in every mode`(mode: String) async throws {
        let server = try await NATSServer()
        let (sending, delivery) = try sender(server, ["--sink-mode", mode])
        let (receiving, line, consumer) = try line(server)
        try await receiving.running(line.services) { _ in
            try await sending.running([delivery]) { _ in
                for number in 0..<500 { await delivery.offer([try event(number)]) }
                await delivery.offer([try event(17)])  // the stream has it already
                await delivery.offer([try event(500)])
                await consumer.waitFor(501)
            }
        }
        #expect(consumer.ids == (0...500).map(String.init))
        #expect(
            sending.context.metrics.value("vedette_sink_events_total", ["sink": "a", "outcome": "delivered"]) == 502
        )
        #expect(receiving.context.metrics.value("vedette_subscription_messages_total", ["outcome": "kept"]) == 501)
    }

    @Test func `outlive a server that is killed and comes back`() async throws {
        let server = try await NATSServer()
        let (sending, delivery) = try sender(server, ["--sink-timeout", "1s"])
        let (receiving, line, consumer) = try line(server)
        try await receiving.running(line.services) { _ in
            try await sending.running([delivery]) { _ in
                for number in 0..<100 { await delivery.offer([try event(number)]) }
                await consumer.waitFor(50)
                await server.kill()
                for number in 100..<200 { await delivery.offer([try event(number)]) }
                try await server.start()
                await consumer.waitFor(200)
            }
        }
        #expect(consumer.ids == (0..<200).map(String.init))
    }

    @Test func `are filtered by subject, and shared by the replicas of one consumer`() async throws {
        let server = try await NATSServer()
        let (sending, delivery) = try sender(server)
        let subject = ["--subscribe-subject", "vedette.*.digits.>"]
        let (firstTest, first, firstConsumer) = try line(server, subject)
        let (secondTest, second, secondConsumer) = try line(server, subject)
        try await firstTest.running(first.services) { _ in
            try await secondTest.running(second.services) { _ in
                try await sending.running([delivery]) { _ in
                    for number in 0..<2000 {
                        var event = try event(number)
                        if number % 2 == 1 { try event.setExtension("model", to: "fraud") }
                        await delivery.offer([event])
                    }
                    while firstConsumer.ids.count + secondConsumer.ids.count < 1000 {
                        try await Task.sleep(for: .milliseconds(5))  // two consumers give no common signal
                    }
                }
            }
        }
        let seen = firstConsumer.ids + secondConsumer.ids
        #expect(seen.compactMap { Int($0) }.sorted() == (0..<2000).filter { $0 % 2 == 0 })
    }

    @Test(.enabled(if: TestCertificates.areAvailable), arguments: [false, true])
    func `arrive over TLS, with a certificate where the server asks for one`(isMutual: Bool) async throws {
        let folder = TemporaryDirectory()
        let certificates = try TestCertificates(in: folder)
        let own = try certificates.pair("server", for: "DNS:localhost")
        let client = try certificates.pair("client", for: "DNS:client")
        let server = try await NATSServer(tls: own, clientsOf: isMutual ? certificates.authority : nil)
        let trust =
            ["--client-tls-ca-file", certificates.authority]
            + (isMutual
                ? ["--client-tls-certificate-file", client.certificate, "--client-tls-key-file", client.key] : [])
        let (sending, delivery) = try sender(server, trust)
        let (receiving, line, consumer) = try line(server, trust)
        try await receiving.running(line.services) { _ in
            try await sending.running([delivery]) { _ in
                for number in 0..<100 { await delivery.offer([try event(number)]) }
                await consumer.waitFor(100)
            }
        }
        #expect(consumer.ids == (0..<100).map(String.init))
    }

    @Test(.enabled(if: TestCertificates.areAvailable))
    func `go to no server that another vouches for, that bears another name, or that does not know us`() async throws {
        let folder = TemporaryDirectory()
        let certificates = try TestCertificates(in: folder)
        let stranger = try TestCertificates(in: folder, name: "stranger")
        let own = try certificates.pair("server", for: "DNS:localhost,IP:127.0.0.1")
        let server = try await NATSServer(tls: own)
        func connect(_ url: String, _ tls: NATSTLS?) throws {
            try NATSConnection(url: url, name: "test", tls: tls).close()
        }
        let known = NATSTLS(authoritiesFile: certificates.authority)
        #expect(throws: Never.self) { try connect(server.address, known) }
        let wrong: [(String, NATSTLS?)] = [
            (server.address, nil), (server.address, NATSTLS(authoritiesFile: stranger.authority)),
            (server.address, NATSTLS(authoritiesFile: folder.file("missing.pem"))),
            (server.address.replacingOccurrences(of: "tls:", with: "nats:"), known),
        ]
        for (url, tls) in wrong {
            let error = #expect(throws: NATSError.self) { try connect(url, tls) }
            #expect(error?.code == .connection, "\(url)")
        }
        let other = try certificates.pair("other", for: "DNS:elsewhere")
        let misnamed = try await NATSServer(tls: other)
        #expect(throws: NATSError.self) { try connect(misnamed.address, known) }
        let asking = try await NATSServer(tls: own, clientsOf: certificates.authority)
        #expect(throws: NATSError.self) { try connect(asking.address, known) }
    }

    @Test func `that are none are refused for good, and the rest goes on`() async throws {
        let server = try await NATSServer()
        let (receiving, line, consumer) = try line(server)
        let connection = try NATSConnection(url: server.address, name: "test")
        let stream = JetStream(connection)
        try await stream.ensureStream("vedette", subjects: ["vedette.>"])
        try await stream.publish([NATSMessage(subject: "vedette.x", data: Array("no event".utf8))])
        let (headers, body) = NATSBinding.encodeBinary(try event(1))
        try await stream.publish([NATSMessage(subject: "vedette.x", headers: headers, data: body)])
        try await receiving.running(line.services) { _ in await consumer.waitFor(1) }
        #expect(consumer.ids == ["1"])
        #expect(receiving.context.metrics.value("vedette_subscription_messages_total", ["outcome": "refused"]) == 1)
        connection.close()
    }

    @Test func `larger than the server takes become dead letters and hold up nobody`() async throws {
        let server = try await NATSServer()
        let (sending, delivery) = try sender(server)
        let (receiving, line, consumer) = try line(server)
        try await receiving.running(line.services) { _ in
            try await sending.running([delivery]) { _ in
                await delivery.offer([try event(1, bytes: 2 << 20), try event(2)])
                await consumer.waitFor(1)
            }
        }
        #expect(consumer.ids == ["2"])
        let outcome = ["sink": "a", "outcome": "deadlettered"]
        #expect(sending.context.metrics.value("vedette_sink_events_total", outcome) == 1)
    }

    @Test func `come again to a stream that somebody removed`() async throws {
        let server = try await NATSServer()
        let (sending, delivery) = try sender(server)
        let (receiving, line, consumer) = try line(server)
        let connection = try NATSConnection(url: server.address, name: "test")
        try await receiving.running(line.services) { _ in
            try await sending.running([delivery]) { _ in
                await delivery.offer([try event(1)])
                await consumer.waitFor(1)
                let removal = NATSMessage(subject: "$JS.API.STREAM.DELETE.vedette")
                _ = try await connection.request([removal], timeout: .seconds(5))
                await delivery.offer([try event(2)])
                await consumer.waitFor(2)
            }
        }
        #expect(consumer.ids == ["1", "2"])
        connection.close()
    }
}

@Suite struct `Address of a stream` {
    @Test(arguments: ["nats://host:4222/vedette", "nats://10.0.0.1/my-stream_2", "tls://host/vedette"])
    func `reads back from its text`(text: String) {
        #expect(NATSAddress(settingText: text)?.settingText == text)
    }

    @Test(arguments: [
        "nats://host:4222", "nats://host:4222/", "nats:///vedette", "http://host/vedette",
        "nats://me:secret@host/vedette",
        "nats://host/a.b", "nats://host/a/b", "nats://host/*",
    ])
    func `is refused where it names no stream, or holds a secret`(text: String) {
        #expect(NATSAddress(settingText: text) == nil)
    }

    @Test func `gives each event a subject by namespace, model and type`() throws {
        let address = try #require(NATSAddress(settingText: "nats://host/vedette"))
        var event = try CloudEvent(id: "1", source: "/s", type: "io.vedette.inference.request")
        #expect(address.subject(of: event) == "vedette._._.io.vedette.inference.request")
        try event.setExtension("namespace", to: "team a")
        try event.setExtension("model", to: "fraud.v2>")
        #expect(address.subject(of: event) == "vedette.team_a.fraud_v2_.io.vedette.inference.request")
    }
}
