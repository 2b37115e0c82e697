import Journal
import TestSupport

extension TemporaryDirectory {
    /// The segments in it, first to last.
    func segments() throws -> [String] {
        try Folder.names(in: path).filter { $0.hasSuffix(".segment") }.map { file($0) }
    }
}

extension [UInt8] {
    init(_ text: String) { self = Array(text.utf8) }
    var text: String { String(decoding: self, as: UTF8.self) }
}
