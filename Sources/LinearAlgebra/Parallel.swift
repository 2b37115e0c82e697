import CKernels
import Dispatch

/// Splits rows over the machine's cores.
public enum Parallel {
    /// The number of cores that this process may use: all that are online, or those that a container or `taskset` leaves
    /// it.
    public static let cores: Int = max(1, Int(vedette_usable_cores()))

    /// Calls `body` with ranges that together cover `0..<count` once, at the same time on several cores; returns when
    /// all are done.
    ///
    /// `body` writes only what belongs to its own rows. Parts begin at multiples of `grain`, so that a part's rows do
    /// not depend on the number of cores more than by whole grains.
    ///
    /// - Parameters:
    ///   - count: The number of rows.
    ///   - grain: The fewest rows that are worth a part of their own.
    ///   - body: The work on some consecutive rows.
    public static func rows(_ count: Int, grain: Int = 1, _ body: (Range<Int>) -> Void) {
        let grains = (count + grain - 1) / grain
        let parts = min(cores, grains)
        guard parts > 1 else {
            if count > 0 { body(0..<count) }
            return
        }
        withoutActuallyEscaping(body) { body in
            // `nonisolated(unsafe)`: callers write through raw pointers, which are not Sendable. That no two parts share
            // a row protects what they point to, and `concurrentPerform` returns only when every part is done.
            nonisolated(unsafe) let work = body
            DispatchQueue.concurrentPerform(iterations: parts) { part in
                let start = grains * part / parts * grain
                let end = min(grains * (part + 1) / parts * grain, count)
                if start < end { work(start..<end) }
            }
        }
    }
}
