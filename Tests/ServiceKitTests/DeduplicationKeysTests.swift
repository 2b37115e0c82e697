import CloudEvents
import ServiceKit
import Testing

@Suite struct `Deduplication keys` {
    private func key(_ id: String, type: String = "t") throws -> DeduplicationKeys.Key {
        DeduplicationKeys.Key(try CloudEvent(id: id, source: "/s", type: type))
    }

    private func time(_ hours: Int) -> Timestamp { Timestamp(nanoseconds: 0) + .seconds(hours * 3600) }

    @Test func `knows an event again, and a request from its response`() throws {
        var keys = DeduplicationKeys()
        #expect(keys.insert(try key("1"), at: time(0)))
        #expect(!keys.insert(try key("1"), at: time(1)))
        #expect(keys.insert(try key("2"), at: time(1)))
        // KServe gives both halves of an exchange one source and id.
        #expect(keys.insert(try key("1", type: "response"), at: time(1)))
    }

    @Test func `forgets after 24 hours`() throws {
        var keys = DeduplicationKeys()
        _ = keys.insert(try key("1"), at: time(0))
        #expect(!keys.insert(try key("1"), at: time(23)))
        #expect(keys.insert(try key("1"), at: time(25)))
    }

    @Test func `forgets the oldest beyond its limit`() throws {
        var keys = DeduplicationKeys(limit: 100)
        for number in 0..<10_000 { #expect(keys.insert(try key(String(number)), at: time(0))) }
        #expect(keys.count == 100)
        #expect(!keys.insert(try key("9900"), at: time(0)))
        #expect(keys.insert(try key("9899"), at: time(0)))
    }

    @Test func `goes back to its snapshot exactly`() throws {
        var keys = DeduplicationKeys(limit: 50)
        for number in 0..<80 { _ = keys.insert(try key(String(number)), at: time(number)) }
        var restored = DeduplicationKeys(limit: 50)
        restored.restore(keys.snapshot[...])
        #expect(restored.snapshot == keys.snapshot)
        for number in 70..<90 {
            let key = try key(String(number))
            #expect(keys.insert(key, at: time(80)) == restored.insert(key, at: time(80)))
        }
    }
}

@Suite struct `Event record` {
    @Test func `gives back every attribute of every type, and the data`() throws {
        let event = try CloudEvent(
            id: "ä 1",
            source: "/s",
            type: "t",
            subject: "sub",
            time: Timestamp(nanoseconds: 1_700_000_000_123_456_789),
            dataContentType: "application/json",
            dataSchema: "https://example.com/schema",
            extensions: [
                "b": true, "i": -7, "s": "text", "bin": .binary([0, 255, 7]), "u": .uri("https://x.example/"),
                "r": .uriReference("/x"), "t": .timestamp(Timestamp(nanoseconds: -1)),
            ],
            data: [UInt8](0...255)
        )
        let record = try EventRecord(EventRecord.encode(number: 42, index: 7, event: event))
        #expect(record.event == event)
        #expect(record.number == 42 && record.index == 7)
    }

    @Test func `keeps no data apart from empty data`() throws {
        for data in [nil, []] as [[UInt8]?] {
            let event = try CloudEvent(id: "1", source: "/s", type: "t", data: data)
            #expect(try EventRecord(EventRecord.encode(number: 0, event: event)).event?.data == data)
        }
        #expect(try EventRecord(EventRecord.encode(number: 3, event: nil)).event == nil)
    }

    @Test func `refuses bytes that are cut anywhere, without a crash`() throws {
        let event = try CloudEvent(id: "1", source: "/s", type: "t", extensions: ["i": 1], data: nil)
        let bytes = EventRecord.encode(number: 1, event: event)
        for count in 0..<bytes.count {
            #expect(throws: (any Error).self) { try EventRecord(Array(bytes.prefix(count))) }
        }
    }
}

@Suite struct `Stored replies` {
    @Test func `keeps the newest up to its limit`() throws {
        var replies = StoredReplies(limit: 2)
        let events = try (0..<3).map { try CloudEvent(id: String($0), source: "/s", type: "t") }
        for event in events { replies.insert(event, for: DeduplicationKeys.Key(event)) }
        #expect(replies[DeduplicationKeys.Key(events[0])] == nil)
        #expect(replies[DeduplicationKeys.Key(events[2])] == events[2])
    }
}
