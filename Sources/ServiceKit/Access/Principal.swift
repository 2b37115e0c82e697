package import CloudEvents

/// What somebody may do, each more than the one before.
package enum Role: String, Sendable, Hashable, CaseIterable, Comparable {
    /// Look: GET and HEAD.
    case read
    /// Also send and act: everything else.
    case write
    /// Also what cannot be undone, and what others did.
    case admin

    package static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .read: 0
        case .write: 1
        case .admin: 2
        }
    }

    /// The role that a method needs where a route asks for no more.
    static func needed(forMethod method: String) -> Role { method == "GET" || method == "HEAD" ? .read : .write }
}

/// Who sent a request, as far as that is known.
package struct Principal: Sendable, Hashable {
    /// How it was found.
    package enum Way: String, Sendable, Hashable {
        /// Nobody is asked who they are.
        case open
        /// A token of the file.
        case token
        /// A browser that signed in with one.
        case session
        /// A signed token of an identity provider.
        case jwt
    }

    /// The name that goes with a token; nil where none does.
    package var name: String?
    package var role: Role
    package var way: Way
    /// When what they showed is over; nil where that is not said.
    package var until: Timestamp?

    package init(name: String?, role: Role, way: Way, until: Timestamp? = nil) {
        self.name = name
        self.role = role
        self.way = way
        self.until = until
    }

    /// Whoever comes, where nobody is asked.
    package static let anybody = Principal(name: nil, role: .admin, way: .open)

    /// Refuses those who may do less.
    ///
    /// - Throws: ``ServiceError`` `.forbidden`.
    package func require(_ needed: Role) throws(ServiceError) {
        guard role < needed else { return }
        throw ServiceError(
            .forbidden,
            "this needs the role \(needed.rawValue), and the request has \(role.rawValue)",
            remedy: "Use a token with that role"
        )
    }
}
