import CZstd
import Synchronization

/// Frames of Zstandard, RFC 8878, each of which says how long its content is.
package enum Zstandard {
    /// The fastest of the usual levels: on JSON of numbers of 1 to 8 KB level 3 saved nothing more in twice the time.
    private static let level: CInt = 1

    /// Working memories that nobody uses: as many as there were callers at one time.
    private static let idle = Mutex<[WorkingMemory]>([])

    /// Returns a frame, or nil where it would have more than `limit` bytes.
    package static func compress(_ content: [UInt8], limit: Int) -> [UInt8]? {
        let memory = idle.withLock { $0.popLast() } ?? WorkingMemory()
        defer { idle.withLock { $0.append(memory) } }
        var isFrame = false
        let frame = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            let written = content.withUnsafeBytes { content in
                ZSTD_compressCCtx(memory.context, buffer.baseAddress, limit, content.baseAddress, content.count, level)
            }
            isFrame = ZSTD_isError(written) == 0
            count = isFrame ? written : 0
        }
        return isFrame ? frame : nil
    }

    /// Returns the content of a frame, or nil for what is none, is damaged, or claims more than `limit` bytes.
    package static func decompress(_ frame: [UInt8], limit: Int = 1 << 30) -> [UInt8]? {
        frame.withUnsafeBytes { frame -> [UInt8]? in
            let claimed = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
            // What is no frame and what does not say its size claim the greatest numbers there are.
            guard claimed <= UInt64(limit) else { return nil }
            var isWhole = false
            let content = [UInt8](unsafeUninitializedCapacity: Int(claimed)) { buffer, count in
                let written = ZSTD_decompress(buffer.baseAddress, Int(claimed), frame.baseAddress, frame.count)
                isWhole = written == Int(claimed)
                count = isWhole ? written : 0
            }
            return isWhole ? content : nil
        }
    }

    /// Some hundred kilobytes of the library, kept: making it costs more than compressing a small payload.
    ///
    /// `@unchecked Sendable`: a pointer is not. Whoever takes it out of `idle`, under the lock there, is the only one who
    /// has it until it is put back.
    private final class WorkingMemory: @unchecked Sendable {
        let context = ZSTD_createCCtx()

        deinit { ZSTD_freeCCtx(context) }
    }
}
