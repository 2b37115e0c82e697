package import JSON
package import Tensors

/// Why a model answered as it did for one instance: how much each input value moved one output away from what the
/// baseline gets.
package struct Explanation: Sendable, Equatable {
    /// The share of each input value, in the unit of the output; shape of one row.
    package var attributions: Tensor<Float>
    /// The output that is explained, by its index.
    package var target: Int
    /// The model's outputs for the instance.
    package var predictions: [Float]
    /// The baseline, shape of one row.
    package var baseline: Tensor<Float>
    /// The completeness error: the sum of the attributions less the output's difference to the baseline's.
    ///
    /// 0 for an exact integral.
    package var delta: Double

    /// The `data` of an explanation event, in alibi's names.
    package var data: JSONValue {
        [
            "attributions": attributions.nestedJSON,
            "baselines": baseline.nestedJSON,
            "predictions": .array(predictions.map { .number(Double($0)) }),
            "target": .integer(Int64(target)),
            "deltas": .number(delta),
        ]
    }
}

extension Tensor<Float> {
    /// The values as arrays nested like the shape; a number for a tensor without axes.
    fileprivate var nestedJSON: JSONValue {
        var items = elements.map { JSONValue.number(Double($0)) }
        for size in shape.reversed() {
            guard size > 0 else { return .array([]) }
            items = stride(from: 0, to: items.count, by: size).map { .array(Array(items[$0..<$0 + size])) }
        }
        return items.first ?? .array([])
    }
}
