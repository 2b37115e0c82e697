import NIOCore
import PayloadCapture
import Testing

@Suite struct `Captured body` {
    @Test func `keeps what it is given and gives the budget back in full`() {
        let budget = CaptureBudget(limit: 1 << 20)
        var body = CapturedBody()
        for text in ["one", "two", "three"] { body.append(ByteBuffer(string: text), limit: 100, budget: budget) }
        #expect(body.bytes == Array("onetwothree".utf8))
        #expect(body.cut == nil && body.hashOfCut == nil)
        #expect(budget.bytes == body.charged && body.charged > 0)
        budget.release(body.charged)
        #expect(budget.bytes == 0)
    }

    @Test func `cuts at the limit and hashes all that passed`() {
        let budget = CaptureBudget(limit: 1 << 20)
        var body = CapturedBody()
        for text in ["ab", "cd", "ef"] { body.append(ByteBuffer(string: text), limit: 3, budget: budget) }
        #expect(body.bytes == Array("abc".utf8))
        #expect(body.cut == .limit)
        #expect(body.total == 6)
        // printf abcdef | sha256sum
        let hash = "bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721"
        #expect(body.hashOfCut?.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == hash)
    }

    @Test func `goes without what the budget refuses and says so`() {
        let budget = CaptureBudget(limit: 4)
        var body = CapturedBody()
        body.append(ByteBuffer(string: "abcdef"), limit: 100, budget: budget)
        #expect(body.cut == .memory)
        #expect(body.kept == 0 && body.total == 6)
        #expect(body.hashOfCut == nil)
        #expect(budget.bytes == 0)
    }

    @Test func `holds no large buffer for a small slice of it`() {
        let budget = CaptureBudget(limit: 1 << 20)
        let large = ByteBuffer(repeating: 0x61, count: 64 << 10)
        var body = CapturedBody()
        body.append(large.getSlice(at: 0, length: 10) ?? large, limit: 100, budget: budget)
        #expect(body.charged == 10)
    }
}
