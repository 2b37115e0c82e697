/// A whole number for each `Float`, in the order of the floats: what columns are ranked by.
///
/// Simulated columns have keys that were drawn and never were floats, so one piece of code ranks both.
typealias OrderKey = Int32

extension OrderKey {
    /// The key of a finite number; both zeros have one.
    init(_ value: Float) {
        let bits = Int32(bitPattern: (value + 0).bitPattern)  // −0 + 0 is 0
        self = bits >= 0 ? bits : bits ^ .max
    }
}
