import JSON
import Methods

/// One column of a reference, as a test that watches windows of a stream wants it.
protocol StreamColumn: Sendable {
    associatedtype Window: StreamWindow

    /// The windows before the first value.
    var emptyWindow: Window { get }
}

/// The newest values of a column, in windows of several sizes.
protocol StreamWindow: Sendable {
    /// Takes the next value.
    mutating func take(_ key: OrderKey)

    /// The largest statistic over the windows that are full; NaN while none is.
    var statistic: Double { get }

    /// How far the largest full window is from the reference, in `0...1`, and how far that may be off.
    var effect: (value: Double, margin: Double) { get }

    /// Writes everything that later statistics depend on.
    func write(to words: inout StateWords)

    /// Takes over what windows of the same column wrote.
    mutating func restore(from words: inout StateWordReader) throws(MethodError)
}

/// The sizes of the windows that a stream is watched in: at least one, ascending, each once.
struct WindowSizes: Sendable, Equatable {
    let sizes: [Int]

    var smallest: Int { sizes[0] }
    var largest: Int { sizes[sizes.count - 1] }

    /// The key that methods of several windows share.
    static let parameter = Parameter(
        "window_sizes",
        .integers(2...10_000),
        default: .array([.integer(20)]),
        "How many of the newest rows are compared; several sizes see small changes late and large ones soon."
    )

    /// Reads the key.
    ///
    /// - Throws: `.invalidConfiguration` for an empty list.
    init(_ parameters: Parameters) throws(MethodError) {
        try self.init(parameters.optionalIntegers("window_sizes") ?? [])
    }

    init(_ sizes: [Int]) throws(MethodError) {
        guard !sizes.isEmpty else {
            throw MethodError(
                .invalidConfiguration,
                "window_sizes is empty",
                remedy: "Give at least one size, such as [20]"
            )
        }
        self.sizes = Set(sizes).sorted()
    }
}
