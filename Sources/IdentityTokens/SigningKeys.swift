import JSON
import JWTKit
import Journal
import ServiceKit

/// The public keys of an identity provider, each with the algorithms that may be verified with it.
///
/// A key serves the algorithms of its own kind alone, and of those the one that it names, if it names one. So a token
/// cannot choose how it is verified: one without a signature, or one signed with a public key taken for a secret, meets no
/// key. Secrets in the file are refused: whoever could verify with one could sign with it.
///
/// Source: RFC 7517; RFC 7518, section 3; RFC 8037; RFC 8725, sections 3.1 and 3.2.
struct SigningKeys: Sendable {
    private struct Key: Sendable {
        var id: String?
        var verifiers: [String: any JWTAlgorithm]
    }

    private let keys: [Key]

    /// How many keys there are.
    var count: Int { keys.count }

    /// Larger files are not read.
    private static let largestFile = 1 << 20

    /// Reads a file of keys; those for encryption, and those of kinds that sign nothing here, are passed over.
    ///
    /// - Throws: ``SettingsError`` `.file` for a file that cannot be read, has no key that signs, has a secret, or has a key
    ///   that is broken or too short.
    init(file path: String) async throws {
        func fault(_ what: String, _ remedy: String) -> SettingsError {
            SettingsError(.file, key: path, "the keys of \(path) cannot be used: \(what)", remedy: remedy)
        }
        let bytes: [UInt8]
        do { bytes = try WholeFile.read(path, limit: Self.largestFile) } catch {
            throw fault(error.message, "Check the path and its permissions")
        }
        guard let list = (try? JSONValue(parsing: bytes))?["keys"]?.array else {
            throw fault("it is no JSON Web Key Set", #"Give what the provider's jwks_uri answers: {"keys": [...]}"#)
        }
        var keys: [Key] = []
        for (number, description) in list.enumerated() {
            let id = description["kid"]?.string
            let name = id.map { "the key '\($0.prefix(80))'" } ?? "key \(number + 1)"
            guard description["kty"]?.string != "oct" else {
                throw fault("\(name) is a secret", "List public keys alone: RSA, EC or Ed25519")
            }
            let algorithms = Self.algorithms(of: description)
            guard !algorithms.isEmpty else { continue }
            if keys.contains(where: { $0.id == id && !algorithms.isDisjoint(with: $0.verifiers.keys) }) {
                throw fault("\(name) is there twice", "Give each key a kid of its own")
            }
            var verifiers: [String: any JWTAlgorithm] = [:]
            for algorithm in algorithms {
                do { verifiers[algorithm] = try await Self.verifier(of: description, algorithm) } catch {
                    throw fault("\(name) is broken or too short: \(error)", "RSA keys need 2,048 bits or more")
                }
            }
            keys.append(Key(id: id, verifiers: verifiers))
        }
        guard !keys.isEmpty else { throw fault("none of them verifies signatures", "List RSA, EC or Ed25519 keys") }
        self.keys = keys
    }

    /// What verifies a token; one that names no key is taken where there is one key alone.
    ///
    /// - Throws: `.unknownKey`, or `.algorithm` where the key is there and not for that algorithm.
    func verifier(for token: SignedToken) throws(TokenRefusal) -> any JWTAlgorithm {
        let named = keys.filter { $0.id == token.keyID }
        let candidates = token.keyID == nil && keys.count == 1 ? keys : named
        guard !candidates.isEmpty else { throw .unknownKey }
        guard let verifier = candidates.lazy.compactMap({ $0.verifiers[token.algorithm] }).first else {
            throw .algorithm
        }
        return verifier
    }

    /// The algorithms that a key may verify; none where it is for something else.
    private static func algorithms(of key: JSONValue) -> Set<String> {
        if let use = key["use"], use.string != "sig" { return [] }
        if let operations = key["key_ops"]?.array, !operations.contains(.string("verify")) { return [] }
        let possible: Set<String> =
            switch (key["kty"]?.string, key["crv"]?.string) {
            case ("RSA", _): ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
            case ("EC", "P-256"): ["ES256"]
            case ("EC", "P-384"): ["ES384"]
            case ("EC", "P-521"): ["ES512"]
            case ("OKP", "Ed25519"): ["EdDSA"]
            default: []
            }
        return key["alg"].map { possible.intersection([$0.string ?? ""]) } ?? possible
    }

    private static func verifier(of key: JSONValue, _ name: String) async throws -> any JWTAlgorithm {
        let id = JWKIdentifier(string: name)
        let algorithm = JWK.Algorithm(rawValue: name)
        func field(_ name: String) -> String? { key[name]?.string }
        // Named one by one, so that what is private in the file stays out.
        let description: JWK =
            switch field("kty") {
            case "RSA": .rsa(algorithm, identifier: id, modulus: field("n"), exponent: field("e"))
            case "EC":
                .ecdsa(
                    algorithm,
                    identifier: id,
                    x: field("x"),
                    y: field("y"),
                    curve: field("crv").flatMap(ECDSACurve.init(rawValue:))
                )
            default: .octetKeyPair(algorithm, identifier: id, x: field("x"), y: nil, curve: .ed25519)
            }
        let collection = try await JWTKeyCollection().add(jwk: description)
        return try await collection.getKey(for: id)
    }
}
