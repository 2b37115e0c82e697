public import Tensors

/// A predictor that is a sum of decision trees and shows them, which is what exact Shapley values need.
///
/// Every answer comes about in two steps: the ensemble gives margins, which are additive in its trees, and the transform
/// turns margins into outputs, row by row. So
///
/// ```
/// margin[k] = (base[k] + Σ over trees that add to k of the value of the leaf that the row reaches) / divisor
/// output    = transform(margins)
/// ```
///
/// A tree is walked from its root: `ensemble.goesLeft(value, at: node)` says where a split sends a row, missing values
/// and categories included, so that whoever walks needs to know nothing of the library that the trees came from.
public protocol TreePredictor: Predictor {
    /// The trees.
    var ensemble: TreeEnsemble { get }
    /// What turns a row's margins into its outputs.
    var transform: MarginTransform { get }

    /// The margins of each row, before the transform.
    ///
    /// - Parameter batch: Inputs, shape `[n, …]`; `n` may be 0. NaN is a missing value.
    /// - Returns: Shape `[n, ensemble.outputs]`.
    /// - Throws: When rows do not have the model's input size.
    func margins(of batch: Tensor<Float>) throws -> Tensor<Double>
}
