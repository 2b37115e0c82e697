import CloudEvents
import JSON
import OpenInference
import Tensors

/// CPU time of the payload path: V2 messages and CloudEvents, as JSON lines.
enum PayloadCases {
    static func run() throws {
        let floats = try Tensor(shape: [1, 784], elements: RandomFloats.make(784))
        let request = InferenceRequest(id: "1", inputs: [NamedTensor(name: "image", floats)])
        let text = try request.encoded()
        let (binary, jsonLength) = try request.encodedBinary()
        try measure("v2 json decode, 784 floats", bytes: text.count) { _ = try InferenceRequest(decoding: text) }
        try measure("v2 json encode, 784 floats", bytes: text.count) { _ = try request.encoded() }
        try measure("v2 binary decode, 784 floats", bytes: binary.count) {
            _ = try InferenceRequest(decoding: binary, jsonLength: jsonLength)
        }

        let rows = try Tensor(shape: [1000, 784], elements: RandomFloats.make(784_000))
        let batch = try InferenceRequest(inputs: [NamedTensor(name: "image", rows)]).encoded()
        try measure("v2 json decode, 784000 floats", bytes: batch.count) { _ = try InferenceRequest(decoding: batch) }

        let event = try CloudEvent(
            id: "1",
            source: "/vedette/default/bench",
            type: EventType.inferenceRequest,
            time: Timestamp(nanoseconds: 0),
            dataContentType: "application/json",
            extensions: ["requestid": "req-1", "model": "digits", "namespace": "default"],
            data: text
        )
        let (headers, body) = HTTPBinding.encodeBinary(event)
        let structured = JSONFormat.encode(event)
        try measure("event decode, binary", bytes: body.count) {
            _ = try HTTPBinding.decode(headers: headers, body: body)
        }
        try measure("event decode, structured", bytes: structured.count) { _ = try JSONFormat.decode(structured) }
        try measure("event encode, structured", bytes: structured.count) { _ = JSONFormat.encode(event) }
    }

    /// Prints the least CPU time of one call among seven runs of a twentieth of a second each.
    static func measure(_ name: String, bytes: Int, _ body: () throws -> Void) throws {
        var least = Double.infinity
        for _ in 0..<7 {
            let start = Clock.cpuSeconds()
            var calls = 0.0
            repeat {
                try body()
                calls += 1
            } while Clock.cpuSeconds() - start < 0.05
            least = min(least, (Clock.cpuSeconds() - start) / calls)
        }
        let line: JSONValue = [
            "name": .string(name), "bytes": .integer(Int64(bytes)),
            "microseconds": .number((least * 1e9).rounded() / 1e3),
            "megabytes_per_second": .number((Double(bytes) / least / 1e5).rounded() / 10),
        ]
        print(line.text)
    }
}
