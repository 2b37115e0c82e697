import CloudEvents
import EventStore
import Foundation
import JSON
import Testing

@Suite struct `Alert events` {
    static let golden = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources/CloudEvents/Schemas/io.vedette.alert.json")

    @Test func `are read, written back and made again as the golden one is`() throws {
        let golden = try JSONFormat.decode([UInt8](Data(contentsOf: Self.golden)))
        let alert = try Alert(json: golden.dataTree())
        #expect(alert.json == (try golden.dataTree()))
        let step = AlertRules.Step(alert: alert, change: .opened, causationID: golden[extension: "causationid"])
        #expect(
            try step.event(at: alert.openedAt)
                == golden.replacingData(alert.json.serialized(), contentType: "application/json")
        )
        #expect(alert.summary == AlertSentence(alert).text)
    }

    @Test(arguments: [[:], ["model": ""]] as [[String: String]])
    func `name a model also where the verdict names none, and no host as their source`(fields: [String: String]) throws
    {
        var content: JSONObject = [:]
        for (name, text) in fields { content[name] = .string(text) }
        content["data"] = ["monitor": "m", "is_drift": 1, "status": "alarm"]
        let verdict = try CloudEvent(
            id: "v",
            source: "/elsewhere",
            type: EventType.drift,
            extensions: ["namespace": "a team"],
            data: JSONValue.object(content).serialized()
        )
        let classified = ClassifiedEvent(verdict, arrivedAt: Timestamp(nanoseconds: 1))
        let window = try #require(classified.windowVerdict)
        let step = try #require(AlertRules().steps(nil, on: window, at: Timestamp(nanoseconds: 1)).first)
        let event = try step.event(at: Timestamp(nanoseconds: 1))
        #expect(event[extension: "model"] == "unknown")
        #expect(event[extension: "causationid"] == "v")
        #expect(event.source == "/vedette/a%20team/request-logger")
        #expect(try event.dataTree()["model"] == "unknown")
    }
}
