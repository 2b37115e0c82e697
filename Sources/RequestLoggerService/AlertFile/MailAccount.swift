import ServiceKit

/// Where mail is handed in, from whom and to whom.
struct MailAccount: Sendable {
    var server: RouteAddress
    var from: String
    var recipients: [String]
    var user: String?
    var passwordFile: String?
    /// Whether `smtp://` has to become TLS before anything else is said; only loopback may do without.
    var demandsTLS: Bool

    init(_ place: YAMLPlace, targets: AlertTargets) throws {
        let mapping = try place.mapping(["server", "from", "to", "user", "password_file", "tls"])
        let named = try mapping.required("server")
        server = try named.value("an smtp:// or smtps:// address") { RouteAddress($0, schemes: ["smtp", "smtps"]) }
        try targets.check(server, at: named)
        from = try mapping.required("from").value("a mail address such as vedette@example.org", Self.address)
        recipients = try mapping.required("to").oneOrMore().map {
            try $0.value("a mail address such as team@example.org", Self.address)
        }
        guard (1...100).contains(recipients.count) else {
            throw place.fault(
                "it has \(recipients.count) recipients",
                remedy: "Give 1 to 100, or the address of a list"
            )
        }
        user = try mapping["user"]?.text()
        passwordFile = try place.readableFile("password_file")
        guard (user == nil) == (passwordFile == nil) else {
            throw place.fault("user and password_file belong together", remedy: "Give both or neither")
        }
        let isLocal = AlertTargets().allows(host: server.host, port: server.port)
        let tls = try mapping["tls"]?.value("required or none") { ["required": true, "none": false][$0] }
        demandsTLS = tls ?? !isLocal
        guard demandsTLS || server.scheme == "smtps" || user == nil || isLocal else {
            throw place.fault("a password would be sent in the clear", remedy: "Leave out tls: none")
        }
    }

    /// An address as SMTP takes it without quoting: one @, no blanks, brackets or control characters.
    private static func address(_ text: String) -> String? {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let isLegal = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"<>()[]\\,;:\"".utf8.contains($0) }
        return parts.count == 2 && isLegal && parts.allSatisfy { !$0.isEmpty } && text.utf8.count <= 254
            && !text.hasPrefix("-") ? text : nil
    }
}
