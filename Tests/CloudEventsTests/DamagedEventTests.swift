import CloudEvents
import TestSupport
import Testing

/// Damaged messages in every mode: each is an event, or refused by an error that says what is wrong; nothing else happens.
@Suite struct `Damaged events` {
    private static func golden() throws -> [[UInt8]] { try EventType.all.map { try `Golden events`.bytes($0) } }

    private func expectWhole(_ error: CloudEventError) {
        if error.message.isEmpty || error.remedy.isEmpty { Issue.record("\(error)") }
    }

    @Test func `in structured mode are read or refused, and what is read can be written`() throws {
        let golden = try Self.golden()
        let slow = FuzzCases.each(of: golden, seed: 61, or: 5000) { bytes in
            do throws(CloudEventError) {
                let event = try JSONFormat.decode(bytes)
                if try JSONFormat.decode(JSONFormat.encode(event)) != event { Issue.record("another event: \(event)") }
            } catch {
                expectWhole(error)
            }
        }
        #expect(slow.isEmpty)
    }

    @Test func `in batches are read or refused, and what is read can be written`() throws {
        let events = try Self.golden().prefix(3).map { try JSONFormat.decode($0) }
        let batch = JSONFormat.encodeBatch(events)
        let slow = FuzzCases.each(of: [batch], seed: 62, or: 3000) { bytes in
            do throws(CloudEventError) {
                let read = try HTTPBinding.decode(headers: [("Content-Type", JSONFormat.batchContentType)], body: bytes)
                if try JSONFormat.decodeBatch(JSONFormat.encodeBatch(read)) != read { Issue.record("other events") }
            } catch {
                expectWhole(error)
            }
        }
        #expect(slow.isEmpty)
    }

    @Test func `in binary mode are read or refused, and what is read can be written`() throws {
        let golden = try Self.golden().map { HTTPBinding.encodeBinary(try JSONFormat.decode($0)) }
        let alphabet = Array("ce-id%C0%A0 \"\\\u{7F}\u{0}ü€😀:;,=0aZ".utf8)
        var generator = SplitMix(seed: 63)
        for index in 0..<FuzzCases.count(or: 5000) {
            var (headers, body) = golden[index % golden.count]
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 0..<headers.count, using: &generator)
                func changed(_ text: String) -> String {
                    var bytes = FuzzCases.changed(Array(text.utf8), using: &generator)
                    let position = Int.random(in: 0...bytes.count, using: &generator)
                    if let byte = alphabet.randomElement(using: &generator) { bytes.insert(byte, at: position) }
                    return String(decoding: bytes, as: UTF8.self)
                }
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: headers[place].name = changed(headers[place].name)
                case 1: headers.remove(at: place)
                case 2: headers.append(headers[place])
                default: headers[place].value = changed(headers[place].value)
                }
                if headers.isEmpty { break }
            }
            do throws(CloudEventError) {
                let events = try HTTPBinding.decode(headers: headers, body: body)
                for event in events {
                    let (again, body) = HTTPBinding.encodeBinary(event)
                    #expect(try HTTPBinding.decode(headers: again, body: body) == [event])
                }
            } catch {
                expectWhole(error)
            }
        }
    }
}
