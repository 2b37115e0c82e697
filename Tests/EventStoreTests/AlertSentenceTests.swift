import CloudEvents
import EventStore
import Testing

@Suite struct `The sentence of an alert` {
    static let numbers: [(Double, String)] = [
        (0, "0"), (0.05, "0.05"), (0.123456, "0.123"), (1, "1"), (12, "12"), (199.6, "200"), (1.2e-9, "1.2e-9"),
        (-0.5, "-0.5"), (123456, "123456"), (1_234_567, "1.23e6"), (0.9999, "1"), (0.00012345, "0.000123"),
    ]

    @Test(arguments: numbers)
    func `writes a number as a person reads it`(value: Double, expected: String) {
        #expect(AlertSentence.short(value) == expected)
    }

    @Test func `says what, how far, since when, which features and which requests`() throws {
        var alert = Alert(
            id: "alert-1",
            key: Alert.Key(namespace: "default", model: "digits", endpoint: "default", monitor: "digits-ks"),
            version: "3",
            kind: "drift",
            openedAt: Timestamp(seconds: 0),
            updatedAt: Timestamp(seconds: 0)
        )
        alert.window = Alert.Window(
            start: try Timestamp(rfc3339: "2026-11-25T10:00:05.25Z"),
            end: nil,
            count: 200,
            firstID: "a",
            lastID: "z"
        )
        alert.pValue = 1.2e-9
        alert.threshold = 0.0017
        alert.features = ["p3", "p8", "p1", "p0"].map { Alert.Feature(name: $0) }
        #expect(
            AlertSentence(alert).text == """
                The traffic of digits 3 no longer looks like its reference since 2026-11-25 10:00:05 UTC. \
                Over the last 200 rows p is 1.2e-9, it alarms at 0.0017. Strongest in p3, p8, p1 and 1 more. \
                Requests a to z. Next: see what changed in what feeds p3.
                """
        )
        // It stands by the looks' own level, and its columns have no names.
        var standing = alert
        standing.pValue = 0.0019
        standing.features = ["0", "3"].map { Alert.Feature(name: $0) }
        let sentence = AlertSentence(standing).text
        #expect(sentence.contains("p is 0.0019, more than the 0.0017 at which it alarms, and it stands while"))
        #expect(sentence.contains("Strongest in column 0, column 3.") && sentence.contains("what feeds column 0."))
        var performance = alert
        performance.kind = "performance"
        performance.effect = Effect(name: "f1_drop", value: 0.123456)
        #expect(
            AlertSentence(alert, performance: performance).text.contains(
                "it alarms at 0.0017. Its performance is below its limit too: the f1 drop is 0.123. Strongest in"
            )
        )
        #expect(!AlertSentence(performance, performance: performance).text.contains("too"))
        alert.runbookURL = "https://example.org/r"
        #expect(AlertSentence(alert).text.hasSuffix("what feeds p3, as the runbook says."))
        alert.state = .closed
        #expect(AlertSentence(alert).text.hasSuffix("It is over."))
        alert.state = .open
        alert.requestIDs = ["a#3"]
        alert.pValue = nil
        alert.statistic = 3
        alert.threshold = 1.5
        #expect(AlertSentence(alert).text.contains("the statistic is 3, 2 times the threshold of 1.5."))
        #expect(AlertSentence(alert).text.contains("Look at a#3."))
    }
}
