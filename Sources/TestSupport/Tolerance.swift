/// Whether two numbers agree within what a test allows; a NaN agrees with a NaN and an infinity with itself.
///
/// - Parameters:
///   - absolute: The largest difference that is fine at any size.
///   - relative: The largest difference that is fine as a share of the larger magnitude.
package func isClose(_ a: Double, _ b: Double, absolute: Double = 0, relative: Double = 0) -> Bool {
    if a.isNaN || b.isNaN { return a.isNaN && b.isNaN }
    if a == b { return true }
    guard a.isFinite, b.isFinite else { return false }
    return abs(a - b) <= max(absolute, relative * max(abs(a), abs(b)))
}

/// Whether two numbers agree within what a test allows.
package func isClose(_ a: Float, _ b: Float, absolute: Float = 0, relative: Float = 0) -> Bool {
    isClose(Double(a), Double(b), absolute: Double(absolute), relative: Double(relative))
}

/// Whether two lists have one length and agree element by element.
package func areClose(_ a: [Double], _ b: [Double], absolute: Double = 0, relative: Double = 0) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { isClose($0, $1, absolute: absolute, relative: relative) }
}

/// Whether two lists have one length and agree element by element.
package func areClose(_ a: [Float], _ b: [Float], absolute: Float = 0, relative: Float = 0) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { isClose($0, $1, absolute: absolute, relative: relative) }
}
