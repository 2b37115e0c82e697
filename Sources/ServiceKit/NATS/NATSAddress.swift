package import CloudEvents

/// A stream of NATS JetStream: `nats://host:port/STREAM`, or `tls://host:port/STREAM` where TLS is spoken.
///
/// Events have the subjects `STREAM.<namespace>.<model>.<type>`, so that whoever reads can ask for some of them:
/// `vedette.*.digits.>` are those of one model, `vedette.*.*.io.vedette.verdict.>` all verdicts.
package struct NATSAddress: SettingValue, Hashable {
    /// `nats://host:port` or `tls://host:port`.
    package var server: String
    /// Letters, digits, hyphens and underscores.
    package var stream: String

    package static var settingKind: String { "nats://host:port/STREAM or tls://host:port/STREAM" }

    package init?(settingText: String) {
        guard let scheme = Self.schemes.first(where: { settingText.hasPrefix($0) }) else { return nil }
        let parts = settingText.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: false)
        // Secrets never come by flag, so an address has no user in it.
        guard parts.count == 2, !parts[0].isEmpty, !parts[0].contains("@"), !parts[0].contains(" "),
            !parts[1].isEmpty, parts[1].utf8.allSatisfy(Self.isNameByte)
        else { return nil }
        server = scheme + parts[0]
        stream = String(parts[1])
    }

    package var settingText: String { "\(server)/\(stream)" }

    /// What an address begins with; the second is encrypted.
    static let schemes = ["nats://", "tls://"]

    /// Whether TLS is spoken.
    var isEncrypted: Bool { server.hasPrefix("tls://") }

    /// Everything that the stream takes.
    package var subjects: String { "\(stream).>" }

    /// Where an event goes.
    package func subject(of event: CloudEvent) -> String {
        let namespace = Self.token(event[extension: "namespace"])
        let model = Self.token(event[extension: "model"] ?? event[extension: "inferenceservicename"])
        let type = event.type.split(separator: ".", omittingEmptySubsequences: true).map { Self.token(String($0)) }
        return "\(stream).\(namespace).\(model).\(type.joined(separator: "."))"
    }

    /// One part of a subject: what may not stand in it becomes an underscore, as does nothing at all.
    private static func token(_ text: String?) -> String {
        guard let text, !text.isEmpty else { return "_" }
        return String(decoding: text.utf8.map { isNameByte($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
