import JSON
import OpenInference
import Tensors

/// The classification extension: an output as its largest values, each as text `score:index` or `score:index:label`.
enum Classification {
    /// How many classes an output is wished as; nil for its values.
    ///
    /// - Throws: 400 for a wish that is no number of classes.
    static func count(_ output: InferenceRequest.RequestedOutput) throws -> Int? {
        guard let wish = output.parameters["classification"] else { return nil }
        guard let count = wish.int, count >= 0 else {
            throw InferenceFailure.badInput(
                "output \"\(output.name)\": classification is \(wish.text.prefix(32))",
                remedy: "Send how many classes you want"
            )
        }
        return count == 0 ? nil : count  // what clients send who want none
    }

    /// The `count` largest values of each row, the largest first and of equals the one with the lower index, shape
    /// `[n, count]`; values that are not numbers come last.
    ///
    /// - Parameters:
    ///   - values: Shape `[n, …]`.
    ///   - labels: The names of the classes; empty where they have none.
    static func top(_ count: Int, of values: Tensor<Float>, labels: [String]) -> AnyTensor {
        let width = values.elementsPerRow
        let count = min(count, width)
        var texts: [[UInt8]] = []
        texts.reserveCapacity(values.rows * count)
        for row in 0..<values.rows {
            let scores = (0..<width).map { values[row * width + $0] }
            let order = (0..<width).sorted { left, right in
                if scores[left].isNaN || scores[right].isNaN { return !scores[left].isNaN && scores[right].isNaN }
                return (scores[left], right) > (scores[right], left)
            }
            for index in order.prefix(count) {
                let label = labels.count == width ? ":\(labels[index])" : ""
                texts.append(Array("\(scores[index]):\(index)\(label)".utf8))
            }
        }
        return .bytes(shape: [values.rows, count], values: texts)
    }
}
