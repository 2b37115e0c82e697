package import CloudEvents
import JWTKit
import Journal
import Logging
package import ServiceKit

/// Takes signed tokens of an identity provider, by the public keys that it gave into a file.
///
/// A file that changes is read again within a second, and at once for a token whose key is not there: so keys are
/// exchanged while the process runs, and a key that was taken out opens nothing more. A file that cannot be read is logged,
/// and the old keys stay.
package actor IdentityTokens: IdentityProvider {
    private let path: String
    private let rules: ClaimRules
    private let outcomes: Counters
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private var keys: SigningKeys
    private var status: FileStatus?
    private var lookedAt = ContinuousClock.now
    /// When a refusal of each kind was last logged.
    private var said: [TokenRefusal: ContinuousClock.Instant] = [:]

    private static let interval = Duration.seconds(1)

    /// What the settings name; nil where they name no keys.
    ///
    /// - Parameter now: The clock that tokens are held against.
    /// - Throws: ``SettingsError`` for a file of keys that cannot be used, and where issuer or audience are not set.
    package static func open(
        _ context: SidecarContext,
        now: @escaping @Sendable () -> Timestamp = { .now() }
    ) async throws -> IdentityTokens? {
        typealias Keys = IdentityTokenSettings
        let settings = context.settings
        let (issuer, audience) = (try settings.value(Keys.issuer), try settings.value(Keys.audience))
        guard let path = try settings.value(Keys.keysFile) else {
            guard issuer == nil, audience == nil else {
                throw SettingsError(
                    .conflict,
                    key: Keys.keysFile.name,
                    "tokens of an identity provider are described, and its keys are not",
                    remedy: "Set \(Keys.keysFile.flag) too, or neither \(Keys.issuer.flag) nor \(Keys.audience.flag)"
                )
            }
            return nil
        }
        guard let issuer, let audience else {
            // Else every token that the provider ever gave to anybody for anything would open us.
            throw SettingsError(
                .conflict,
                key: Keys.keysFile.name,
                "it is not said whose tokens are taken, and for whom they have to be",
                remedy: "Set \(Keys.issuer.flag) and \(Keys.audience.flag)"
            )
        }
        let grants = try settings.value(Keys.roles)
        let rules = ClaimRules(
            issuer: issuer,
            audience: audience,
            roleClaim: try settings.value(Keys.roleClaim),
            grants: grants.isEmpty ? Role.allCases.map { RoleGrant($0.rawValue, $0) } : grants,
            nameClaim: try settings.value(Keys.nameClaim),
            leeway: try settings.value(Keys.leeway)
        )
        let status = FileStatus(path: path)
        return IdentityTokens(
            path: path,
            rules: rules,
            keys: try await SigningKeys(file: path),
            status: status,
            context: context,
            now: now
        )
    }

    private init(
        path: String,
        rules: ClaimRules,
        keys: SigningKeys,
        status: FileStatus?,
        context: SidecarContext,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.path = path
        self.rules = rules
        self.keys = keys
        self.status = status
        self.now = now
        logger = context.logger
        outcomes = context.metrics.counter(
            "vedette_identity_tokens_total",
            "Tokens of the identity provider: accepted, or why not.",
            labels: ["outcome"]
        )
    }

    /// Who a token stands for.
    ///
    /// The signature is verified on the caller's thread: some 30 µs for RSA, 100 µs for an elliptic curve.
    nonisolated package func principal(token: String) async -> Principal? {
        do throws(TokenRefusal) {
            let principal = try await verified(token)
            outcomes.with("accepted").increment()
            return principal
        } catch {
            outcomes.with(error.rawValue).increment()
            await say(error)
            return nil
        }
    }

    nonisolated private func verified(_ text: String) async throws(TokenRefusal) -> Principal {
        let token = try SignedToken(text)
        let verifier: any JWTAlgorithm
        do throws(TokenRefusal) {
            verifier = try await currentKeys(looking: false).verifier(for: token)
        } catch {
            guard error == .unknownKey else { throw error }
            verifier = try await currentKeys(looking: true).verifier(for: token)
        }
        guard (try? verifier.verify(token.signature, signs: token.signed)) == true else { throw .signature }
        return try rules.principal(of: try token.claims, at: now())
    }

    /// The keys of the file, as it is now.
    private func currentKeys(looking mustLook: Bool) async -> SigningKeys {
        let time = ContinuousClock.now
        guard mustLook || time - lookedAt > Self.interval else { return keys }
        lookedAt = time
        let fresh = FileStatus(path: path)
        guard fresh != status else { return keys }
        status = fresh
        do {
            let taken = try await SigningKeys(file: path)
            guard status == fresh else { return keys }  // the file changed again meanwhile: others have read it since
            keys = taken
            logger.notice("took new keys of the identity provider", metadata: ["keys.count": "\(keys.count)"])
        } catch {
            logger.error(
                "new keys of the identity provider cannot be used, the old ones stay",
                metadata: ["error": "\(error)"]
            )
        }
        return keys
    }

    /// Tells whoever runs the service why tokens are refused, once a minute for each reason.
    private func say(_ refusal: TokenRefusal) {
        let time = ContinuousClock.now
        if let last = said[refusal], time - last < .seconds(60) { return }
        said[refusal] = time
        logger.notice("token of the identity provider refused", metadata: ["error.code": "\(refusal.rawValue)"])
    }
}
