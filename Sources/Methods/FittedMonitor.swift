package import Tensors

/// A monitor that was loaded: its configuration, the step from rows to features, and the fitted method.
package struct FittedMonitor: Sendable {
    /// The configuration that it was fitted with.
    package let configuration: MonitorConfiguration
    /// The manifest of its folder.
    package let manifest: Manifest
    /// A stable hash of everything that decides its verdicts, files included; 16 hexadecimal digits.
    package let configHash: String
    /// The step from rows to features.
    package let preprocessor: any Preprocessor
    /// The fitted method.
    package let method: FittedMethod
    /// What tells label shift, where it was fitted with labels on a model's class probabilities.
    package let labelShift: LabelShift?
    /// What tells the slices of a window that drifted, where they are asked for.
    package let slices: SliceAttribution?

    /// What the rows of this monitor are in the model's traffic.
    package var rowSource: RowSource { configuration.rowSource }

    /// What a window that drifted is consistent with; nil where nothing was fitted to tell it.
    ///
    /// - Parameters:
    ///   - features: The window, as its test was given it.
    ///   - seed: What the draws start from.
    package func cause(of result: WindowResult, _ features: Tensor<Float>, using seed: UInt64) throws
        -> LabelShift.Answer?
    {
        result.isDrift ? try labelShift?.answer(for: features, seed: seed) : nil
    }

    /// The slices of a window that drifted, the most striking first; none of other windows.
    ///
    /// - Parameter features: The window, as its test was given it.
    package func slices(of result: WindowResult, _ features: Tensor<Float>) -> [SliceAttribution.Finding] {
        result.isDrift ? slices?.findings(in: features) ?? [] : []
    }

    /// Returns the features of a batch of rows.
    ///
    /// - Parameters:
    ///   - rows: Shape `[n, …]`.
    ///   - source: Whether these are what the model was asked or what it answered. A monitor of outputs that is given
    ///     inputs calls the model, which is what happens offline.
    /// - Throws: `MethodError`; or the model's error where it is called.
    package func features(of rows: Tensor<Float>, from source: RowSource) throws -> Tensor<Float> {
        if source == .outputs {
            guard rowSource == .outputs else {
                throw MethodError(
                    .shapeMismatch,
                    "the monitor compares inputs, and was given outputs",
                    remedy: "Give it the rows that the model was asked"
                )
            }
            return rows
        }
        return try preprocessor.features(of: rows)
    }
}
