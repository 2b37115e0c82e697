package import EventStore
import IdentityTokens
import PayloadPaths
package import ServiceKit

/// What may be set of request-logger, next to what every process has.
///
/// | Key | Type | Default | Meaning |
/// | --- | --- | --- | --- |
/// | `alerts.close.after` | a whole number | 3 | Windows in a row that must be fine before an alert closes by itself. |
/// | `alerts.critical.after` | a whole number | 3 | Alarming windows in a row after which a warning becomes critical. |
/// | `alerts.webhook.url` | a URL | | Where alerts are posted when they open and when they close. |
/// | `alerts.webhook.token.file` | a file | | The bearer token that the webhook asks for. |
/// | `alerts.rules.file` | a file | | A YAML file of routes, rules, silences and budgets of teams; see docs/alerts.md. |
/// | `alerts.targets.allow` | host names | | Hosts that routes of alerts.rules.file may lead to, besides loopback. |
/// | `alerts.pages.url` | a URL | | The address at which people reach the pages, for links in what is sent. |
/// | `alerts.incident.span` | a duration | 30m | How long after the latest news of an alert another one may join its incident. |
/// | `explainer.url` | a URL | | The explainer that is asked about flagged requests when an alert opens. |
/// | `explainer.token.file` | a file | | The bearer token that the explainer asks for. |
/// | `explainer.instances` | a whole number | 3 | How many requests of an alert are explained. |
/// | `explainer.timeout` | a duration | 30s | How long the explainer may take. |
/// | `retention.payloads.age` | a duration | | The payloads of older requests and responses are deleted; not set, with their rows. |
/// | `retention.age` | a duration | 30d | Older events and exchanges are deleted. |
/// | `retention.counts.age` | a duration | 1095d | Older counts of traffic by the day are deleted. |
/// | `retention.bytes` | a whole number | 10737418240 | Above this the oldest events are deleted. |
/// | `store.url` | an address | | The PostgreSQL that keeps the record; not set, a file in state.directory does. |
/// | `store.password.file` | a file | | The password of the PostgreSQL. |
/// | `auth.session.key.file` | a file | | A secret that signs cookies, one for several loggers behind one address; not set, each makes its own. |
/// | `models.file` | a file | | The JSON paths of models whose bodies follow no dialect. |
package struct RequestLoggerConfiguration: Sendable {
    package static let listen = HTTPSettings.listen(default: "127.0.0.1:8090")
    package static let closeAfter = SettingKey(
        "alerts.close.after",
        default: 3,
        "Windows in a row that must be fine before an alert closes by itself.",
        allowed: "at least 1",
        where: { $0 >= 1 }
    )
    package static let criticalAfter = SettingKey(
        "alerts.critical.after",
        default: 3,
        "Alarming windows in a row after which a warning becomes critical.",
        allowed: "at least 1",
        where: { $0 >= 1 }
    )
    package static let webhookURL = SettingKey(
        "alerts.webhook.url",
        default: WebAddress?.none,
        "Where alerts are posted when they open and when they close."
    )
    package static let webhookTokenFile = SettingKey(
        "alerts.webhook.token.file",
        default: String?.none,
        "The bearer token that the webhook asks for."
    )
    package static let rulesFile = SettingKey(
        "alerts.rules.file",
        default: String?.none,
        "A YAML file of routes, rules, silences and budgets of teams; see docs/alerts.md."
    )
    package static let targets = SettingKey(
        "alerts.targets.allow",
        default: [String](),
        "Hosts that routes of alerts.rules.file may lead to, besides loopback."
    )
    package static let pagesURL = SettingKey(
        "alerts.pages.url",
        default: WebAddress?.none,
        "The address at which people reach the pages, for links in what is sent."
    )
    package static let incidentSpan = SettingKey(
        "alerts.incident.span",
        default: Duration.seconds(1800),
        "How long after the latest news of an alert another one may join its incident."
    )
    package static let explainerURL = SettingKey(
        "explainer.url",
        default: WebAddress?.none,
        "The explainer that is asked about flagged requests when an alert opens."
    )
    package static let explainerTokenFile = SettingKey(
        "explainer.token.file",
        default: String?.none,
        "The bearer token that the explainer asks for."
    )
    package static let explainerInstances = SettingKey(
        "explainer.instances",
        default: 3,
        "How many requests of an alert are explained.",
        allowed: "1 to 20",
        where: { (1...20).contains($0) }
    )
    package static let explainerTimeout = SettingKey(
        "explainer.timeout",
        default: Duration.seconds(30),
        "How long the explainer may take."
    )
    package static let retentionPayloadsAge = SettingKey(
        "retention.payloads.age",
        default: Duration?.none,  // whoever kept payloads as long as all else still does
        "The payloads of older requests and responses are deleted; not set, with their rows.",
        allowed: "at least 1s",
        where: { age in age.map { $0 >= .seconds(1) } ?? true }
    )
    package static let retentionAge = SettingKey(
        "retention.age",
        default: Duration.seconds(30 * 86400),
        "Older events and exchanges are deleted.",
        allowed: "at least 1s",
        where: { $0 >= .seconds(1) }
    )
    package static let retentionCountsAge = SettingKey(
        "retention.counts.age",
        default: Duration.seconds(1095 * 86400),
        "Older counts of traffic by the day are deleted.",
        allowed: "at least 1d",
        where: { $0 >= .seconds(86_400) }
    )
    package static let retentionBytes = SettingKey(
        "retention.bytes",
        default: 10 << 30,
        "Above this the oldest events are deleted.",
        allowed: "at least 1048576",
        where: { $0 >= 1 << 20 }
    )

    package static let storeURL = SettingKey(
        "store.url",
        default: StoreAddress?.none,
        "The PostgreSQL that keeps the record; not set, a file in state.directory does."
    )
    package static let storePasswordFile = SettingKey(
        "store.password.file",
        default: String?.none,
        "The password of the PostgreSQL."
    )

    package static let sessionKeyFile = SettingKey(
        "auth.session.key.file",
        default: String?.none,
        "A secret that signs cookies, one for several loggers behind one address; not set, each makes its own."
    )

    /// Its own settings, in the order of the table above.
    package static let own: [any Setting] = [
        closeAfter, criticalAfter, webhookURL, webhookTokenFile, rulesFile, targets, pagesURL, incidentSpan,
        explainerURL, explainerTokenFile, explainerInstances, explainerTimeout, retentionPayloadsAge, retentionAge,
        retentionCountsAge, retentionBytes, storeURL,
        storePasswordFile, sessionKeyFile, PayloadPaths.file,
    ]

    /// Everything that may be set, without what every process has.
    package static let keys: [any Setting] =
        HTTPSettings.keys(listen: "127.0.0.1:8090") + ConsumerSettings.journalKeys + SinkSettings.keys
        + SubscriptionSettings.keys + ReferenceSettings.keys + IdentityTokenSettings.keys + own

    package let rules: AlertRules
    package let webhook: WebAddress?
    package let webhookTokenFile: String?
    /// What the file of rules says; nothing without one.
    package let file: AlertFile
    package let pages: WebAddress?
    package let incidents: IncidentRules
    package let explainer: WebAddress?
    package let explainerTokenFile: String?
    package let explainerInstances: Int
    package let explainerTimeout: Duration
    package let retentionPayloadsAge: Duration
    package let retentionAge: Duration
    package let retentionCountsAge: Duration
    package let retentionBytes: Int
    /// Nil where a file keeps the record.
    package let store: StoreAddress?
    package let storePasswordFile: String?
    package let sessionKeyFile: String?

    package init(_ settings: Settings) throws {
        rules = AlertRules(
            closeAfter: try settings.value(Self.closeAfter),
            criticalAfter: try settings.value(Self.criticalAfter)
        )
        webhook = try settings.value(Self.webhookURL)
        webhookTokenFile = try settings.value(Self.webhookTokenFile)
        let targets = AlertTargets(allowed: try settings.value(Self.targets))
        file = try settings.value(Self.rulesFile).map { try AlertFile(path: $0, targets: targets) } ?? AlertFile()
        pages = try settings.value(Self.pagesURL)
        incidents = IncidentRules(span: try settings.value(Self.incidentSpan))
        explainer = try settings.value(Self.explainerURL)
        explainerTokenFile = try settings.value(Self.explainerTokenFile)
        explainerInstances = try settings.value(Self.explainerInstances)
        explainerTimeout = try settings.value(Self.explainerTimeout)
        let age = try settings.value(Self.retentionAge)
        retentionAge = age
        retentionPayloadsAge = try settings.value(Self.retentionPayloadsAge) ?? age
        retentionCountsAge = try settings.value(Self.retentionCountsAge)
        retentionBytes = try settings.value(Self.retentionBytes)
        store = try settings.value(Self.storeURL)
        storePasswordFile = try settings.value(Self.storePasswordFile)
        sessionKeyFile = try settings.value(Self.sessionKeyFile)
    }
}

extension ConsumerSettings {
    /// Those of them that a service with a journal and a store of its own has.
    package static let journalKeys: [any Setting] = [durability, commitInterval, capacity]
}

/// An `http://` or `https://` address.
package struct WebAddress: SettingValue, Hashable, CustomStringConvertible {
    package let text: String

    package static var settingKind: String { "an http:// or https:// address" }

    package init?(settingText: String) {
        guard case .http = SinkAddress(settingText: settingText)?.target, !settingText.contains(",") else { return nil }
        text = settingText.hasSuffix("/") ? String(settingText.dropLast()) : settingText
    }

    package var settingText: String { text }
    package var description: String { text }
}
