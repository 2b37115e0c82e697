import ServiceKit
import Tensors

extension Tensor<Float> {
    /// Reads rows of floats from an `.npy` file.
    ///
    /// - Throws: ``ServiceError`` when the file cannot be read or its rows have another size.
    init(floatsOf file: String, rowShape: [Int]) throws {
        let array = try NPY.read(path: file).converted(to: Float.self)
        guard array.elementsPerRow == rowShape.reduce(1, *) else {
            throw ServiceError(
                .unprocessable,
                "\(file) has rows of shape \(array.rowShape), and the model takes \(rowShape)",
                remedy: "Give rows as the model is asked"
            )
        }
        self = array.withShape([array.rows] + rowShape)
    }
}
