/// A number in bfloat16: the upper half of a `Float`, kept as its bits.
///
/// Weights and payloads arrive in it; arithmetic is done after converting to `Float`.
@frozen public struct BFloat16: Sendable, BitwiseCopyable {
    /// Sign, eight bits of exponent, seven of significand.
    public var bitPattern: UInt16

    /// The number with these bits.
    @inlinable public init(bitPattern: UInt16) {
        self.bitPattern = bitPattern
    }

    /// The nearest bfloat16, ties to even; NaN stays NaN.
    @inlinable public init(_ value: Float) {
        let bits = value.bitPattern
        if value.isNaN {
            // Quiet, so that no payload can be cut down to infinity.
            bitPattern = UInt16(truncatingIfNeeded: bits >> 16) | 0x40
        } else {
            let roundingBias = 0x7FFF + ((bits >> 16) & 1)
            bitPattern = UInt16(truncatingIfNeeded: (bits &+ roundingBias) >> 16)
        }
    }
}

extension BFloat16: Equatable {
    /// Compares as numbers: NaN equals nothing, zero equals minus zero.
    @inlinable public static func == (left: BFloat16, right: BFloat16) -> Bool {
        Float(left) == Float(right)
    }
}

extension Float {
    /// The same number, exactly.
    @inlinable public init(_ value: BFloat16) {
        self = Float(bitPattern: UInt32(value.bitPattern) << 16)
    }
}
