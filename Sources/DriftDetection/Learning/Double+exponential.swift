#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Double {
    /// `e^x`.
    static func exponential(_ x: Double) -> Double { exp(x) }
    /// `ln x`.
    static func logarithm(_ x: Double) -> Double { log(x) }
}
