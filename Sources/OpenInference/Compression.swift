import CZlib

/// Inflates bodies that came compressed, within a bound, and compresses answers.
public enum Compression {
    /// Whether bytes begin as gzip (RFC 1952) or zlib (RFC 1950, HTTP's `deflate`) has it; no JSON does.
    public static func isCompressed(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 2 else { return false }
        let isGzip = bytes[0] == 0x1F && bytes[1] == 0x8B
        // Window of 32 KiB, check bits, and no preset dictionary, which HTTP does not have: 01, 5E, 9C or DA.
        let isZlib =
            bytes[0] == 0x78 && bytes[1] & 0x20 == 0 && (UInt16(bytes[0]) << 8 | UInt16(bytes[1])).isMultiple(of: 31)
        return isGzip || isZlib
    }

    /// The bytes themselves, or what they inflate to where they are compressed.
    public static func inflatedIfCompressed(_ bytes: [UInt8], limit: Int) throws(OpenInferenceError) -> [UInt8] {
        isCompressed(bytes) ? try inflate(bytes, limit: limit) : bytes
    }

    /// Inflates gzip or zlib data, one member or several.
    ///
    /// - Parameter limit: The most bytes that may come out.
    /// - Throws: `.compression` for broken or truncated data, `.tooLarge` beyond the limit.
    public static func inflate(_ bytes: [UInt8], limit: Int) throws(OpenInferenceError) -> [UInt8] {
        try bytes.withUnsafeBufferPointer { input throws(OpenInferenceError) in
            var stream = z_stream()
            // 15 bits of window; 32 more let zlib tell gzip from zlib by the header.
            guard inflateInit2_(&stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
                throw OpenInferenceError(.compression, "zlib does not start", remedy: "Free some memory")
            }
            defer { inflateEnd(&stream) }
            stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.avail_in = UInt32(clamping: input.count)
            return try drain(&stream, limit: limit)
        }
    }

    private static func drain(_ stream: inout z_stream, limit: Int) throws(OpenInferenceError) -> [UInt8] {
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let (status, produced) = chunk.withUnsafeMutableBufferPointer { buffer in
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(buffer.count)
                let status = CZlib.inflate(&stream, Z_NO_FLUSH)
                return (status, buffer.count - Int(stream.avail_out))
            }
            guard output.count + produced <= limit else {
                throw OpenInferenceError(
                    .tooLarge,
                    "the body inflates to more than \(limit) bytes",
                    remedy: "Send smaller batches, or raise the limit"
                )
            }
            output.append(contentsOf: chunk[..<produced])
            switch status {
            case Z_OK: continue
            case Z_STREAM_END where stream.avail_in > 0: inflateReset(&stream)
            case Z_STREAM_END: return output
            default:
                throw OpenInferenceError(
                    .compression,
                    "the compressed body is broken or cut short after \(output.count) bytes",
                    remedy: "Send the whole body, compressed with gzip or deflate"
                )
            }
        }
    }

    /// The wrappings of compressed data that HTTP and gRPC know.
    package enum Format: Sendable {
        /// RFC 1952.
        case gzip
        /// RFC 1950, HTTP's and gRPC's `deflate`.
        case zlib
    }

    /// Compresses bytes with the least effort, which answers of numbers gain little by exceeding.
    package static func deflate(_ bytes: [UInt8], as format: Format) -> [UInt8] {
        var stream = z_stream()
        // 16 more bits of window have zlib write gzip's wrapping.
        let window: Int32 = format == .gzip ? 15 + 16 : 15
        let size = Int32(MemoryLayout<z_stream>.size)
        guard
            deflateInit2_(&stream, Z_BEST_SPEED, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK
        else {
            // Swift's own arrays end the process where there is no memory; so does this.
            fatalError("no memory to compress \(bytes.count) bytes")
        }
        defer { deflateEnd(&stream) }
        let bound = Int(deflateBound(&stream, UInt(bytes.count)))
        return [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            bytes.withUnsafeBufferPointer { input in
                stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                // The bound holds all of it, so one call is enough.
                let status = CZlib.deflate(&stream, Z_FINISH)
                precondition(status == Z_STREAM_END, "zlib wrote \(stream.total_out) of \(bytes.count) bytes")
                count = Int(stream.total_out)
            }
        }
    }
}
