import CloudEvents
import EventStore
import Testing

@Suite struct `Alert policy` {
    static let now = Timestamp(seconds: 1_700_000_000)
    let key = Alert.Key(namespace: "default", model: "digits", endpoint: "default", monitor: "digits-ks")

    func verdict(
        _ status: VerdictStatus = .alarm,
        p: Double? = 1e-4,
        level: Double? = 1e-3,
        perDay: Double? = nil,
        owner: String? = "vision",
        at seconds: Double = 0
    ) -> WindowVerdict {
        WindowVerdict(
            key: key,
            kind: "drift",
            status: status,
            eventID: "v-\(seconds)",
            window: Alert.Window(end: Self.now + .seconds(seconds)),
            pValue: p,
            threshold: level,
            alarmLevel: level,
            budget: perDay.map { AlarmRate(count: $0, period: .seconds(86_400)) },
            owner: owner
        )
    }

    func opened(_ policy: AlertPolicy, previous: Alert? = nil, at time: Timestamp = now) throws -> AlertRules.Step {
        let verdict = policy.claimed(verdict())
        return try #require(policy.conduct(for: verdict).steps(nil, previous: previous, on: verdict, at: time).first)
    }

    func match(_ labels: [AlertMatch.Label: String]) -> AlertMatch {
        AlertMatch(labels.mapValues { [LabelPattern($0)] })
    }

    static let patterns: [(String, String, Bool)] = [
        ("digits", "digits", true), ("digits", "digits2", false), ("digits*", "digits2", true), ("*", "", true),
        ("*-ks", "digits-ks", true), ("*-ks", "digits-mmd", false), ("a*b*c", "axxbyyc", true), ("a*b*c", "acb", false),
        ("", "", true), ("", "x", false), ("**x", "x", true), ("d?gits", "digits", false), ("é*", "école", true),
    ]

    @Test(arguments: patterns)
    func `a pattern takes a text or not`(pattern: String, text: String, expected: Bool) {
        #expect(LabelPattern(pattern).matches(text) == expected)
    }

    @Test func `a hostile text costs no more than pattern times text`() {
        let text = String(repeating: "a", count: 20_000)
        let clock = ContinuousClock()
        let duration = clock.measure { #expect(!LabelPattern("*a*a*a*a*a*a*b").matches(text)) }
        #expect(duration < .seconds(5))  // by backtracking it would not end
    }

    @Test func `every label of a match has to fit, and one of its patterns`() throws {
        var alert = try opened(AlertPolicy()).alert
        #expect(AlertMatch().matches(alert))
        #expect(match([.model: "dig*", .monitor: "*-ks", .owner: "vision", .severity: "warning"]).matches(alert))
        #expect(!match([.model: "dig*", .owner: "sound"]).matches(alert))
        #expect(AlertMatch([.model: [LabelPattern("letters"), LabelPattern("digits")]]).matches(alert))
        alert.owner = nil
        #expect(!match([.owner: "vision"]).matches(alert) && match([.owner: "*"]).matches(alert))
    }

    @Test func `of each answer the first rule that gives one decides`() throws {
        let policy = AlertPolicy(
            rules: [
                AlertRule(name: "other", match: match([.model: "letters"]), owner: "letters-team"),
                AlertRule(name: "ks", match: match([.monitor: "*-ks"]), runbookURL: "https://x.example/ks"),
                AlertRule(name: "all", owner: "everybody", runbookURL: "https://x.example/all", severity: .critical),
            ]
        )
        let alert = try opened(policy).alert
        #expect(alert.owner == "everybody" && alert.runbookURL == "https://x.example/ks")
        #expect(alert.severity == .critical)
        #expect(try opened(AlertPolicy()).alert.severity == .warning)
    }

    @Test func `each recipient hears once as it opens, once as it becomes critical, once of the end`() throws {
        let policy = AlertPolicy(
            defaults: AlertRules(closeAfter: 1, criticalAfter: 3),
            recipients: [
                AlertRecipient(name: "mail"), AlertRecipient(name: "hook", hearsOfEscalation: false),
                AlertRecipient(name: "pager", match: match([.severity: "critical"])),
                AlertRecipient(name: "else", match: match([.model: "letters"])),
            ]
        )
        var current: Alert?
        var heard: [[String]] = []
        for (index, status) in [VerdictStatus.alarm, .alarm, .alarm, .alarm, .ok].enumerated() {
            for var step in policy.defaults.steps(current, on: verdict(status, at: Double(index)), at: Self.now) {
                heard.append(policy.announce(&step, at: Self.now).told)
                current = step.alert
            }
        }
        #expect(heard == [["mail", "hook"], [], ["mail", "pager"], [], ["mail", "hook", "pager"]])
    }

    @Test func `a silence of the file hushes while it holds; afterwards what still alarms is told`() throws {
        let silence = AlertSilence(
            match: match([.monitor: "digits-ks"]),
            start: Self.now,
            end: Self.now + .seconds(100),
            author: "ada",
            reason: "retraining"
        )
        let policy = AlertPolicy(silences: [silence], recipients: [AlertRecipient(name: "mail")])
        var step = try opened(policy)
        let first = policy.announce(&step, at: Self.now + .seconds(99))
        #expect(first.told == [] && first.hush == .silence && step.alert.told.isEmpty)
        var next = try #require(
            policy.defaults.steps(step.alert, on: verdict(at: 5), at: Self.now + .seconds(100)).first
        )
        #expect(policy.announce(&next, at: Self.now + .seconds(100)).told == ["mail"])
        #expect(!silence.holds(at: Self.now - .seconds(1)))
    }

