/// What a reader takes before it refuses a text.
public struct JSONLimits: Sendable, Hashable {
    /// How deeply arrays and objects may nest.
    public var depth: Int
    /// Whether the tokens `NaN`, `Infinity` and `-Infinity` are numbers, as Python and TF-Serving write them.
    public var acceptsNonFinite: Bool

    /// 128 levels, non-finite numbers accepted: what a model's payload may hold.
    public static let payload = JSONLimits(depth: 128, acceptsNonFinite: true)
    /// 128 levels and nothing beyond RFC 8259: what we may pass on to a reader that we do not know.
    public static let strict = JSONLimits(depth: 128, acceptsNonFinite: false)

    /// Makes limits of one's own.
    public init(depth: Int, acceptsNonFinite: Bool) {
        self.depth = depth
        self.acceptsNonFinite = acceptsNonFinite
    }
}
