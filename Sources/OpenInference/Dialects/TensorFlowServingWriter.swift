import JSON
package import Tensors

/// Writes the answers of TF-Serving's REST interface; what is not finite as the tokens that it has for them.
package enum TensorFlowServingWriter {
    private static let style = NestedArrays.Style(writesNonFinite: true)

    /// `predictions`: for each row a value, or an object where there are several outputs.
    ///
    /// - Precondition: All outputs have the same number of rows.
    package static func predictions(_ outputs: [NamedTensor]) -> [UInt8] {
        object("predictions", outputs) { writer in
            if outputs.count == 1 { return write(outputs[0], row: nil, to: &writer) }
            writer.beginArray()
            for row in 0..<(outputs.first?.tensor.rows ?? 0) {
                writer.beginObject()
                for output in outputs {
                    writer.key(output.name)
                    write(output, row: row, to: &writer)
                }
                writer.endObject()
            }
            writer.endArray()
        }
    }

    /// `outputs`: a tensor, or an object of tensors where there are several.
    package static func columns(_ outputs: [NamedTensor]) -> [UInt8] {
        object("outputs", outputs) { writer in
            if outputs.count == 1 { return write(outputs[0], row: nil, to: &writer) }
            writer.beginObject()
            for output in outputs {
                writer.key(output.name)
                write(output, row: nil, to: &writer)
            }
            writer.endObject()
        }
    }

    /// The answer to `:classify`: for each example its classes as pairs of label and score.
    ///
    /// - Parameters:
    ///   - scores: Shape `[n, classes]`.
    ///   - labels: A name for each class.
    package static func classes(_ scores: Tensor<Float>, labels: [String]) -> [UInt8] {
        object("results", []) { writer in
            writer.beginArray()
            for row in 0..<scores.rows {
                writer.beginArray()
                for (index, label) in labels.enumerated() {
                    writer.beginArray()
                    writer.value(label)
                    NestedArrays.write(
                        .float32(Tensor(shape: [], repeating: scores[row * labels.count + index])),
                        style,
                        to: &writer
                    )
                    writer.endArray()
                }
                writer.endArray()
            }
            writer.endArray()
        }
    }

    /// The answer to `:regress`: for each example its value.
    ///
    /// - Parameter values: Shape `[n]`.
    package static func values(_ values: Tensor<Float>) -> [UInt8] {
        object("results", []) { writer in NestedArrays.write(.float32(values), style, to: &writer) }
    }

    private static func object(
        _ member: String,
        _ outputs: [NamedTensor],
        _ write: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: outputs.reduce(64) { $0 + $1.tensor.count * 12 })
        writer.beginObject()
        writer.key(member)
        write(&writer)
        writer.endObject()
        return writer.bytes
    }

    /// Names that end so say that their strings are bytes.
    private static func write(_ output: NamedTensor, row: Int?, to writer: inout JSONWriter) {
        var style = style
        style.isBase64 = output.name.hasSuffix("_bytes")
        NestedArrays.write(output.tensor, row: row, style, to: &writer)
    }
}
