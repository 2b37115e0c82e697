import LinearAlgebra
import Synchronization

extension Array {
    /// A number of each element, computed on all cores, in the order of the elements.
    ///
    /// - Throws: One of the errors that `body` throws; the other elements of its core are then left.
    func mappedInParallel(_ body: @Sendable (Element) throws -> Double) throws -> [Double] where Element: Sendable {
        var values = [Double](repeating: 0, count: count)
        let failure = Mutex<(any Error)?>(nil)
        values.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return }
            Parallel.rows(count) { range in
                for index in range {
                    do { base[index] = try body(self[index]) } catch {
                        failure.withLock { $0 = error }
                        return
                    }
                }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
        return values
    }
}
