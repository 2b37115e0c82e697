import Foundation
import ServiceKit

/// A file without a name, gone when nobody holds it any more, even after a kill.
final class ScratchFile: Sendable {
    private let descriptor: Int32
    private static let pieceBytes = 256 << 10

    /// - Throws: ``ServiceError`` where the folder cannot be written.
    init(in directory: String) throws {
        let path = "\(directory)/scratch-\(UUID().uuidString)"
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(directory) }
        unlink(path)
    }

    deinit { close(descriptor) }

    func append(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { throw Self.failure("it") }
            rest = rest.dropFirst(max(0, count))
        }
    }

    /// Hands out what was appended, from the start.
    func forEachPiece(_ body: ([UInt8]) async throws -> Void) async throws {
        var place: off_t = 0
        while true {
            var count = 0
            let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { buffer, initialized in
                count = pread(descriptor, buffer.baseAddress, Self.pieceBytes, place)
                initialized = max(0, count)
            }
            guard count >= 0 else { throw Self.failure("it") }
            if count == 0 { return }
            try await body(piece)
            place += off_t(count)
        }
    }

    private static func failure(_ what: String) -> ServiceError {
        ServiceError(
            .internalError,
            "a file for the export cannot be written to \(what): \(String(cString: strerror(errno)))",
            remedy: "Check the space on the disk of state.directory"
        )
    }
}
