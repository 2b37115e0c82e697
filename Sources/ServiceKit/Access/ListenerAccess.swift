import Logging

/// Who may use a listener.
package enum ListenerAccess {
    /// The tokens that a listener asks for; nil where nobody is asked.
    ///
    /// - Parameters:
    ///   - key: The setting of its address, for messages.
    ///   - asksOtherwise: Whether callers have to say who they are in another way.
    /// - Throws: ``SettingsError`` for an address other than loopback with neither token, clients' certificates nor `insecure`.
    package static func tokens(
        listen: ListenAddress,
        key: String,
        context: SidecarContext,
        asksOtherwise: Bool = false
    ) throws -> BearerTokens? {
        let settings = context.settings
        let tokens = try settings.value(HTTPSettings.tokenFile).map { try BearerTokens(file: $0) }
        let asksForCertificates = try settings.value(HTTPSettings.tlsClientAuthoritiesFile) != nil
        if !listen.isLoopback, tokens == nil, !asksForCertificates, !asksOtherwise {
            guard try settings.value(HTTPSettings.insecure) else {
                throw SettingsError(
                    .conflict,
                    key: key,
                    "\(key) \(listen) can be reached from other machines, and nobody is asked for a token",
                    remedy:
                        "Set \(HTTPSettings.tokenFile.flag) FILE, or \(HTTPSettings.tlsClientAuthoritiesFile.flag) FILE, or listen at 127.0.0.1, or say --insecure true"
                )
            }
            context.logger.warning("listening without a token", metadata: ["http.address": "\(listen)"])
        }
        return tokens
    }
}
