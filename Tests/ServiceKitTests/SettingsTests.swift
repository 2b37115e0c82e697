import CloudEvents
import ServiceKit
import Testing

@Suite struct `Settings of a process` {
    static let level = SettingKey(
        "test.level",
        default: 3,
        "A level.",
        allowed: "0 to 9",
        where: { (0...9).contains($0) }
    )
    static let flag = SettingKey("test.flag", default: false, "A switch.")
    static let interval = SettingKey("test.pollInterval", default: Duration.seconds(10), "A pause.")
    static let names = SettingKey("test.names", default: [String](), "Names.")
    static let secret = SettingKey("test.secret", default: String?.none, "A secret.", isSecret: true)
    static let all: [any Setting] = [level, flag, interval, names, secret]

    @Test func `spells a key as flag and variable`() {
        #expect(Self.interval.flag == "--test-poll-interval")
        #expect(Self.interval.variable == "VEDETTE_TEST_POLL_INTERVAL")
    }

    @Test func `takes flag before environment before file before default`() throws {
        let file = Array(#"{"test": {"level": 1, "pollInterval": "5s", "names": ["a", "b"]}}"#.utf8)
        let settings = try Settings(
            Self.all,
            arguments: ["--test-level", "7"],
            environment: ["VEDETTE_TEST_LEVEL": "4", "VEDETTE_TEST_POLL_INTERVAL": "250ms", "HOME": "/"],
            file: file
        )
        #expect(try settings.value(Self.level) == 7)
        #expect(try settings.value(Self.interval) == .milliseconds(250))
        #expect(try settings.value(Self.names) == ["a", "b"])
        #expect(try settings.value(Self.flag) == false)
        #expect(settings.isGiven(Self.level) && !settings.isGiven(Self.flag))
    }

    @Test func `takes a switch alone, with a value, and before another flag`() throws {
        for arguments in [
            ["--test-flag"], ["--test-flag", "true"], ["--test-flag=true"], ["--test-flag", "--test-level=1"],
        ] {
            #expect(try Settings(Self.all, arguments: arguments).value(Self.flag))
        }
        #expect(try Settings(Self.all, arguments: ["--test-flag", "false"]).value(Self.flag) == false)
    }

    static let refusals:
        [(arguments: [String], environment: [String: String], file: String?, code: SettingsError.Code, says: String)] =
            [
                (["--test-levle", "3"], [:], nil, .unknown, "--test-level"),
                ([], ["VEDETTE_TEST_LEVLE": "3"], nil, .unknown, "VEDETTE_TEST_LEVEL"),
                ([], [:], #"{"test": {"levle": 3}}"#, .unknown, "test.level"),
                ([], [:], #"{"tset": {"level": 3}}"#, .unknown, "tset"),
                (["--test-level", "high"], [:], nil, .unreadable, "a whole number, 0 to 9"),
                (["--test-level", "12"], [:], nil, .unreadable, "0 to 9"),
                ([], ["VEDETTE_TEST_FLAG": "yes please"], nil, .unreadable, "true or false"),
                ([], [:], #"{"test": {"pollInterval": 10}}"#, .unreadable, "a duration"),
                ([], [:], #"{"test": {"level": null}}"#, .unreadable, "test.level"),
                ([], [:], #"{"test": "#, .file, "settings file"),
                ([], [:], "[]", .file, "object"),
                ([], [:], #"{"test": {"level": 3}, "test": {"flag": true}}"#, .file, "\"test\" twice"),
                ([], [:], #"{"test": {"level": 3, "flag": true, "level": 4}}"#, .file, "\"test.level\" twice"),
                ([], [:], #"{"test.level": 3, "test": {"level": 4}}"#, .file, "\"test.level\" twice"),
                (["--test-level"], [:], nil, .usage, "no value"),
                (["start"], [:], nil, .usage, "start"),
                (["--test-secret", "x"], [:], nil, .usage, "VEDETTE_TEST_SECRET"),
            ]

    @Test(arguments: refusals)
    func `stops at what it does not know or cannot read, and says what it may be`(
        arguments: [String],
        environment: [String: String],
        file: String?,
        code: SettingsError.Code,
        says: String
    ) throws {
        let error = try #require(throws: SettingsError.self) {
            try Settings(Self.all, arguments: arguments, environment: environment, file: file.map { Array($0.utf8) })
        }
        #expect(error.code == code)
        #expect(error.description.contains(says), "\(error)")
    }

    @Test func `passes over what a cluster injects for its services`() throws {
        _ = try Settings(
            Self.all,
            environment: [
                "VEDETTE_LOGGER_SERVICE_HOST": "10.0.0.1", "VEDETTE_LOGGER_SERVICE_PORT": "8090",
                "VEDETTE_LOGGER_PORT": "tcp://10.0.0.1:8090", "VEDETTE_LOGGER_PORT_8090_TCP_ADDR": "10.0.0.1",
            ]
        )
    }

    @Test func `never shows a secret`() throws {
        let secret = SettingKey("test.pin", default: 0, "A pin.", isSecret: true)
        let error = try #require(throws: SettingsError.self) {
            try Settings([secret], environment: ["VEDETTE_TEST_PIN": "hunter2"])
        }
        #expect(!error.description.contains("hunter2"))
    }

    @Test func `lists every setting in its help and its table`() {
        let help = SettingsHelp.text(program: "test", settings: Self.all)
        let table = SettingsHelp.table(Self.all)
        for setting in Self.all {
            #expect(help.contains(setting.isSecret ? setting.variable : setting.flag) && help.contains(setting.meaning))
            #expect(table.contains("| `\(setting.name)` |"))
        }
    }

    @Test(arguments: ["250ms", "10s", "5m", "24h", "30d", "90s"])
    func `reads back the durations that it writes`(text: String) throws {
        let duration = try #require(Duration(settingText: text))
        #expect(Duration(settingText: duration.settingText) == duration)
    }

    @Test(arguments: ["", "10", "s", "-1s", "1 s", "nans", "1w"])
    func `refuses what is no duration`(text: String) {
        #expect(Duration(settingText: text) == nil)
    }

    @Test(arguments: [
        "drift", "drift=", "drift=a b", "weather=x", "drift=x,drift=y",
    ])
    func `refuses names of verdicts that cannot be meant`(text: String) {
        #expect(VerdictTypes(settingText: text) == nil)
    }

    @Test func `gives verdicts the names that are set, and leaves all else`() throws {
        let text = "drift=io.seldon.serving.inference.drift,outlier=mine"
        let types = try #require(VerdictTypes(settingText: text))
        #expect(types.settingText == text)
        func named(_ type: String) throws -> String {
            types.named(try CloudEvent(id: "1", source: "/s", type: type)).type
        }
        #expect(try named(EventType.drift) == EventType.Seldon.drift)
        #expect(try named(EventType.outlier) == "mine")
        #expect(try named(EventType.quality) == EventType.quality)
        #expect(try named(EventType.alert) == EventType.alert)
    }

    @Test func `reads sinks with and without names`() throws {
        let sinks = try #require(
            [SinkAddress](settingText: "http://127.0.0.1:8090/,log=file:/var/log/events.jsonl, https://a.example/x?y=1")
        )
        #expect(sinks.map(\.name) == ["127.0.0.1-8090", "log", "a.example-x-y-1"])
        #expect(sinks[1].target == .file("/var/log/events.jsonl"))
        for bad in ["ftp://x", "http://", "file:relative", "a/b=http://x", "=http://x", "../x=http://y"] {
            #expect(SinkAddress(settingText: bad) == nil, "\(bad)")
        }
    }

    @Test func `reads addresses`() {
        #expect(ListenAddress(settingText: "127.0.0.1:8090") == ListenAddress(host: "127.0.0.1", port: 8090))
        #expect(ListenAddress(settingText: "[::1]:0")?.isLoopback == true)
        #expect(ListenAddress(settingText: "0.0.0.0:80")?.isLoopback == false)
        #expect(ListenAddress(settingText: "127.evil.example:80")?.isLoopback == false)
        for bad in ["8090", "127.0.0.1", ":80", "::1:80", "a:99999", "a:-1"] {
            #expect(ListenAddress(settingText: bad) == nil, "\(bad)")
        }
    }
}