    @Test func `within a cool-down another alert of the monitor opens unheard, unless it lasts longer`() throws {
        let policy = AlertPolicy(
            rules: [AlertRule(name: "calm", coolDown: .seconds(600))],
            recipients: [AlertRecipient(name: "mail")]
        )
        let conduct = policy.conduct(for: verdict())
        let old = try conduct.close(opened(policy).alert, by: "ada", at: Self.now).alert
        #expect(old.closedBy == "ada")
        let soon = Self.now + .seconds(60)
        var again = try opened(policy, previous: old, at: soon)
        let outcome = policy.announce(&again, at: soon)
        #expect(outcome.told == [] && outcome.hush == .coolDown && again.alert.mutedUntil == Self.now + .seconds(600))
        var ended = try conduct.close(again.alert, at: soon)
        #expect(policy.announce(&ended, at: soon).told == [])
        let late = Self.now + .seconds(600)
        var lasting = try #require(conduct.steps(again.alert, on: verdict(at: 700), at: late).first)
        #expect(policy.announce(&lasting, at: late).told == ["mail"])
        // One of another kind is other news.
        var other = old
        other.kind = "quality"
        #expect(try opened(policy, previous: other, at: soon).alert.mutedUntil == nil)
    }

    @Test func `a team's budget is divided by weight, and a share below the monitor's own lowers its level`() {
        let team = TeamBudget(
            team: "vision",
            budget: AlarmRate(count: 2, period: .seconds(30 * 86_400)),
            weights: ["digits-ks": 3, "digits-mmd": 1]
        )
        #expect(team.share(of: "digits-ks") == AlarmRate(count: 1.5, period: .seconds(30 * 86_400)))
        #expect(team.share(of: "stranger") == nil)
        // Its own budget is 3 in 30 days, its share half of that: half the level.
        let own = AlarmRate(count: 0.1, period: .seconds(86_400))
        #expect(abs(team.level(0.01, of: "digits-ks", within: own) - 0.005) < 1e-15)
        let modest = AlarmRate(count: 1, period: .seconds(30 * 86_400))
        #expect(team.level(0.01, of: "digits-ks", within: modest) == 0.01)
        #expect(team.level(0.01, of: "stranger", within: own) == 0.01)
    }

    @Test func `an alarm beyond the team's share opens nothing, one without a p-value is left to its monitor`() {
        let team = TeamBudget(
            team: "vision",
            budget: AlarmRate(count: 1, period: .seconds(86_400)),
            weights: ["digits-ks": 1, "digits-mmd": 1]
        )
        let policy = AlertPolicy(teams: [team])
        // Of one a day it may raise a half: p up to 0.0005 counts.
        #expect(policy.exceedsBudget(verdict(p: 6e-4, perDay: 1)))
        #expect(!policy.exceedsBudget(verdict(p: 4e-4, perDay: 1)))
        #expect(!policy.exceedsBudget(verdict(.ok, p: 6e-4, perDay: 1)))
        #expect(!policy.exceedsBudget(verdict(p: nil, perDay: 1)))
        #expect(!policy.exceedsBudget(verdict(p: 6e-4, perDay: nil)))
        #expect(!policy.exceedsBudget(verdict(p: 6e-4, perDay: 1, owner: "sound")))
    }

    /// Two hundred years of two monitors that look hourly at nothing, each promising one false alarm in ten days.
    @Test func `holds what it promises over many looks`() {
        let team = TeamBudget(
            team: "t",
            budget: AlarmRate(count: 1, period: .seconds(30 * 86_400)),
            weights: ["a": 2, "b": 1]
        )
        let own = AlarmRate(count: 1, period: .seconds(10 * 86_400))
        let level = own.perSecond * 3600
        var state: UInt64 = 7
        func uniform() -> Double {  // SplitMix64
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
        }
        let looks = 200 * 365 * 24
        var alarms = ["a": 0, "b": 0]
        for _ in 0..<looks {
            for name in ["a", "b"] where uniform() <= team.level(level, of: name, within: own) { alarms[name]! += 1 }
        }
        let months = Double(looks) / 24 / 30
        // Poisson with means of two thirds and a third a month; four standard deviations.
        for (name, rate) in [("a", 2.0 / 3), ("b", 1.0 / 3)] {
            let expected = rate * months
            #expect(abs(Double(alarms[name]!) - expected) < 4 * expected.squareRoot(), "\(name): \(alarms)")
        }
    }
}
