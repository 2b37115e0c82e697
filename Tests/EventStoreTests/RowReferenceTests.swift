import EventStore
import Testing

@Suite struct `Row reference` {
    static let references: [(String, String, Int?)] = [
        ("abc", "abc", nil), ("abc#0", "abc", 0), ("abc#17", "abc", 17), ("a#b#2", "a#b", 2), ("a#b", "a#b", nil),
        ("#3", "#3", nil), ("abc#", "abc#", nil), ("abc#-1", "abc#-1", nil), ("abc#+1", "abc#+1", nil),
        ("äö#1", "äö", 1), ("abc#99999999999999999999", "abc#99999999999999999999", nil),
    ]

    @Test(arguments: references)
    func `reads the row after the last mark, and only digits`(text: String, requestID: String, row: Int?) {
        let reference = RowReference(text)
        #expect(reference.requestID == requestID)
        #expect(reference.row == row)
        #expect(reference.description == text)
    }
}

@Suite struct `Page cursor` {
    @Test func `comes back from its text`() throws {
        for cursor in [PageCursor(time: 0, sequence: 0), PageCursor(time: .max, sequence: 12_345)] {
            #expect(try PageCursor(cursor.description) == cursor)
        }
    }

    @Test(arguments: ["", "-", "1", "1-2-3", "-1-2", "%%-1", "' OR 1=1 --", String(repeating: "z", count: 200) + "-1"])
    func `refuses what is not ours`(text: String) {
        let error = #expect(throws: EventStoreError.self) { try PageCursor(text) }
        #expect(error?.code == .badQuery)
    }
}
