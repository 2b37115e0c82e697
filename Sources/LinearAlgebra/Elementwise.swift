import CKernels
public import Tensors

/// Element-wise maths on `Float`, vectorised for the CPU at hand (`CKernels`).
///
/// Each function comes over tensors, which gives a new tensor of the same shape, and over raw memory, where the target
/// may be the source itself and may not overlap it otherwise. NaN stays NaN. Results are within 2 units in the last
/// place of the exact value and may differ by one between CPU levels, since newer ones fuse multiplication and addition.
public enum Elementwise {
    /// `e^x`; infinity above 88.72, denormal below −87.33, 0 below −103.97.
    public static func exp(_ x: Tensor<Float>) -> Tensor<Float> { apply(vedette_exp, x) }

    /// `ln x`; −infinity at 0, NaN below 0.
    public static func log(_ x: Tensor<Float>) -> Tensor<Float> { apply(vedette_log, x) }

    /// `tanh x`, in −1...1.
    public static func tanh(_ x: Tensor<Float>) -> Tensor<Float> { apply(vedette_tanh, x) }

    /// `1 / (1 + e^−x)`, in 0...1.
    public static func sigmoid(_ x: Tensor<Float>) -> Tensor<Float> { apply(vedette_sigmoid, x) }

    /// `max(x, 0)`.
    public static func relu(_ x: Tensor<Float>) -> Tensor<Float> { apply(vedette_relu, x) }

    /// `e^x` of `count` numbers.
    public static func exp(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int) {
        vedette_exp(x, y, count)
    }

    /// `ln x` of `count` numbers.
    public static func log(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int) {
        vedette_log(x, y, count)
    }

    /// `tanh x` of `count` numbers.
    public static func tanh(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int) {
        vedette_tanh(x, y, count)
    }

    /// `1 / (1 + e^−x)` of `count` numbers.
    public static func sigmoid(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int) {
        vedette_sigmoid(x, y, count)
    }

    /// `max(x, 0)` of `count` numbers.
    public static func relu(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int) {
        vedette_relu(x, y, count)
    }

    /// `factor · cos x` and `factor · sin x` of `count` numbers, each within 2·10⁻⁷ of the factor, for magnitudes up to
    /// 10⁸; neither target overlaps the source or the other.
    public static func cosineAndSine(
        _ x: UnsafePointer<Float>,
        factor: Float,
        cosine: UnsafeMutablePointer<Float>,
        sine: UnsafeMutablePointer<Float>,
        count: Int
    ) {
        vedette_cos_sin(x, factor, cosine, sine, count)
    }

    /// Softmax of each row: `e^x / Σ e^x`, shifted by the row's maximum so that nothing overflows.
    ///
    /// A row that holds NaN or +infinity, or only −infinity, becomes NaN throughout.
    public static func softmaxRows(_ x: Tensor<Float>) -> Tensor<Float> {
        applyToRows(vedette_softmax_rows, x)
    }

    /// The logarithm of softmax of each row, without passing through its small values.
    public static func logSoftmaxRows(_ x: Tensor<Float>) -> Tensor<Float> {
        applyToRows(vedette_log_softmax_rows, x)
    }

    /// Softmax of each row of a `[rows, columns]` block.
    public static func softmaxRows(
        _ x: UnsafePointer<Float>,
        into y: UnsafeMutablePointer<Float>,
        rows: Int,
        columns: Int
    ) {
        vedette_softmax_rows(x, y, rows, columns)
    }

    /// The logarithm of softmax of each row of a `[rows, columns]` block.
    public static func logSoftmaxRows(
        _ x: UnsafePointer<Float>,
        into y: UnsafeMutablePointer<Float>,
        rows: Int,
        columns: Int
    ) {
        vedette_log_softmax_rows(x, y, rows, columns)
    }

    private static func apply(
        _ kernel: (UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int) -> Void,
        _ x: Tensor<Float>
    ) -> Tensor<Float> {
        x.withUnsafeBufferPointer { source in
            Tensor(shape: x.shape) { target in kernel(source.baseAddress, target.baseAddress, x.count) }
        }
    }

    private static func applyToRows(
        _ kernel: (UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int, Int) -> Void,
        _ x: Tensor<Float>
    ) -> Tensor<Float> {
        x.withUnsafeBufferPointer { source in
            Tensor(shape: x.shape) { target in
                kernel(source.baseAddress, target.baseAddress, x.rows, x.elementsPerRow)
            }
        }
    }
}
