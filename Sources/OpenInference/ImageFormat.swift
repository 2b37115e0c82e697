/// The formats of pictures that models are sent, told by their first bytes.
public enum ImageFormat: Sendable, Hashable {
    /// Portable Network Graphics.
    case png
    /// JPEG, in a JFIF or Exif file.
    case jpeg

    /// Nil for bytes that begin as neither.
    public init?(_ bytes: [UInt8]) {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else {
            return nil
        }
    }
}
