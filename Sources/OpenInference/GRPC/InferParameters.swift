import JSON

/// The parameters of gRPC's messages: a map from names to `InferParameter`, a choice of bool 1, int64 2, string 3,
/// double 4 and uint64 5.
enum InferParameters {
    /// Reads one entry of the map.
    static func read(
        _ value: ProtobufReader.Value,
        into parameters: inout JSONObject,
        _ place: String
    ) throws(OpenInferenceError) {
        let place = "\(place), parameters"
        var key = ""
        var parameter = JSONValue.null
        var entry = try ProtobufReader.message(value, place)
        while let (number, value) = try entry.next() {
            if number == 1 { key = try ProtobufReader.text(value, place) }
            guard number == 2 else { continue }
            var choice = try ProtobufReader.message(value, place)
            while let (number, value) = try choice.next() { parameter = try read(number, value, place) }
        }
        parameters[key] = parameter
    }

    private static func read(
        _ number: Int,
        _ value: ProtobufReader.Value,
        _ place: String
    ) throws(OpenInferenceError) -> JSONValue {
        switch (number, value) {
        case (1, .varint(let bits)): return .bool(bits != 0)
        case (2, .varint(let bits)): return .integer(Int64(bitPattern: bits))
        case (3, _): return .string(try ProtobufReader.text(value, place))
        case (4, .fixed64(let bits)): return .number(Double(bitPattern: bits))
        case (5, .varint(let bits)): return Int64(exactly: bits).map { .integer($0) } ?? .number(Double(bits))
        default:
            throw OpenInferenceError(
                .malformed,
                "\(place): a value of field \(number)",
                remedy: "Send a protobuf message of the Open Inference Protocol"
            )
        }
    }

    /// Writes the entries of the map; what is no bool, number or text goes as its JSON text.
    static func write(_ parameters: JSONObject, _ field: Int, to writer: inout ProtobufWriter) {
        for (key, value) in parameters {
            writer.entry(field, key) { choice in
                switch value {
                case .bool(let flag): choice.always(1, unsigned: flag ? 1 : 0)
                case .integer(let number): choice.always(2, unsigned: UInt64(bitPattern: number))
                case .number(let number): choice.always(4, double: number)
                case .string(let text): choice.always(3, text: text)
                default: choice.always(3, text: value.text)
                }
            }
        }
    }
}
