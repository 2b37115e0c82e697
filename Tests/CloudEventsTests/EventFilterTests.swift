import CloudEvents
import JSON
import Testing

@Suite struct `Event filters` {
    static func event() throws -> CloudEvent {
        try CloudEvent(
            id: "1",
            source: "/vedette/default/m",
            type: EventType.drift,
            subject: "s",
            extensions: ["model": "digits", "n": 3, "flagged": false]
        )
    }

    static let cases: [(filter: JSONValue, matches: Bool)] = [
        (["exact": ["type": "io.vedette.verdict.drift"]], true),
        (["exact": ["type": "io.vedette.verdict.drift", "model": "digits"]], true),
        (["exact": ["type": "io.vedette.verdict.drift", "model": "other"]], false),
        (["exact": ["n": "3"]], true),
        (["exact": ["flagged": "false", "specversion": "1.0", "subject": "s"]], true),
        (["exact": ["missing": "x"]], false),
        (["exact": ["type": "IO.vedette.verdict.drift"]], false),
        (["prefix": ["type": "io.vedette.verdict."]], true),
        (["prefix": ["type": "verdict."]], false),
        (["suffix": ["type": ".drift", "source": "/m"]], true),
        (["suffix": ["missing": "x"]], false),
        (["all": [["exact": ["model": "digits"]], ["suffix": ["type": ".drift"]]]], true),
        (["all": [["exact": ["model": "digits"]], ["suffix": ["type": ".outlier"]]]], false),
        (["any": [["exact": ["model": "x"]], ["suffix": ["type": ".drift"]]]], true),
        (["any": [["exact": ["model": "x"]]]], false),
        (["not": ["exact": ["model": "x"]]], true),
        (["not": ["not": ["exact": ["model": "x"]]]], false),
    ]

    @Test(arguments: cases)
    func `match as the subscriptions interface says`(filter: JSONValue, matches: Bool) throws {
        #expect(try EventFilter(json: filter).matches(Self.event()) == matches)
    }

    @Test(
        arguments: [
            [:], ["exact": [:]], ["exact": ["a": ""]], ["exact": ["a": 1]], ["cesql": "x"], ["all": []], ["all": [1]],
            ["exact": ["a": "b"], "prefix": ["a": "b"]], "x", ["exact": ["Type": "b"]], ["prefix": ["data": "b"]],
            ["not": []], ["not": ["all": [["exact": ["ce-type": "b"]]]]],
        ] as [JSONValue]
    )
    func `refuse what is no filter`(filter: JSONValue) {
        #expect(throws: CloudEventError.self) { try EventFilter(json: filter) }
    }
}
