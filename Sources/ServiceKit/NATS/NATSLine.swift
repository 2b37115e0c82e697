import NATSTransport
import NIOPosix

/// The connection to one stream, made when it is first asked for and again when that failed.
actor NATSLine {
    private let address: NATSAddress
    private let name: String
    private let tokenFile: String?
    private let tls: NATSTLS?
    /// The stream, or the attempt to reach it that is under way: who asks meanwhile waits for the same.
    private var opening: Task<JetStream, any Error>?

    /// - Parameter tls: For an address that is encrypted.
    /// - Throws: `NATSError` when this machine has no library for NATS.
    init(_ address: NATSAddress, name: String, tokenFile: String?, tls: NATSTLS?) throws {
        try NATSConnection.requireLibrary()
        self.address = address
        self.name = name
        self.tokenFile = tokenFile
        self.tls = tls
    }

    /// The stream of the address, which is made where there is none.
    func stream() async throws -> JetStream {
        if let opening {
            do { return try await opening.value } catch {
                self.opening = nil
                throw error
            }
        }
        let (address, name, tokenFile, tls) = (address, name, tokenFile, tls)
        let task = Task {
            // Connecting blocks, so it runs on NIO's threads for blocking calls.
            let connection = try await NIOThreadPool.singleton.runIfActive {
                let token = try tokenFile.map { try BearerTokens.first(in: $0) }
                return try NATSConnection(url: address.server, name: name, token: token, tls: tls)
            }
            let stream = JetStream(connection)
            try await stream.ensureStream(address.stream, subjects: [address.subjects])
            return stream
        }
        opening = task
        do { return try await task.value } catch {
            opening = nil
            throw error
        }
    }

    /// Makes the stream again, which somebody removed.
    func restore() async throws {
        guard let opening else { return }
        try await opening.value.ensureStream(address.stream, subjects: [address.subjects])
    }
}
