package import Prediction

extension ModelDescription {
    /// The shape of one row as the schema gives it, where the model has one input.
    package var rowShape: [Int]? { inputs.count == 1 ? inputs[0].shape : nil }

    /// The range of an input value, where the schema names one.
    package var inputRange: ClosedRange<Float>? {
        inputs.first?.scale.map { Float($0.lowerBound)...Float($0.upperBound) }
    }
}
