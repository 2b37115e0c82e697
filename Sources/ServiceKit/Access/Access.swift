import HTTPTypes

/// Who may use a listener, and how a request says who sent it.
package struct Access: Sendable {
    /// Nil where nobody is asked for one.
    package let tokens: BearerTokens?
    /// Verifies tokens of an identity provider, where there is one.
    package let provider: (any IdentityProvider)?
    /// Browsers that signed in; nil for a service without pages.
    package let sessions: PageSessions?

    package init(tokens: BearerTokens?, provider: (any IdentityProvider)? = nil, sessions: PageSessions? = nil) {
        self.tokens = tokens
        self.provider = provider
        self.sessions = sessions
    }

    /// Whether nobody is asked who they are.
    package var isOpen: Bool { tokens == nil && provider == nil }

    /// What can be said at once of a request's `Authorization`.
    enum Answer: Sendable {
        case known(Principal)
        /// It looks like a token of the provider, which takes a moment to verify.
        case unverified(String)
        case stranger
    }

    func answer(authorization: String?) -> Answer {
        if isOpen { return .known(.anybody) }
        guard let token = BearerTokens.token(in: authorization) else { return .stranger }
        if let known = tokens?.principal(token: token) { return .known(known) }
        guard provider != nil, token.utf8.count(where: { $0 == UInt8(ascii: ".") }) == 2 else { return .stranger }
        return .unverified(token)
    }

    /// Who an `Authorization` header stands for.
    package func principal(authorization: String?) async -> Principal? {
        switch answer(authorization: authorization) {
        case .known(let principal): principal
        case .unverified(let token): await provider?.principal(token: token)
        case .stranger: nil
        }
    }

    static let unauthorized = ServiceError(
        .unauthorized,
        "a token is needed",
        remedy: "Send Authorization: Bearer TOKEN"
    )
}

/// Says who a signed token stands for.
package protocol IdentityProvider: Sendable {
    /// Nil for a token that is not valid now, or not meant for us.
    func principal(token: String) async -> Principal?
}
