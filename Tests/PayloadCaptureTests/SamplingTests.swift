import PayloadCapture
import Testing

@Suite struct `Sampling of exchanges` {
    // Python: int.from_bytes(hashlib.sha256(("s" + id).encode()).digest()[:8], "big") / 2**64
    static let positions: [(id: String, position: Double)] = [
        ("req-1", 0.3335419255474969), ("req-2", 0.4894984920514618), ("req-3", 0.13646290323579302),
        ("req-4", 0.13847711571666493),
    ]

    @Test(arguments: positions)
    func `keeps what the first eight bytes of the hash put below the rate`(id: String, position: Double) {
        let above = Sampling(rate: position + 1e-9, salt: "s", keepsErrors: false)
        let below = Sampling(rate: position - 1e-9, salt: "s", keepsErrors: false)
        #expect(above.decide(requestID: id, status: 200, duration: 0)?.reason == .hash)
        #expect(below.decide(requestID: id, status: 200, duration: 0) == nil)
    }

    @Test func `keeps errors and slow calls by rule, each standing for itself`() {
        let sampling = Sampling(rate: 0, keepsErrors: true, slowAfter: 1_000_000)
        let one = Sampling.Decision(reason: .rule, standsFor: 1)
        #expect(sampling.decide(requestID: "a", status: 503, duration: 0) == one)
        #expect(sampling.decide(requestID: "a", status: 499, duration: 0) == one)
        #expect(sampling.decide(requestID: "a", status: 200, duration: 1_000_000) == one)
        #expect(sampling.decide(requestID: "a", status: 200, duration: 999_999) == nil)
    }

    @Test func `lets a kept exchange stand for as many as were seen for each kept`() {
        let sampling = Sampling(rate: 0.25, keepsErrors: true)
        let ids = (0..<400).map { "id-\($0)" }
        let kept = ids.compactMap { sampling.decide(requestID: $0, status: 200, duration: 0) }
        #expect(kept.allSatisfy { $0.standsFor == 4 })
        #expect((60...140).contains(kept.count), "Binomial(400, 0.25): 4.6 standard deviations either way")
        let errors = ids.compactMap { sampling.decide(requestID: $0, status: 500, duration: 0) }
        #expect(errors.reduce(0) { $0 + $1.standsFor } == 400, "every error is kept, so none stands for another")
    }
}
