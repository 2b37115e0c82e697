import JSON
package import Tensors

/// Writes the answers of Seldon Core's protocol, version 1.
package enum SeldonWriter {
    /// An answer with the numbers of a model.
    ///
    /// - Parameters:
    ///   - values: Shape `[n, …]`.
    ///   - names: What the columns are called.
    ///   - form: How the request wrote its data; what is no array is answered an `ndarray`.
    ///   - puid: The id of the call.
    ///   - model: Name and version of the model, as `meta.requestPath` and a tag have them.
    package static func answer(
        _ values: AnyTensor,
        names: [String],
        form: SeldonRequest.Form,
        puid: String,
        model: (name: String, version: String)
    ) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 256 + values.count * 12)
        writer.beginObject()
        writer.key("data")
        writer.beginObject()
        writer.key("names")
        writer.value(names)
        writeArray(values, form, to: &writer)
        writer.endObject()
        writer.key("meta")
        writer.value([
            "puid": .string(puid),
            "tags": ["model_version": .string(model.version)],
            "requestPath": .object([model.name: .string("model-server")]),
        ])
        writer.endObject()
        return writer.bytes
    }

    /// A refusal, as Seldon's servers write it, with our own members beside.
    package static func failure(status: Int, code: String, _ message: String, remedy: String) -> [UInt8] {
        JSONValue.object([
            "status": [
                "code": .integer(Int64(status)), "info": .string(message), "reason": .string(code),
                "status": "FAILURE",
            ],
            "error": .string(message), "code": .string(code), "remedy": .string(remedy),
        ]).serialized()
    }

    private static func writeArray(_ values: AnyTensor, _ form: SeldonRequest.Form, to writer: inout JSONWriter) {
        switch form {
        case .tensor where values.datatype != .bytes:
            writer.key("tensor")
            writer.beginObject()
            writer.key("shape")
            writer.value(values.shape)
            writer.key("values")
            NestedArrays.write(flat(values), to: &writer)
            writer.endObject()
        case .tftensor where values.datatype != .bytes:
            writer.key("tftensor")
            writer.beginObject()
            writer.key("dtype")
            writer.value("DT_FLOAT")
            writer.key("tensorShape")
            writer.value(["dim": .array(values.shape.map { ["size": .string(String($0))] })])
            writer.key("floatVal")
            NestedArrays.write(flat(values), to: &writer)
            writer.endObject()
        case .ndarray, .tensor, .tftensor, .strData, .binData, .jsonData:
            writer.key("ndarray")
            NestedArrays.write(values, to: &writer)
        }
    }

    private static func flat(_ values: AnyTensor) -> AnyTensor { (try? values.reshaped([values.count])) ?? values }
}
