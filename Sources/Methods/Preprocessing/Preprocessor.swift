package import Tensors

/// A step from rows to features, fitted.
package protocol Preprocessor: Sendable {
    /// Returns the features of each row, shape `[n, …]`; a row's features depend on that row alone.
    ///
    /// - Throws: `MethodError` with `.shapeMismatch`, or the model's own error where the step calls one.
    func features(of rows: Tensor<Float>) throws -> Tensor<Float>
}
