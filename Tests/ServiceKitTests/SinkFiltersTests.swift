import CloudEvents
import JSON
import ServiceKit
import Testing

@Suite struct `Filters of sinks` {
    @Test(arguments: [
        ("{", "no JSON"), ("[]", "no object"), ("{}", "no object"), (#"{"a": {}}"#, "one member"),
        (#"{"a": []}"#, "list of filters"), (#"{"a": {"sql": "x"}}"#, "sql"),
        (#"{"a": {"exact": {"ce-type": "x"}}}"#, "ce-type"), (#"{"a": {"exact": {"type": 1}}}"#, "type"),
        (#"{"a": [{"any": [{"not": {"suffix": {"data": "x"}}}]}]}"#, "data"),
    ])
    func `are refused with what is wrong about them, by flag, variable and file`(text: String, fault: String) throws {
        let layers: [() throws -> Void] = [
            { _ = try Settings([SinkSettings.filters], arguments: ["--sink-filters=\(text)"]) },
            { _ = try Settings([SinkSettings.filters], arguments: [], environment: ["VEDETTE_SINK_FILTERS": text]) },
            {
                let file = Array(#"{"sink": {"filters": \#(text)}}"#.utf8)
                _ = try Settings([SinkSettings.filters], arguments: [], file: file)
            },
        ]
        for layer in layers {
            let error = try #require(throws: SettingsError.self, performing: layer)
            #expect(error.message.contains(fault) || text == "{", "\(error)")
        }
    }

    @Test func `may stand in a file as the tree that they are`() throws {
        let file = Array(
            #"{"sink": {"filters": {"a": {"exact": {"type": "t"}}, "b": [{"suffix": {"id": "1"}}]}}}"#.utf8
        )
        let settings = try Settings([SinkSettings.filters], arguments: [], file: file)
        let filters = try settings.value(SinkSettings.filters)
        #expect(filters.names == ["a", "b"])
        #expect(filters["a"] == .exact(["type": "t"]))
        #expect(filters["b"] == .all([.suffix(["id": "1"])]))
        #expect(SinkFilters(settingText: filters.settingText) == filters)
    }
}
