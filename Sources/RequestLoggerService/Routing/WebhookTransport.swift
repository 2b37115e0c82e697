import CloudEvents
import Crypto
import EventStore
import JSON
import ServiceKit

/// A plain webhook: one POST with the alert as JSON, signed where the receiver wants to know that it is ours.
struct WebhookTransport: SinkTransport {
    let post: RoutePost
    let signingKeyFile: String?
    let base: String?

    func send(_ events: [OutgoingEvent]) async -> SinkAnswer {
        guard let event = events.first else { return .status(204, retryAfter: nil) }
        do {
            let message = try AlertMessage(event, base: base)
            var content = JSONObject()
            content["change"] = .string(message.event[extension: "change"] ?? "")
            content["page"] = JSONValue(message.page)
            content["alert"] = message.alert.json
            let body = JSONValue.object(content).serialized()
            var headers = [(name: "content-type", value: "application/json")]
            if let signingKeyFile {
                let key = SymmetricKey(data: Array(try SecretFile.first(in: signingKeyFile).utf8))
                let code = HMAC<SHA256>.authenticationCode(for: body, using: key)
                headers.append(("vedette-signature", "sha256=\(Self.hexadecimal(code))"))
            }
            return await post.send(body, key: message.key, headers: headers)
        } catch {
            return .unreachable("\(error)")
        }
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
