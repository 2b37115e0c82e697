import CSMTP

/// A message on its way to a mail server, by libcurl's SMTP.
///
/// The library, `libcurl.so.4` of Debian's `libcurl4`, is opened when mail is first handed in.
package struct MailSubmission: Sendable {
    /// `smtp://host:port` or `smtps://host:port`.
    package var server: String
    /// Whether `smtp://` has to become TLS before anything else is said.
    package var demandsTLS: Bool
    /// A file of certificates in PEM that vouch for the server; those of the system when it is nil.
    package var authoritiesFile: String?
    package var user: String?
    package var password: String?
    package var timeout: Duration
    package var from: String
    package var recipients: [String]
    /// The whole message, lines ending in CRLF.
    package var message: [UInt8]

    package init(
        server: String,
        demandsTLS: Bool,
        authoritiesFile: String? = nil,
        user: String? = nil,
        password: String? = nil,
        timeout: Duration,
        from: String,
        recipients: [String],
        message: [UInt8]
    ) {
        self.server = server
        self.demandsTLS = demandsTLS
        self.authoritiesFile = authoritiesFile
        self.user = user
        self.password = password
        self.timeout = timeout
        self.from = from
        self.recipients = recipients
        self.message = message
    }

    /// What came of it.
    package struct Reply: Sendable, Hashable {
        /// The server's last reply code, 250 when it took the message; 0 where there was no reply.
        package var code: Int
        /// What went wrong.
        package var text: String
    }

    /// Whether the library is here that hands in mail.
    package static var isPossible: Bool { vedette_mail_is_possible() != 0 }

    /// Hands the message in.
    ///
    /// It blocks until the server has answered: to be called on a thread that may wait.
    package func send() -> Reply {
        var text = [CChar](repeating: 0, count: 512)
        let code = Self.withCStrings(recipients) { recipients in
            Self.withOptionalCString(authoritiesFile) { authorities in
                Self.withOptionalCString(user) { user in
                    Self.withOptionalCString(password) { password in
                        server.withCString { server in
                            from.withCString { from in
                                message.withUnsafeBufferPointer { message in
                                    recipients.withUnsafeBufferPointer { recipients in
                                        var mail = vedette_mail(
                                            server: server,
                                            demands_tls: demandsTLS ? 1 : 0,
                                            authorities: authorities,
                                            user: user,
                                            password: password,
                                            timeout_ms: max(1, Int(timeout / .milliseconds(1))),
                                            from: from,
                                            recipients: recipients.baseAddress,
                                            recipient_count: recipients.count,
                                            message: message.baseAddress,
                                            message_bytes: message.count
                                        )
                                        return vedette_mail_send(&mail, &text, text.count)
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return Reply(code: Int(code), text: String(decoding: bytes, as: UTF8.self))
    }

    private static func withOptionalCString<Result>(
        _ text: String?,
        _ body: (UnsafePointer<CChar>?) -> Result
    ) -> Result {
        guard let text else { return body(nil) }
        return text.withCString { body($0) }
    }

    private static func withCStrings<Result>(
        _ texts: [String],
        _ body: ([UnsafePointer<CChar>?]) -> Result
    ) -> Result {
        func next(_ rest: ArraySlice<String>, _ pointers: [UnsafePointer<CChar>?]) -> Result {
            guard let first = rest.first else { return body(pointers) }
            return first.withCString { next(rest.dropFirst(), pointers + [$0]) }
        }
        return next(texts[...], [])
    }
}
