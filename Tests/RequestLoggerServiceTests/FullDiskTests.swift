import CloudEvents
import Foundation
import JSON
import TestSupport
import Testing

@Suite(.enabled(if: SmallDisk.isPossible, "this process may not mount a file system"))
struct `A full disk under request-logger` {
    @Test func `answers 507 with what to do, and goes on by itself when there is room again`() async throws {
        let disk = try SmallDisk(megabytes: 32)
        let logger = try await ServiceProcess("request-logger", directory: disk.path)
        var acknowledged: Set<String> = []
        func send(_ number: Int) async throws -> (status: UInt, text: String)? {
            let batch = try (0..<20).flatMap { try Samples.exchange("\(number)-\($0)") }
            let answer = await LoggerLoad.post(batch, at: logger.base)
            if answer?.status == 202 { acknowledged.formUnion(batch.map(\.id)) }
            return answer
        }
        #expect(try await send(0)?.status == 202)
        _ = try await LoggerLoad.recorded(at: logger.base, atLeast: acknowledged)
        disk.fill()
        var refusal: (status: UInt, text: String)?
        for number in 1..<500 where refusal == nil {
            let answer = try await send(number)
            if answer?.status != 202 { refusal = answer }
        }
        #expect(refusal?.status == 507)
        let problem = try JSONValue(parsing: Array((refusal?.text ?? "").utf8))
        #expect(problem["code"]?.string == "journal_no_space")
        #expect(problem["remedy"]?.string?.contains("has space") == true)
        #expect(try await LoggerLoad.get("/v1/requests/0-0", at: logger.base)["exchanges"]?.array?.count == 1)

        disk.clear()
        #expect(try await eventually { try await send(1000)?.status == 202 })
        let recorded = try await LoggerLoad.recorded(at: logger.base, atLeast: acknowledged)
        #expect(Set(recorded).count == recorded.count)
        #expect(try await eventually { try await LoggerLoad.readiness(at: logger.base).status == 200 })
        #expect(logger.terminate() == 0)
    }
}
