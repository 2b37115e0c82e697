import EventStore

/// Addresses of pages and routes, with every part escaped.
enum Links {
    static func alert(_ id: String) -> String { "/alerts/\(escaped(id))" }

    static func alertActions(_ id: String) -> String { "/v1/alerts/\(escaped(id))" }

    static func incidentActions(_ id: String) -> String { "/v1/incidents/\(escaped(id))" }

    static func audit(cursor: PageCursor? = nil) -> String { path("/audit", [("cursor", cursor?.description)]) }

    static func request(_ reference: RowReference) -> String { "/requests/\(escaped(reference.description))" }

    static func explain(_ reference: RowReference) -> String {
        "/v1/requests/\(escaped(reference.description))/explain"
    }

    static func exchanges(
        model: String? = nil,
        verdict: String? = nil,
        range: TimeRange? = nil,
        search: ExchangesView.Search = ExchangesView.Search(),
        cursor: PageCursor? = nil
    ) -> String {
        path(
            "/exchanges",
            [("model", model), ("verdict", verdict), ("range", range?.rawValue)]
                + search.fields.map { ($0.name, $0.value.isEmpty ? nil : $0.value) }
                + [("cursor", cursor?.description)]
        )
    }

    static func model(_ name: ModelCondition.Name, range: TimeRange? = nil) -> String {
        // An empty part of a path would be no part.
        let model = name.model.isEmpty ? Alert.Key.unknownModel : name.model
        return path("/models/\(escaped(name.namespace))/\(escaped(model))", [("range", range?.rawValue)])
    }

    static func overview(range: TimeRange, search: String, group: String, page: Int = 1) -> String {
        path(
            "/",
            [
                ("range", range.rawValue), ("search", search.isEmpty ? nil : search),
                ("group", group == "none" ? nil : group), ("page", page > 1 ? String(page) : nil),
            ]
        )
    }

    static func alerts(state: String? = nil, cursor: PageCursor? = nil) -> String {
        path("/alerts", [("state", state), ("cursor", cursor?.description)])
    }

    private static func path(_ path: String, _ query: [(String, String?)]) -> String {
        let pairs = query.compactMap { name, value in value.map { "\(name)=\(escaped($0))" } }
        return pairs.isEmpty ? path : path + "?" + pairs.joined(separator: "&")
    }

    /// The text with everything but unreserved characters (RFC 3986) as `%41`.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                escaped += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return escaped
    }
}
