import ModelServerService
import Testing

@Suite struct `Share of requests` {
    /// `hashlib.sha256(b"canary/digits/id-%d" % n).digest()[:8] < 2**64 // 10`, Python 3.11, for n below 60.
    static let drawn = [8, 25, 27, 28, 31, 46, 48, 53]

    @Test func `holds the ids that the documented hash puts below it`() {
        let share = RequestShare(0.1, of: "canary", model: "digits")
        #expect((0..<60).filter { share.holds("id-\($0)") } == Self.drawn)
    }

    @Test func `holds nothing of 0 and everything of 1`() {
        let none = RequestShare(0, of: "canary", model: "digits")
        let all = RequestShare(1, of: "canary", model: "digits")
        #expect((0..<100).allSatisfy { !none.holds("\($0)") && all.holds("\($0)") })
    }
}
