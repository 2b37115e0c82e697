import CloudEvents
package import EventStore
package import OpenInference

/// The page of alerts, each with some of its exchanges.
package struct AlertsView: Sendable {
    struct Item: Sendable {
        let href: String
        let edge: String
        let title: String
        let pills: [Pill]
        let openedISO: String
        let opened: String
        let summary: String
        /// How many others seem to have the same cause, where there are any.
        let incident: More?
        let hasTiles: Bool
        let tiles: [Tile]
        let moreTiles: More?
    }

    /// How many exchanges of each alert are shown.
    package static let tileLimit = 8

    let title = "Alerts"
    let isAlerts = true
    let refreshes = true
    let heading: String
    let lead: String
    let tabs: [Tab]
    let alerts: [Item]
    let emptyTitle: String
    let emptyText: String
    let next: More?

    /// - Parameters:
    ///   - page: The alerts to show.
    ///   - state: Which tab they are from: `active`, `closed` or `all`.
    ///   - exchanges: The exchanges of each alert, by its id.
    ///   - active: How many alerts are not closed.
    ///   - incidents: How many alerts each incident has, by its id.
    package init(
        page: Page<Alert>,
        state: String,
        exchanges: [String: [ExchangeRow]],
        active: Int,
        incidents: [String: Int]
    ) {
        heading = active == 0 ? "All quiet" : active == 1 ? "1 active alert" : "\(active) active alerts"
        lead =
            active == 0
            ? "No monitor alarms. What was closed stays in the record."
            : "Monitors whose windows passed the level that their budget of false alarms allows."
        tabs = [("active", "Active"), ("closed", "Closed"), ("all", "All")].map { value, name in
            Tab(name: name, href: Links.alerts(state: value), isCurrent: value == state)
        }
        alerts = page.items.map { alert in
            let rows = exchanges[alert.id] ?? []
            let total = max(alert.requestIDs.count, rows.count)
            return Item(
                href: Links.alert(alert.id),
                edge: alert.state == .closed ? "closed" : alert.severity.rawValue,
                title: "\(alert.heading) · \(alert.key.monitor)",
                pills: alert.pills,
                openedISO: alert.openedAt.rfc3339,
                opened: alert.openedAt.shown,
                summary: alert.summary,
                incident: incidents[alert.incident].flatMap { count in
                    count > 1
                        ? More(
                            href: Links.alert(alert.id) + "#incident",
                            text: count == 2
                                ? "1 more alert of the same incident" : "\(count - 1) more alerts of the same incident"
                        ) : nil
                },
                hasTiles: !rows.isEmpty,
                tiles: rows.prefix(Self.tileLimit).map(\.tile),
                moreTiles: total > Self.tileLimit && rows.count >= Self.tileLimit
                    ? More(href: Links.alert(alert.id), count: total - Self.tileLimit) : nil
            )
        }
        emptyTitle = state == "closed" ? "Nothing has been closed" : "No alerts"
        emptyText =
            state == "closed"
            ? "Alerts come here when enough of their windows were fine, or when somebody closes them."
            : "When a monitor's window verdict has status alarm, the alert opens here, with the requests it is about."
        next = page.next.map { More(href: Links.alerts(state: state, cursor: $0)) }
    }
}

/// A row of a recorded exchange: what a tile shows.
package struct ExchangeRow: Sendable {
    let exchange: Exchange
    let row: Int
    private let paths: PayloadMappings

    /// - Parameters:
    ///   - row: A row of the request's batch, 0 when it has one only.
    ///   - paths: Where the tensors are in bodies that follow no dialect.
    package init(_ exchange: Exchange, row: Int, paths: PayloadMappings = .none) {
        self.exchange = exchange
        self.row = row
        self.paths = paths
    }

    var tile: Tile { Tile(ExchangeReading(exchange, paths), of: exchange, row: row) }
}

extension Dashboard {
    package func page(_ view: AlertsView) -> String { render(view, with: "alerts") }
}
