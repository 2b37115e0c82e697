import Dispatch
import Foundation
import NativeModels
import Synchronization
import TestSupport
import Testing

/// Requests one after another on a few connections, from threads of their own, until it is stopped.
private final class SteadyLoad: Sendable {
    private let isStopped = Atomic(false)
    private let answers = Mutex<[String: Int]>([:])
    private let group = DispatchGroup()

    init(_ base: String, connections: Int, request: String) throws {
        for _ in 0..<connections {
            let socket = SendableSocket(try LoopbackSocket(base))
            group.enter()
            Thread.detachNewThread { [self] in
                while !isStopped.load(ordering: .relaxed) {
                    let version = ServedFolder.version(of: socket.socket.answer(to: request))
                    answers.withLock { $0[version, default: 0] += 1 }
                }
                group.leave()
            }
        }
    }

    /// `@unchecked Sendable`: made in one thread, then used by the one that it is given to.
    private final class SendableSocket: @unchecked Sendable {
        let socket: LoopbackSocket
        init(_ socket: LoopbackSocket) { self.socket = socket }
    }

    /// How many answers there were so far, by their version; another text is an answer that is wrong.
    var counts: [String: Int] { answers.withLock { $0 } }

    /// Waits until so many more answers have come.
    func more(_ count: Int) async throws {
        let before = counts.values.reduce(0, +)
        while counts.values.reduce(0, +) < before + count { try await Task.sleep(for: .milliseconds(5)) }
    }

    func stop() -> [String: Int] {
        isStopped.store(true, ordering: .relaxed)
        group.wait()
        return counts
    }
}

