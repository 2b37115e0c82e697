import Foundation

/// An authority of a test's own, and certificates that it vouches for, made by `openssl`.
package struct TestCertificates: Sendable {
    private static let executable = "/usr/bin/openssl"

    /// Whether this machine can make some.
    package static var areAvailable: Bool { FileManager.default.isExecutableFile(atPath: executable) }

    /// A certificate and its key, as files in PEM.
    package struct Pair: Sendable {
        package let certificate: String
        package let key: String
    }

    private let folder: TemporaryDirectory
    /// The authority's certificate, as a file in PEM.
    package let authority: String
    private let authorityKey: String

    /// Makes an authority in a folder.
    package init(in folder: TemporaryDirectory, name: String = "authority") throws {
        self.folder = folder
        authority = folder.file("\(name).pem")
        authorityKey = folder.file("\(name).key")
        try Self.run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=\(name)", "-keyout", authorityKey, "-out", authority,
        ])
    }

    /// A certificate for some names: `DNS:localhost,IP:127.0.0.1`.
    package func pair(_ name: String, for names: String) throws -> Pair {
        let pair = Pair(certificate: folder.file("\(name).pem"), key: folder.file("\(name).key"))
        let request = folder.file("\(name).csr")
        let extensions = folder.write(Array("subjectAltName=\(names)\n".utf8), to: "\(name).ext")
        try Self.run([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)", "-keyout",
            pair.key, "-out", request,
        ])
        try Self.run([
            "x509", "-req", "-in", request, "-CA", authority, "-CAkey", authorityKey, "-CAcreateserial", "-days", "2",
            "-extfile", extensions, "-out", pair.certificate,
        ])
        return pair
    }

    private static func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(arguments: arguments) }
    }

    /// `openssl` did not do it.
    package struct Failed: Error {
        package let arguments: [String]
    }
}
