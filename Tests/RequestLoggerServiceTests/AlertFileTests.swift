import EventStore
import RequestLoggerService
import ServiceKit
import TestSupport
import Testing

@Suite struct `The file of alert rules` {
    let targets = AlertTargets(allowed: ["hooks.example.org", "*.corp.example:443"])

    func read(_ yaml: String) throws -> AlertFile { try AlertFile(yaml: yaml, name: "alerts.yaml", targets: targets) }

    @Test func `reads the example of docs/alerts.md`() throws {
        let page = String(decoding: bytes(ofFile: path(of: "../../docs/alerts.md")), as: UTF8.self)
        let parts = page.split(separator: "```yaml\n")
        let directory = TemporaryDirectory()
        for name in ["mail-password", "chat-url", "pager-token"] {
            directory.write(Array("https://hooks.example.org/x\n".utf8), to: name)
        }
        let yaml = String(try #require(parts.dropFirst().first?.split(separator: "```").first))
            .split(separator: "/run/secrets").joined(separator: directory.path)
        let all = AlertTargets(allowed: ["*.example.org"])
        let file = try AlertFile(yaml: yaml, name: "alerts.yaml", targets: all)
        #expect(file.routes.map(\.name) == ["pager", "vision-mail", "chat", "tickets", "bus"])
        #expect(file.rules.count == 2 && file.silences.count == 1 && file.teams.count == 1)
        #expect(file.rules[0].coolDown == .seconds(1800) && file.rules[0].owner == "vision-team")
        #expect(file.silences[0].author == "ada")
        #expect(file.teams[0].share(of: "digits-ks")?.text == "1 per 30d")
        #expect(file.routes[0].recipient.match.patterns[.severity] == [LabelPattern("critical")])
    }

    @Test(arguments: ["", "# nothing yet\n", "routes: []\n"])
    func `may be empty`(yaml: String) throws {
        let file = try read(yaml)
        #expect(file.routes.isEmpty && file.rules.isEmpty && file.silences.isEmpty && file.teams.isEmpty)
    }

    static let faults: [(yaml: String, line: Int, words: String)] = [
        ("rules:\n  - match: {model: a}\n    cooldwn: 5m\n", 3, "there is no key 'cooldwn'"),
        ("rules:\n  - match: {model: a}\n    cooldown: soon\n", 3, "'soon' is not a duration"),
        ("rules:\n  - match: {model: a}\n", 2, "the rule says nothing"),
        ("rules:\n  - match: {severity: critical}\n    owner: x\n", 2, "there is no key 'severity'"),
        ("rules:\n  - match: {kind: drfit}\n    owner: x\n", 2, "no kind is ever 'drfit'"),
        ("rules:\n  - owner: x\n    runbook_url: javascript:alert(1)\n", 3, "is not an http:// or https:// address"),
        ("rules:\n  - owner: x\n    close_after: 0\n", 3, "'0' is not a whole number"),
        ("rules: {}\n", 1, "this is a mapping, a list is needed"),
        ("silences:\n  - match: {model: a}\n    until: 2026-12-24T00:00:00Z\n    reason: r\n", 2, "'by' is missing"),
        (
            "silences:\n  - match: {model: a}\n    until: tomorrow\n    by: ada\n    reason: r\n", 3,
            "'tomorrow' is not a time"
        ),
        (
            "silences:\n  - match: {}\n    from: 2027-01-01T00:00:00Z\n    until: 2026-12-24T00:00:00Z\n    by: a\n    reason: r\n",
            2, "it ends before it begins"
        ),
        ("teams:\n  vision:\n    budget: plenty\n    monitors: [a]\n", 3, "'plenty' is not a budget"),
        ("teams:\n  vision:\n    budget: 1 per 30d\n    monitors: []\n", 4, "no monitor is named"),
        ("teams:\n  vision:\n    budget: 1 per 30d\n    monitors: {a: -1}\n", 4, "'-1' is not a weight"),
        (
            "routes:\n  - name: a\n    slack: {url: 'https://evil.example/x'}\n", 3,
            "may not be sent to evil.example:443"
        ),
        (
            "routes:\n  - name: a\n    slack: {url: 'http://x.corp.example/x'}\n", 3,
            "may not be sent to x.corp.example:80"
        ),
        ("routes:\n  - name: a\n    slack: {url: 'https://me:secret@hooks.example.org/'}\n", 3, "without a password"),
        ("routes:\n  - name: a\n    slack: {url: 'file:///etc/passwd'}\n", 3, "is not an http:// or https:// address"),
        ("routes:\n  - name: a\n    slack: {url_file: /nowhere}\n", 3, "the token file /nowhere cannot be read"),
        ("routes:\n  - name: a\n    slack: {}\n", 3, "it needs one address"),
        ("routes:\n  - name: a/b\n    slack: {url: 'http://127.0.0.1/'}\n", 2, "'a/b' is not a name"),
        ("routes:\n  - name: sinks\n    slack: {url: 'http://127.0.0.1/'}\n", 2, "cannot be called 'sinks'"),
        ("routes:\n  - name: a\n", 2, "it does not say where it leads"),
        (
            "routes:\n  - name: a\n    slack: {url: 'http://127.0.0.1/'}\n  - name: a\n    slack: {url: 'http://127.0.0.1/'}\n",
            4, "two routes are called 'a'"
        ),
        (
            "routes:\n  - name: a\n    email: {server: 'smtp://localhost', from: 'a b@x', to: [b@x]}\n", 3,
            "'a b@x' is not a mail address"
        ),
        (
            "routes:\n  - name: a\n    email: {server: 'smtp://localhost', from: a@x, to: [b@x], user: u}\n", 3,
            "user and password_file belong together"
        ),
        ("routes:\n  - name: a\n   slack: x\n", 3, "is not YAML"),
        ("a: 1\na: 2\n", 1, "is not YAML"),
    ]

    @Test(arguments: faults)
    func `says in which line what is wrong, and what to do`(yaml: String, line: Int, words: String) throws {
        let error = try #require(throws: SettingsError.self) { _ = try read(yaml) }
        #expect(error.message.contains(words), "\(error.message)")
        if words != "is not YAML" { #expect(error.message.hasPrefix("alerts.yaml:\(line):"), "\(error.message)") }
        #expect(!error.remedy.isEmpty)
    }

    static let hosts: [(String, Int, Bool)] = [
        ("hooks.example.org", 443, true), ("HOOKS.example.org", 8080, true), ("example.org", 443, false),
        ("a.hooks.example.org", 443, false), ("a.corp.example", 443, true), ("a.corp.example", 80, false),
        ("corp.example", 443, false), ("evilcorp.example", 443, false), ("127.0.0.1", 9, true), ("::1", 9, true),
        ("127.0.0.1.evil.example", 80, false), ("localhost.evil.example", 80, false),
    ]

    @Test(arguments: hosts)
    func `leads only where the settings allow`(host: String, port: Int, expected: Bool) {
        #expect(targets.allows(host: host, port: port) == expected)
    }

    @Test func `stops the process before it starts`() async throws {
        let directory = TemporaryDirectory()
        directory.write(Array("rules:\n  - nonsense: 1\n".utf8), to: "alerts.yaml")
        let code = await Sidecar.run(
            "request-logger",
            settings: RequestLoggerConfiguration.keys,
            arguments: [
                "--state-directory=\(directory.path)", "--http-listen=127.0.0.1:0",
                "--alerts-rules-file=\(directory.file("alerts.yaml"))",
            ],
            environment: [:]
        ) { context in try await RequestLoggerService.services(context) }
        #expect(code == .configuration)
    }
}
