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

extension Range<Int> {
    /// Runs `body` for each number, all at the same time.
    func concurrently(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in self { group.addTask { try await body(number) } }
            try await group.waitForAll()
        }
    }
}
