package import JSON

/// What the request logger says of a phase, read over its API.
package struct DemoRecord: Sendable {
    /// Looks of drift monitors, and those whose own answer was drift.
    package var looks = 0, driftAnswers = 0
    /// Rows that the outlier and the adversarial detector judged, and those that each flagged.
    package var judged: [String: Int] = [:], flagged: [String: Int] = [:]
    /// Alerts that are not closed, by kind.
    package var alerts: [String: JSONValue] = [:]
    /// Exchanges with both halves.
    package var exchanges = 0
    /// Ids of requests that a detector flagged, by kind.
    package var flaggedRequests: [String: [String]] = [:]
}

/// Reads the request logger.
package struct DemoReader: Sendable {
    let client: MeshClient
    let logger: String

    package init(client: MeshClient, logger: String) {
        self.client = client
        self.logger = logger
    }

    /// Everything about the requests whose ids begin with `prefix`, once it is complete.
    ///
    /// - Parameters:
    ///   - requests: How many were sent.
    ///   - looks: How many window verdicts drift monitors owe.
    ///   - since: When the phase began, RFC 3339.
    /// - Throws: `CommandError` when it is not complete after 30 s, with what is missing.
    package func record(prefix: String, requests: Int, looks: Int, since: String) async throws -> DemoRecord {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            let record = try await read(prefix: prefix, since: since)
            let isComplete =
                record.exchanges >= requests && record.looks >= looks
                && ["outlier", "adversarial"].allSatisfy { record.judged[$0, default: 0] >= requests }
            if isComplete { return record }
            guard .now < deadline else {
                throw CommandError.unavailable(
                    "30 s after phase \(prefix) the record holds \(record.exchanges) of \(requests) exchanges, "
                        + "\(record.looks) of \(looks) looks, verdicts on \(record.judged)",
                    remedy: "mesh.log holds every service's lines"
                )
            }
            try await Task.sleep(for: .milliseconds(250))
        }
    }

    private func read(prefix: String, since: String) async throws -> DemoRecord {
        var record = DemoRecord()
        for exchange in try await items("/v1/exchanges?since=\(since.percentEncodedForQuery)") {
            guard let id = exchange["requestid"]?.string, id.hasPrefix(prefix) else { continue }
            if exchange["request"]?.object != nil, exchange["response"]?.object != nil { record.exchanges += 1 }
        }
        for event in try await items("/v1/events?since=\(since.percentEncodedForQuery)&kind=verdict") {
            add(event, to: &record, prefix: prefix)
        }
        for alert in try await items("/v1/alerts?state=open,acknowledged,recovering") {
            if let kind = alert["kind"]?.string { record.alerts[kind] = alert }
        }
        return record
    }

    private func add(_ event: JSONValue, to record: inout DemoRecord, prefix: String) {
        let data = event["data"]?["data"]
        switch event["type"]?.string {
        case "io.vedette.verdict.drift":
            record.looks += 1
            if data?["is_drift"]?.int == 1 { record.driftAnswers += 1 }
        case let type? where type.hasPrefix("io.vedette.verdict."):
            let kind = String(type.dropFirst("io.vedette.verdict.".count))
            guard let id = event["requestid"]?.string, id.hasPrefix(prefix) else { return }
            let flags = data?["is_\(kind)"]?.array ?? []
            record.judged[kind, default: 0] += flags.count
            let count = flags.filter { $0.int == 1 }.count
            record.flagged[kind, default: 0] += count
            if count > 0 { record.flaggedRequests[kind, default: []].append(id) }
        default: break
        }
    }

    /// All items of a list, page by page.
    private func items(_ path: String) async throws -> [JSONValue] {
        var items: [JSONValue] = []
        var cursor: String?
        repeat {
            let page = try await client.get(
                logger + path + "&limit=1000" + (cursor.map { "&cursor=\($0.percentEncodedForQuery)" } ?? "")
            )
            items += page["items"]?.array ?? []
            cursor = page["next"]?.string
        } while cursor != nil
        return items
    }
}
