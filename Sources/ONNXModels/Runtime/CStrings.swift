import Glibc

/// Texts as C has them, each ended by a zero, and the list of their addresses, for as long as this lives.
///
/// `@unchecked Sendable`: the memory is written once, in `init`, and only read afterwards.
final class CStrings: @unchecked Sendable {
    private let list: UnsafeMutablePointer<UnsafePointer<CChar>?>
    let count: Int

    init(_ texts: [String]) {
        count = texts.count
        list = .allocate(capacity: max(texts.count, 1))
        for (index, text) in texts.enumerated() {
            (list + index).initialize(to: UnsafePointer(strdup(text)))
        }
    }

    /// The addresses.
    var pointers: UnsafePointer<UnsafePointer<CChar>?> { UnsafePointer(list) }

    deinit {
        for index in 0..<count { free(UnsafeMutableRawPointer(mutating: list[index])) }
        list.deallocate()
    }
}
