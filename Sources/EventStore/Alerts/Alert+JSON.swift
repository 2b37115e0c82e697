package import CloudEvents
package import JSON

/// The one form of an alert: in the store, in answers, in `io.vedette.alert` events and at the webhook.
extension Alert {
    /// The fields of the contract, in its order, then ours; what is unknown is null.
    package var json: JSONValue {
        var object = JSONObject()
        object["id"] = .string(id)
        object["namespace"] = .string(key.namespace)
        object["model"] = .string(key.model)
        object["version"] = JSONValue(version)
        object["endpoint"] = .string(key.endpoint)
        object["monitor"] = .string(key.monitor)
        object["method"] = JSONValue(method)
        object["kind"] = .string(kind)
        object["state"] = .string(state.rawValue)
        object["severity"] = .string(severity.rawValue)
        object["summary"] = .string(summary)
        object["opened_at"] = JSONValue(openedAt)
        object["updated_at"] = JSONValue(updatedAt)
        object["closed_at"] = JSONValue(closedAt)
        object["window"] = window.json
        object["statistic"] = JSONValue(statistic)
        object["p_value"] = JSONValue(pValue)
        object["threshold"] = JSONValue(threshold)
        object["effect"] = effect?.json ?? .null
        object["features"] = .array(features.map(\.json))
        object["request_ids"] = .array(requestIDs.map { .string($0) })
        object["verdict_ids"] = .array(verdictIDs.map { .string($0) })
        object["owner"] = JSONValue(owner)
        object["runbook_url"] = JSONValue(runbookURL)
        object["alarms"] = .integer(Int64(alarms))
        object["calms"] = .integer(Int64(calms))
        object["acknowledged_at"] = JSONValue(acknowledgedAt)
        object["silenced_until"] = JSONValue(silencedUntil)
        object["acknowledged_by"] = JSONValue(acknowledgedBy)
        object["silenced_by"] = JSONValue(silencedBy)
        object["silence_reason"] = JSONValue(silenceReason)
        object["closed_by"] = JSONValue(closedBy)
        object["muted_until"] = JSONValue(mutedUntil)
        object["incident"] = .string(incident)
        object["told"] = .object(
            JSONObject(told.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value.rawValue)) })
        )
        object["revision"] = .integer(Int64(revision))
        return .object(object)
    }

    /// Reads what ``json`` wrote.
    ///
    /// - Throws: `.corrupt` when a field without which there is no alert is absent or of another type.
    package init(json: JSONValue) throws(EventStoreError) {
        func text(_ key: String) throws(EventStoreError) -> String {
            guard let text = json[key]?.string else {
                throw EventStoreError(
                    .corrupt,
                    "a stored alert has no readable '\(key)'",
                    remedy: "Restore the store from a copy, or move its file away to begin a new one"
                )
            }
            return text
        }
        func time(_ key: String) -> Timestamp? { json[key]?.timestamp }
        guard let state = State(rawValue: try text("state")), let severity = Severity(rawValue: try text("severity")),
            let openedAt = time("opened_at"), let updatedAt = time("updated_at")
        else {
            throw EventStoreError(
                .corrupt,
                "a stored alert has no readable state, severity or time",
                remedy: "Restore the store from a copy, or move its file away to begin a new one"
            )
        }
        self.init(
            id: try text("id"),
            key: Key(
                namespace: try text("namespace"),
                model: try text("model"),
                endpoint: try text("endpoint"),
                monitor: try text("monitor")
            ),
            version: json["version"]?.string,
            kind: try text("kind"),
            method: json["method"]?.string,
            state: state,
            severity: severity,
            summary: try text("summary"),
            openedAt: openedAt,
            updatedAt: updatedAt,
            closedAt: time("closed_at"),
            window: Window(json: json["window"]),
            statistic: json["statistic"]?.double,
            pValue: json["p_value"]?.double,
            threshold: json["threshold"]?.double,
            effect: Effect(json: json["effect"]),
            features: (json["features"]?.array ?? []).compactMap(Feature.init(json:)),
            requestIDs: (json["request_ids"]?.array ?? []).compactMap(\.string),
            verdictIDs: (json["verdict_ids"]?.array ?? []).compactMap(\.string),
            owner: json["owner"]?.string,
            runbookURL: json["runbook_url"]?.string,
            alarms: json["alarms"]?.int ?? 0,
            calms: json["calms"]?.int ?? 0,
            acknowledgedAt: time("acknowledged_at"),
            silencedUntil: time("silenced_until"),
            acknowledgedBy: json["acknowledged_by"]?.string,
            silencedBy: json["silenced_by"]?.string,
            silenceReason: json["silence_reason"]?.string,
            closedBy: json["closed_by"]?.string,
            mutedUntil: time("muted_until"),
            incident: json["incident"]?.string,
            told: Self.told(json["told"]),
            revision: json["revision"]?.int ?? 0
        )
    }

    private static func told(_ json: JSONValue?) -> [String: Severity] {
        var told: [String: Severity] = [:]
        for (name, value) in json?.object ?? [:] { told[name] = value.string.flatMap(Severity.init(rawValue:)) }
        return told
    }
}

extension Alert.Window {
    package var json: JSONValue {
        [
            "start": JSONValue(start), "end": JSONValue(end), "count": JSONValue(count),
            "position_from": JSONValue(positionFrom), "position_to": JSONValue(positionTo),
            "first_id": JSONValue(firstID), "last_id": JSONValue(lastID),
        ]
    }

    package init(json: JSONValue?) {
        self.init(
            start: json?["start"]?.timestamp,
            end: json?["end"]?.timestamp,
            count: json?["count"]?.int,
            positionFrom: json?["position_from"]?.int,
            positionTo: json?["position_to"]?.int,
            firstID: json?["first_id"]?.string,
            lastID: json?["last_id"]?.string
        )
    }
}

extension Effect {
    /// Nil when there is no effect, or one without a value.
    package init?(json: JSONValue?) {
        guard let json, let value = json["value"]?.double else { return nil }
        self.init(
            name: json["name"]?.string ?? "effect",
            value: value,
            low: json["low"]?.double,
            high: json["high"]?.double
        )
    }
}

extension Alert.Feature {
    package var json: JSONValue {
        [
            "name": .string(name), "statistic": JSONValue(statistic), "p_val": JSONValue(pValue),
            "effect": JSONValue(effect),
        ]
    }

    /// Nil when the feature has no name.
    ///
    /// `effect` may be a number or an object with a `value`.
    package init?(json: JSONValue) {
        guard let name = json["name"]?.string else { return nil }
        self.init(
            name: name,
            statistic: json["statistic"]?.double,
            pValue: json["p_val"]?.double,
            effect: json["effect"]?.double ?? json["effect"]?["value"]?.double
        )
    }
}
