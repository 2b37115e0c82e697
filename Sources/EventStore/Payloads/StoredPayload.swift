/// An event's data as a store keeps it: whole, and compressed where that saves something.
package struct StoredPayload: Sendable, Hashable {
    /// How the bytes stand for the data; the number is what a store keeps, so never renumber.
    package enum Form: Int64, Sendable, Hashable {
        /// They are the data.
        case plain = 0
        /// They are a Zstandard frame of it.
        case compressed = 1
        /// They name a file of the store that holds the data.
        case plainFile = 2
        /// They name a file of the store that holds a frame of it.
        case compressedFile = 3
        /// Retention has deleted it: there are no bytes.
        case removed = 4

        /// The same in a file.
        package var inFile: Form { self == .plain || self == .plainFile ? .plainFile : .compressedFile }

        /// The same in the row.
        package var inRow: Form { self == .plain || self == .plainFile ? .plain : .compressed }

        /// Whether the bytes are elsewhere.
        package var isFile: Bool { self == .plainFile || self == .compressedFile }
    }

    package let form: Form
    package let bytes: [UInt8]

    package init(form: Form, bytes: [UInt8]) {
        self.form = form
        self.bytes = bytes
    }

    /// Shorter data is kept as it is: a frame would save little.
    private static let shortest = 128

    /// - Parameter data: The data as it came; compressed where that saves an eighth or more.
    package init(_ data: [UInt8]) {
        if data.count >= Self.shortest, let frame = Zstandard.compress(data, limit: data.count - data.count / 8) {
            self.init(form: .compressed, bytes: frame)
        } else {
            self.init(form: .plain, bytes: data)
        }
    }

    /// The data as it came.
    ///
    /// - Throws: `.corrupt` when the bytes are no frame, or are in a file that was not read.
    package var data: [UInt8] {
        get throws(EventStoreError) {
            switch form {
            case .plain: return bytes
            case .compressed:
                if let data = Zstandard.decompress(bytes) { return data }
            case .plainFile, .compressedFile, .removed: break
            }
            throw EventStoreError(
                .corrupt,
                "a payload of \(bytes.count) bytes cannot be unpacked",
                remedy: "Restore the store from a copy, or begin a new one"
            )
        }
    }
}
