package import Foundation
import Synchronization

/// One log for all processes of a mesh: each line with the name of who wrote it.
package final class MeshLog: Sendable {
    /// The file that holds it.
    package let path: String
    private let file: Mutex<FileHandle>

    /// Opens or makes the file; lines are appended.
    ///
    /// - Throws: `CommandError` when the file cannot be written.
    package init(path: String) throws {
        self.path = path
        let exists = FileManager.default.fileExists(atPath: path)
        guard exists || FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else {
            throw CommandError.unavailable("\(path) cannot be written", remedy: "Choose another --directory")
        }
        handle.seekToEndOfFile()
        file = Mutex(handle)
    }

    /// Writes one line.
    package func write(_ line: String, as name: String) {
        file.withLock { handle in
            // A full disk must not stop the mesh; its services say so on their own.
            try? handle.write(contentsOf: Data("\(name) | \(line)\n".utf8))
        }
    }

    /// Copies what arrives on `handle`, line by line, until it is closed.
    package func follow(_ handle: FileHandle, as name: String) {
        let partial = Mutex(Data())
        handle.readabilityHandler = { [self] handle in
            let arrived = handle.availableData
            if arrived.isEmpty { handle.readabilityHandler = nil }
            let lines = partial.withLock { buffer -> [String] in
                buffer.append(arrived)
                var lines: [String] = []
                while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                    lines.append(String(decoding: buffer[buffer.startIndex..<end], as: UTF8.self))
                    buffer = Data(buffer[buffer.index(after: end)...])
                }
                return lines
            }
            for line in lines { write(line, as: name) }
        }
    }
}
