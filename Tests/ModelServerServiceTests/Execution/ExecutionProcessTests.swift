import Foundation
import JSON
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct `How a model server process executes` {
    private let folder = ServedFolder()

    /// Sends a request on each of some connections at once; all answers.
    private func burst(_ count: Int, _ request: String) throws -> [String] {
        let connections = try (0..<count).map { _ in try folder.connect() }
        for connection in connections { connection.send(request) }
        return connections.map { $0.answer(to: "") }
    }

    @Test func `answers 503 with Retry-After beyond the limit of all, and of one model`() async throws {
        try folder.save("slow", 1, hidden: ServedFolder.slow)
        try folder.save("limited", 1, hidden: ServedFolder.slow)
        folder.directory.write(Array("concurrency = 1\n[batch]\nrows = 1\n".utf8), to: "models/limited/serving.toml")
        let server = try await folder.start(["--inference-concurrency=4", "--inference-threads=1"])
        var refused: [String] = []
        for _ in 0..<20 where refused.isEmpty {  // a burst on a busy machine may be none
            refused = try burst(4, ServedFolder.request("limited")).filter { $0.hasPrefix("HTTP/1.1 503") }
        }
        #expect(!refused.isEmpty && refused.count < 4)
        #expect(refused.allSatisfy { $0.contains("Retry-After: 1") && $0.contains("1 requests of limited") })
        #expect(
            try folder.metric(#"vedette_inference_refusals_total{model="limited",reason="model_limit"}"#)
                == Double(refused.count)
        )
        var (many, busy): ([String], [String]) = ([], [])
        for _ in 0..<20 where busy.isEmpty {
            many = try burst(12, ServedFolder.request("slow"))
            busy = many.filter { $0.hasPrefix("HTTP/1.1 503") }
        }
        #expect(!busy.isEmpty && busy.count <= 8)
        #expect(busy.allSatisfy { $0.contains("Retry-After: 1") && $0.contains("inference.concurrency") })
        #expect(many.count { ServedFolder.version(of: $0) == "1" } == 12 - busy.count)
        #expect(try folder.metric("vedette_requests_under_way") == 0)
        #expect(server.terminate() == 0)
    }

    @Test func `puts requests that wait together, and never those of two versions`() async throws {
        for version in 1...2 { try folder.save("slow", version, hidden: ServedFolder.slow) }
        let server = try await folder.start(["--inference-threads=1", "--inference-batch-latency=1s"])
        for _ in 0..<6 {
            let connections = try (0..<24).map { _ in try folder.connect() }
            for (place, connection) in connections.enumerated() {
                connection.send(ServedFolder.request("slow", version: place % 2 == 0 ? "1" : "2"))
            }
            for (place, connection) in connections.enumerated() {
                let answer = connection.answer(to: "")
                #expect(ServedFolder.version(of: answer) == (place % 2 == 0 ? "1" : "2"))
            }
        }
        let calls = try #require(try folder.metric(#"vedette_batch_requests_count{model="slow"}"#))
        #expect(try folder.metric(#"vedette_batch_requests_sum{model="slow"}"#) == 144)
        #expect(calls < 100, "\(calls) calls of the model for 144 requests")
        #expect(server.terminate() == 0)
    }

    @Test func `answers each request of a batch for itself, the wrong ones too`() async throws {
        try folder.save("slow", 1, hidden: ServedFolder.slow)
        let server = try await folder.start(["--inference-threads=1", "--inference-batch-latency=1s"])
        let good = ServedFolder.request("slow")
        let bad = good.replacingOccurrences(of: "[1,4]", with: "[4,1]")
        for _ in 0..<3 {
            let connections = try (0..<12).map { _ in try folder.connect() }
            for (place, connection) in connections.enumerated() { connection.send(place % 3 == 1 ? bad : good) }
            for (place, connection) in connections.enumerated() {
                let answer = connection.answer(to: "")
                if place % 3 == 1 {
                    #expect(answer.hasPrefix("HTTP/1.1 400") && answer.contains("[4, 1]"), "\(answer)")
                } else {
                    #expect(ServedFolder.version(of: answer) == "1")
                }
            }
        }
        #expect(server.terminate() == 0)
    }

    @Test func `leaves undone what nobody waits for any more`() async throws {
        try folder.save("slow", 1, hidden: ServedFolder.slow)
        let server = try await folder.start(["--inference-threads=1", "--inference-batch-rows=1"])
        // The first one takes the thread; those behind it leave before their turn.
        do {
            let connections = try (0..<40).map { _ in try folder.connect() }
            for connection in connections { connection.send(ServedFolder.request("slow")) }
        }
        let answer = try await folder.wait(for: ServedFolder.get("/metrics")) {
            $0.contains("\nvedette_requests_under_way 0\n") && $0.contains(#"code="499""#)
        }
        let skipped = answer.split(separator: "\n").first { $0.contains(#"code="499""#) }
        #expect(try #require(skipped.flatMap { Double($0.split(separator: " ")[1]) }) > 0)
        #expect(ServedFolder.version(of: try folder.connect().answer(to: ServedFolder.request("slow"))) == "1")
        #expect(server.terminate() == 0)
    }

    @Test func `tells of canaries and shadows by their endpoint and version, and answers by no shadow`() async throws {
        for version in 1...3 { try folder.save("m", version) }
        let settings = "[canary]\nversion = \"2\"\nshare = 0.3\n[shadow]\nversion = \"3\"\n"
        folder.directory.write(Array(settings.utf8), to: "models/m/serving.toml")
        let events = folder.directory.file("events.jsonl")
        let server = try await folder.start(["--sink-url=file:\(events)"])
        // Requests wait for no shadow that is still being loaded.
        _ = try await folder.wait(for: ServedFolder.get("/v2/models/m/versions/3/ready")) {
            $0.hasPrefix("HTTP/1.1 200")
        }
        let connection = try folder.connect()
        var answered: [String: String] = [:]
        for id in 0..<60 {
            answered["id-\(id)"] = ServedFolder.version(
                of: connection.answer(to: ServedFolder.request("m", id: "id-\(id)"))
            )
        }
        #expect(Set(answered.values) == ["1", "2"])
        for id in 0..<60 {  // sticky
            let again = ServedFolder.version(of: connection.answer(to: ServedFolder.request("m", id: "id-\(id)")))
            #expect(again == answered["id-\(id)"])
        }
        _ = try await folder.wait(for: ServedFolder.get("/metrics")) {
            $0.contains(#"vedette_shadow_copies_total{model="m",outcome="answered"} 120"#)
        }
        #expect(server.terminate() == 0)  // behind which nothing is left to be written
        let lines = try String(contentsOfFile: events, encoding: .utf8).split(separator: "\n")
        var told: [String: Int] = [:]
        for line in lines {
            let event = try JSONValue(parsing: Array(line.utf8))
            let (endpoint, version) = (event["endpoint"]?.string ?? "", event["modelversion"]?.string ?? "")
            let kind = event["type"]?.string?.split(separator: ".").last ?? ""
            told["\(endpoint) \(version) \(kind)", default: 0] += 1
            if endpoint != "shadow" { #expect(answered[event["requestid"]?.string ?? ""] == version) }
            if kind == "response" { #expect(event["data"]?["model_version"]?.string == version) }
        }
        let canary = 2 * answered.values.count { $0 == "2" }
        #expect(
            told == [
                "default 1 request": 120 - canary, "default 1 response": 120 - canary,
                "canary 2 request": canary, "canary 2 response": canary,
                "shadow 3 request": 120, "shadow 3 response": 120,
            ]
        )
    }

    @Test func `lets a version that does not answer its warm-up rows take nobody's requests`() async throws {
        try folder.save("m", 1)
        folder.directory.write(Array("[warmup]\nrows = \"rows.npy\"\n".utf8), to: "models/m/serving.toml")
        let server = try await folder.start(["--models-loading=lazy"])
        let refused = try folder.connect().answer(to: ServedFolder.request("m"))
        #expect(refused.hasPrefix("HTTP/1.1 503") && refused.contains("rows.npy"), "\(refused)")
        #expect(server.terminate() == 0)
    }
}