@Suite(.timeLimit(.minutes(1))) struct `The repository of a model server process` {
    private let folder = ServedFolder()

    private func versionAnswers(_ name: String, _ version: String) async throws {
        let answer = try await folder.wait(for: ServedFolder.request(name)) {
            ServedFolder.version(of: $0) == version
        }
        #expect(ServedFolder.version(of: answer) == version)
    }

    private func indexSays(_ text: String) async throws {
        let answer = try await folder.wait(for: ServedFolder.post("/v2/repository/index")) { $0.contains(text) }
        #expect(answer.contains(text), "\(answer)")
    }

    @Test func `fails no request while versions come, change, break and go`() async throws {
        try folder.save("m", 1)
        let server = try await folder.start()
        let load = try SteadyLoad(server.base, connections: 3, request: ServedFolder.request("m"))
        try await load.more(50)
        try folder.save("m", 2)
        try await versionAnswers("m", "2")
        // The same version with other content, swapped in by a rename.
        try ServedFolder.model("m", bias: 2, hidden: [8]).save(folder: folder.path("m/2.partial"))
        try FileManager.default.moveItem(atPath: folder.path("m/2"), toPath: folder.path("m/.old"))
        try FileManager.default.moveItem(atPath: folder.path("m/2.partial"), toPath: folder.path("m/2"))
        try await load.more(200)
        // A third that is broken, and then is not.
        try folder.save("m", 3)
        try Data("units =".utf8).write(to: URL(filePath: folder.path("m/3/model.toml")))
        try await indexSays("m/3/model.toml")
        try await load.more(50)
        try folder.save("m", 3)
        try await versionAnswers("m", "3")
        for version in [1, 3] { try FileManager.default.removeItem(atPath: folder.path("m/\(version)")) }
        try await versionAnswers("m", "2")
        #expect(
            try folder.connect().answer(to: ServedFolder.post("/v2/repository/models/m/load")).hasPrefix("HTTP/1.1 200")
        )
        try await load.more(50)
        let counts = load.stop()
        #expect(Set(counts.keys) == ["1", "2", "3"], "\(counts)")
        #expect(server.terminate() == 0)
    }

    @Test func `lets the old version answer while a writer that was killed has left half a new one`() async throws {
        try folder.save("m", 1)
        let server = try await folder.start()
        try folder.save("spare", 2)
        let whole = try Data(contentsOf: URL(filePath: folder.path("spare/2/weights.safetensors")))
        try FileManager.default.createDirectory(atPath: folder.path("m/2"), withIntermediateDirectories: true)
        for file in ["model.toml", "schema.toml"] {
            try FileManager.default.copyItem(atPath: folder.path("spare/2/\(file)"), toPath: folder.path("m/2/\(file)"))
        }
        let weights = folder.path("m/2/weights.safetensors")
        try whole.prefix(whole.count / 2).write(to: URL(filePath: weights))
        try await indexSays(#""version":"2","state":"UNAVAILABLE","reason":""#)
        #expect(ServedFolder.version(of: try folder.connect().answer(to: ServedFolder.request("m"))) == "1")
        #expect(server.log.contains("weights.safetensors"))
        #expect(try folder.metric(#"vedette_model_loads_total{model="m",outcome="refused"}"#) == 1)
        let refused = try folder.connect().answer(to: ServedFolder.request("m", version: "2"))
        #expect(refused.hasPrefix("HTTP/1.1 503") && refused.contains("weights.safetensors"), "\(refused)")
        try whole.write(to: URL(filePath: weights))
        try await versionAnswers("m", "2")
        #expect(server.terminate() == 0)
    }

    @Test func `loads and unloads when it is told to, and says what it cannot load`() async throws {
        try folder.save("m", 1)
        let server = try await folder.start(["--models-rescan=1h"])
        let connection = try folder.connect()
        #expect(connection.answer(to: ServedFolder.post("/v2/repository/models/m/unload")).hasPrefix("HTTP/1.1 200"))
        #expect(connection.answer(to: ServedFolder.request("m")).hasPrefix("HTTP/1.1 404"))
        #expect(connection.answer(to: ServedFolder.post("/v2/repository/index")).contains(#""reason":"unloaded""#))
        try folder.save("m", 2)
        #expect(connection.answer(to: ServedFolder.post("/v2/repository/models/m/load")).hasPrefix("HTTP/1.1 200"))
        #expect(ServedFolder.version(of: connection.answer(to: ServedFolder.request("m"))) == "2")
        folder.directory.write(Array("units =".utf8), to: "models/m/2/model.toml")
        let refused = connection.answer(to: ServedFolder.post("/v2/repository/models/m/load"))
        #expect(refused.hasPrefix("HTTP/1.1 422") && refused.contains("m/2/model.toml"), "\(refused)")
        #expect(ServedFolder.version(of: connection.answer(to: ServedFolder.request("m"))) == "2")
        #expect(connection.answer(to: ServedFolder.post("/v2/repository/models/n/load")).hasPrefix("HTTP/1.1 404"))
        #expect(connection.answer(to: ServedFolder.post("/v2/repository/models/..%2Fm/load")).hasPrefix("HTTP/1.1 404"))
        #expect(server.terminate() == 0)
    }

    @Test func `starts with one model that can be served, and names the one that cannot`() async throws {
        try folder.save("good", 1)
        try folder.save("bad", 1)
        folder.directory.write([], to: "models/bad/1/weights.safetensors")
        let server = try await folder.start()
        let connection = try folder.connect()
        #expect(ServedFolder.version(of: connection.answer(to: ServedFolder.request("good"))) == "1")
        let refused = connection.answer(to: ServedFolder.request("bad"))
        #expect(refused.hasPrefix("HTTP/1.1 503") && refused.contains("Retry-After: 10"), "\(refused)")
        #expect(server.log.contains("bad/1/weights.safetensors"))
        #expect(server.terminate() == 0)
    }

    @Test func `serves a thousand models from the memory of a few`() async throws {
        try folder.save("m1", 1)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path("m1/1"))
        for model in 2...1000 {
            let version = folder.path("m\(model)/1")
            try FileManager.default.createDirectory(atPath: version, withIntermediateDirectories: true)
            for file in files {
                try FileManager.default.linkItem(atPath: folder.path("m1/1/\(file)"), toPath: "\(version)/\(file)")
            }
        }
        let size =
            try files.map {
                try FileManager.default.attributesOfItem(atPath: folder.path("m1/1/\($0)"))[.size] as? Int ?? 0
            }
            .reduce(0, +)
        let cap = 50 * size
        let server = try await folder.start(["--models-loading=lazy", "--models-memory-bytes=\(cap)"])
        let connection = try folder.connect()
        for turn in 0..<2 {
            for model in 1...1000 {
                let answer = connection.answer(to: ServedFolder.request("m\(model)"))
                guard ServedFolder.version(of: answer) == "1" else {
                    Issue.record("turn \(turn), model \(model): \(answer)")
                    return
                }
            }
        }
        #expect(try #require(try folder.metric("vedette_models_bytes")) <= Double(cap))
        #expect(try #require(try folder.metric("vedette_models_loaded")) == 50)
        #expect(try folder.metric(#"vedette_model_loads_total{model="m7",outcome="ready"}"#) == 2)
        #expect(try folder.metric(#"vedette_model_evictions_total{model="m7"}"#) == 2)
        let index = connection.answer(to: ServedFolder.post("/v2/repository/index"))
        #expect(index.components(separatedBy: #""state":"READY""#).count == 1001)
        #expect(server.terminate() == 0)
    }
}
