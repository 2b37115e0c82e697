import Dispatch
import Foundation
import Prediction
import RemoteModels
import ServiceKit
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite struct `A call of a model server` {
    private let runtime = RemoteRuntime(client: PeerServer.client)
    private let row = Tensor<Float>(shape: [1, 2], repeating: 1)
    private static let schema = `A model behind a URL`.plain
    private static let answer = #"{"predictions":[[0.5,0.5]]}"#

    @Test(arguments: [429, 502, 503, 504])
    func `is repeated where the server is busy`(status: Int) async throws {
        let server = PeerServer { _, count in
            count < 2 ? PeerServer.json("{}", status: status) : PeerServer.json(Self.answer)
        }
        let answers = try await server.listening { url in try runtime.open(url, .v1, schema: Self.schema).predict(row) }
        #expect(answers.elements == [0.5, 0.5] && server.requests.count == 3)
    }

    @Test func `waits as long as the server asks for, and not beyond its time`() async throws {
        let server = PeerServer { _, count in
            count == 0
                ? PeerServer.json("{}", status: 503, headers: [(name: "Retry-After", value: "1")])
                : PeerServer.json(Self.answer)
        }
        let clock = ContinuousClock()
        let duration = try await server.listening { url in
            try clock.measure { _ = try runtime.open(url, .v1, schema: Self.schema).predict(row) }
        }
        #expect(duration >= .seconds(1))
        let impatient = PeerServer { _, _ in
            PeerServer.json("{}", status: 503, headers: [(name: "Retry-After", value: "60")])
        }
        let error = await #expect(throws: PredictionError.self) {
            try await impatient.listening { url in try runtime.open(url, .v1, schema: Self.schema).predict(row) }
        }
        #expect(error?.code.name == "model_refused" && impatient.requests.count == 1)
    }

    @Test(arguments: [
        (400, "dialect"), (401, "token_file"), (403, "token_file"), (404, "name"), (413, "max_rows"), (422, "schema"),
        (500, "log"), (307, "redirects"),
    ])
    func `that is refused is not repeated, and says what would help`(status: Int, remedy: String) async throws {
        let server = PeerServer(json: #"{"error": "no such thing"}"#, status: status)
        let error = await #expect(throws: PredictionError.self) {
            try await server.listening { url in try runtime.open(url, .v1, schema: Self.schema).predict(row) }
        }
        let said = try #require(error)
        #expect(said.code.name == "model_refused" && server.requests.count == 1)
        for mention in ["/v1/models/m:predict", "\(status)", "no such thing"] {
            #expect(said.message.contains(mention))
        }
        #expect(said.remedy.contains(remedy))
    }

    @Test func `shows its token, which no error repeats`() async throws {
        let scratch = TemporaryDirectory()
        let file = scratch.write(Array("open-sesame\n".utf8), to: "token")
        let server = PeerServer(json: "{}", status: 401)
        let error = await #expect(throws: PredictionError.self) {
            try await server.listening { url in
                try runtime.open(url, .v1, schema: Self.schema, tokenFile: file).predict(row)
            }
        }
        #expect(server.requests.first?.headers["authorization"] == "Bearer open-sesame")
        #expect(try !#require(error).description.contains("sesame"))
        let missing = await #expect(throws: PredictionError.self) {
            try await server.listening { url in
                try runtime.open(url, .v1, schema: Self.schema, tokenFile: "/nowhere").predict(row)
            }
        }
        #expect(missing?.message.contains("/nowhere") == true && server.requests.count == 1)
    }

    @Test func `of a server that is not there fails, and the next one at once`() async throws {
        let model = try runtime.open("http://127.0.0.1:1", .v1, schema: Self.schema, timeout: .seconds(2))
        // Both on one thread, so that nothing comes between them but the first's end.
        let errors = try await PeerServer.blocking {
            (0..<2).map { _ in
                #expect(throws: PredictionError.self) { try model.predict(row) }
            }
        }
        #expect(errors.allSatisfy { $0?.code.name == "model_unreachable" })
        #expect(errors[0]?.message.contains("http://127.0.0.1:1/v1/models/m:predict got no answer") == true)
        #expect(errors[1]?.message.contains("left alone") == true)
    }

    @Test func `ends when its time is up`() async throws {
        let server = PeerServer { _, _ in
            try await Task.sleep(for: .seconds(5))
            return PeerServer.json(Self.answer)
        }
        let clock = ContinuousClock()
        let duration = try await server.listening { url in
            clock.measure {
                let error = #expect(throws: PredictionError.self) {
                    try runtime.open(url, .v1, schema: Self.schema, timeout: .milliseconds(300)).predict(row)
                }
                #expect(error?.code.name == "model_unreachable")
            }
        }
        #expect(duration < .seconds(5))
    }

    @Test func `runs beside no more others than are set`() async throws {
        let underWay = Mutex((now: 0, most: 0))
        let server = PeerServer { _, _ in
            underWay.withLock { count in
                count.now += 1
                count.most = max(count.most, count.now)
            }
            try await Task.sleep(for: .milliseconds(30))
            underWay.withLock { $0.now -= 1 }
            return PeerServer.json(Self.answer)
        }
        try await server.listening { url in
            let model = try runtime.open(url, .v1, schema: Self.schema, maxConcurrency: 2)
            DispatchQueue.concurrentPerform(iterations: 12) { _ in _ = try? model.predict(row) }
        }
        #expect(server.requests.count == 12)
        #expect(underWay.withLock { $0.most } <= 2)
    }

    @Test(arguments: [
        ("[]", "read"), ("{\"predictions\": [[1, 2], [3, 4]]}", "1 rows"), ("{\"predictions\": [[1]]}", "2"),
        ("{\"predictions\": \"x\"}", "answer"), ("nonsense", "read"),
    ])
    func `refuses an answer that is none`(answer: String, mention: String) async throws {
        let error = await #expect(throws: PredictionError.self) {
            try await PeerServer(json: answer).listening { url in
                try runtime.open(url, .v1, schema: Self.schema).predict(row)
            }
        }
        #expect(error?.code.name == "model_refused" && error?.message.contains(mention) == true, "\(error as Any)")
    }
}

@Suite struct `The rest of a server that does not answer` {
    @Test func `doubles up to half a minute, and ends with an answer`() {
        let start = ContinuousClock.now
        var health = ServerHealth()
        #expect(health.rest(at: start) == nil)
        var lengths: [Duration] = []
        for _ in 0..<7 {
            health.stayedSilent(at: start)
            lengths.append(health.rest(at: start) ?? .zero)
        }
        #expect(lengths == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
        #expect(health.rest(at: start + .seconds(30)) == nil)
        health.answered()
        #expect(health.rest(at: start) == nil)
        health.stayedSilent(at: start)
        #expect(health.rest(at: start) == .seconds(1))
    }
}
