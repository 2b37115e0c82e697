import CloudEvents
import EventStore
import Logging
import NIOPosix
import SMTP
import ServiceKit

/// Mail, handed in by SMTP.
///
/// A server that took the message without saying so gets it again under the same `Message-ID`, by which readers and
/// most stores of mail know it.
struct MailTransport: SinkTransport {
    let account: MailAccount
    /// Who vouches for the server's certificate; those of the system when it is nil.
    let authoritiesFile: String?
    let timeout: Duration
    let base: String?
    let logger: Logger

    func send(_ events: [OutgoingEvent]) async -> SinkAnswer {
        guard let event = events.first else { return .status(204, retryAfter: nil) }
        let submission: MailSubmission
        do {
            submission = MailSubmission(
                server: account.server.text,
                demandsTLS: account.demandsTLS,
                authoritiesFile: authoritiesFile,
                user: account.user,
                password: try account.passwordFile.map { try SecretFile.first(in: $0) },
                timeout: timeout,
                from: account.from,
                recipients: account.recipients,
                message: MailText(Self.mail(try AlertMessage(event, base: base), account)).bytes
            )
        } catch {
            return .unreachable("\(error)")
        }
        do {
            // It waits for the server: on NIO's threads for blocking calls, never on those of the event loops.
            let reply = try await NIOThreadPool.singleton.runIfActive { submission.send() }
            if reply.code >= 400 {
                logger.debug(
                    "mail was not taken",
                    metadata: ["smtp.code": "\(reply.code)", "smtp.text": "\(reply.text)"]
                )
            }
            return Self.answer(reply)
        } catch {
            return .unreachable("\(type(of: error))")
        }
    }

    static func mail(_ message: AlertMessage, _ account: MailAccount) -> Mail {
        let alert = message.alert
        let domain = account.from.split(separator: "@").last.map(String.init) ?? "localhost"
        let facts = message.facts.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
        return Mail(
            from: account.from,
            to: account.recipients,
            subject: message.subject,
            date: message.event.time ?? alert.updatedAt,
            id: "\(message.key)@\(domain)",
            thread: "\(alert.id)@\(domain)",
            text: "\(alert.summary)\n\n\(facts)\n"
        )
    }

    /// What a reply of SMTP comes to among the answers of sinks.
    private static func answer(_ reply: MailSubmission.Reply) -> SinkAnswer {
        switch reply.code {
        case 200..<400: .status(200, retryAfter: nil)
        case 421: .status(503, retryAfter: nil)  // the server as a whole
        case 400..<500: .status(500, retryAfter: nil)  // this message, for now
        case 530, 534, 535: .status(401, retryAfter: nil)  // us
        case 500...: .status(422, retryAfter: nil)  // this message, for good
        default: .unreachable(reply.text)
        }
    }
}
