package import EventStore
import ServiceKit

/// A way to people or systems that are told of alerts.
package struct AlertRoute: Sendable {
    /// The kinds of receivers, with what each needs.
    enum Channel: Sendable {
        case webhook(Post, signingKeyFile: String?)
        case alertmanager(Post, resend: Duration)
        case slack(Post)
        case email(MailAccount)
        case cloudEvent(Post)
    }

    /// Letters, digits, dots and hyphens: it names a folder, and the route in metrics.
    package var name: String
    var channel: Channel
    var match: AlertMatch
    /// Whether it is told again when a warning becomes critical.
    var hearsOfEscalation = true

    /// What the policy knows of it.
    package var recipient: AlertRecipient {
        AlertRecipient(name: name, match: match, hearsOfEscalation: hearsOfEscalation)
    }

    init(name: String, channel: Channel, match: AlertMatch = AlertMatch(), hearsOfEscalation: Bool = true) {
        self.name = name
        self.channel = channel
        self.match = match
        self.hearsOfEscalation = hearsOfEscalation
    }

    private static let kinds = ["webhook", "alertmanager", "slack", "email", "cloudevent"]
    /// Names that other receivers of the process have.
    private static let taken = ["webhook", AlertDesk.sinks]

    init(_ place: YAMLPlace, targets: AlertTargets) throws {
        let mapping = try place.mapping(["name", "match"] + Self.kinds)
        let named = try mapping.required("name")
        name = try named.value("a name of letters, digits, dots and hyphens, at most 60") { text in
            let isLegal = text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == 0x2D || byte == 0x2E
            }
            return isLegal && text.utf8.count <= 60 && text.first != "." ? text : nil
        }
        guard !Self.taken.contains(name) else {
            throw named.fault("a route cannot be called '\(name)'", remedy: "Choose another name")
        }
        match = try AlertMatch(mapping["match"])
        let found = mapping.keys.filter(Self.kinds.contains)
        guard found.count == 1, let kind = found.first else {
            throw place.fault(
                found.isEmpty ? "it does not say where it leads" : "it leads to \(found.joined(separator: " and "))",
                remedy: "Give exactly one of \(Self.kinds.joined(separator: ", "))"
            )
        }
        let target = try mapping.required(kind)
        channel =
            switch kind {
            case "webhook":
                .webhook(
                    try Post(target, targets: targets, also: ["signing_key_file"]),
                    signingKeyFile: try target.readableFile("signing_key_file")
                )
            case "alertmanager":
                .alertmanager(
                    try Post(target, targets: targets, also: ["resend"]),
                    resend: try target.anyMapping()["resend"].map { place in
                        try place.value("a duration, 1s to 1h") { text in
                            Duration(settingText: text).flatMap {
                                (.seconds(1)...(.seconds(3600))).contains($0) ? $0 : nil
                            }
                        }
                    } ?? .seconds(60)
                )
            case "slack": .slack(try Post(target, targets: targets))
            case "email": .email(try MailAccount(target, targets: targets))
            default: .cloudEvent(try Post(target, targets: targets))
            }
    }
}

/// Where something is posted, and how the sender is known there.
struct Post: Sendable {
    /// Known from the start, or in a file because whoever knows it may post.
    enum Address: Sendable {
        case plain(RouteAddress)
        case file(String, AlertTargets)
    }

    var address: Address
    var tokenFile: String?

    /// - Parameter keys: What else may stand there.
    init(_ place: YAMLPlace, targets: AlertTargets, also keys: [String] = []) throws {
        let mapping = try place.mapping(["url", "url_file", "token_file"] + keys)
        switch (mapping["url"], mapping["url_file"]) {
        case (let url?, nil):
            let address = try url.value("an http:// or https:// address without a password in it") {
                RouteAddress($0, schemes: ["http", "https"])
            }
            try targets.check(address, at: url)
            self.address = .plain(address)
        case (nil, let file?):
            let path = try file.text()
            let address: RouteAddress
            do { address = try Self.address(inFile: path) } catch {
                throw file.fault(error.message, remedy: error.remedy)
            }
            try targets.check(address, at: file)
            self.address = .file(path, targets)
        default:
            throw place.fault("it needs one address", remedy: "Give either url or url_file")
        }
        tokenFile = try place.readableFile("token_file")
    }

    init(address: Address, tokenFile: String?) {
        self.address = address
        self.tokenFile = tokenFile
    }

    /// The address at this moment; a file is read anew, so that it may be exchanged without a restart.
    func current() throws(SettingsError) -> String {
        switch address {
        case .plain(let address): return address.text
        case .file(let path, let targets):
            let address = try Self.address(inFile: path)
            guard targets.allows(host: address.host, port: address.port) else {
                throw SettingsError(
                    .file,
                    key: path,
                    "the address in \(path) leads to a host that is not allowed",
                    remedy: "Add its host to alerts.targets.allow"
                )
            }
            return address.text
        }
    }

    private static func address(inFile path: String) throws(SettingsError) -> RouteAddress {
        let text = try SecretFile.first(in: path)
        guard let address = RouteAddress(text, schemes: ["http", "https"]) else {
            throw SettingsError(
                .file,
                key: path,
                "what \(path) holds is no http:// or https:// address",  // and is not shown: it is a secret
                remedy: "Write the address on its first line"
            )
        }
        return address
    }
}

extension YAMLPlace {
    /// The path under a key, of a file that holds a secret and can be read.
    func readableFile(_ name: String) throws -> String? {
        guard let place = try anyMapping()[name] else { return nil }
        let path = try place.text()
        do { _ = try SecretFile.first(in: path) } catch { throw place.fault(error.message, remedy: error.remedy) }
        return path
    }
}
