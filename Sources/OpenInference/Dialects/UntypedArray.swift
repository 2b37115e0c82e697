import JSON
import Tensors

/// A JSON array that says nothing of its datatype: numbers become FP64, strings BYTES, truth values BOOL.
///
/// Integers become FP64 as well, since `1` and `1.0` are the same to the clients that write them.
enum UntypedArray {
    /// Reads a regular array, flat or nested.
    ///
    /// - Parameter place: What it is, for messages.
    /// - Throws: `.shapeMismatch` for ragged arrays; `.value` for objects, and for elements of several kinds.
    static func read(_ reader: inout JSONReader, _ place: String, _ limits: PayloadLimits) throws(OpenInferenceError)
        -> AnyTensor
    {
        let kind = try OpenInferenceError.reading(place) { () throws(JSONError) in try leafKind(reader) }
        // An element takes at least two bytes of text and becomes eight.
        guard reader.remaining / 2 <= limits.tensorBytes / 8 else {
            throw OpenInferenceError(
                .tooLarge,
                "\(place) may take more than \(limits.tensorBytes) bytes",
                remedy: "Send smaller batches, or raise the limit"
            )
        }
        switch kind {
        case .number, .null, nil:
            let (elements, extents) = try OpenInferenceError.reading(place) { () throws(JSONError) in
                try reader.readArray(of: Double.self)
            }
            return .float64(try tensor(elements, extents, place))
        case .bool:
            let (elements, extents) = try OpenInferenceError.reading(place) { () throws(JSONError) in
                try reader.readArray(of: Bool.self)
            }
            return .bool(try tensor(elements, extents, place))
        case .string: return try strings(&reader, place)
        case .object, .array:
            throw OpenInferenceError(.value, "\(place) holds objects", remedy: "Send numbers, strings or truth values")
        }
    }

    private static func tensor<Element: TensorElement>(
        _ elements: [Element],
        _ extents: [Int],
        _ place: String
    ) throws(OpenInferenceError) -> Tensor<Element> {
        do throws(TensorError) {
            return try Tensor(shape: extents, elements: elements)
        } catch {
            throw OpenInferenceError(tensor: error, in: place)
        }
    }

    /// The kind of the first element that is no array, nil where there is none.
    private static func leafKind(_ start: JSONReader) throws(JSONError) -> JSONReader.Kind? {
        var reader = start
        while try reader.peek() == .array {
            try reader.beginArray()
            guard try reader.nextElement() else { return nil }
        }
        return try reader.peek()
    }

    private static func strings(_ reader: inout JSONReader, _ place: String) throws(OpenInferenceError) -> AnyTensor {
        var values: [[UInt8]] = []
        var shape: [Int] = []
        let tree = try OpenInferenceError.reading(place) { () throws(JSONError) in try reader.readValue() }
        var level = tree
        while case .array(let elements) = level {
            shape.append(elements.count)
            guard let first = elements.first else { break }
            level = first
        }
        try append(tree, shape[...], to: &values, place)
        return .bytes(shape: shape, values: values)
    }

    private static func append(
        _ value: JSONValue,
        _ shape: ArraySlice<Int>,
        to values: inout [[UInt8]],
        _ place: String
    ) throws(OpenInferenceError) {
        guard let length = shape.first else {
            guard let text = value.string else {
                throw OpenInferenceError(
                    .value,
                    "\(place) holds strings and others",
                    remedy: "Send elements of one kind"
                )
            }
            values.append(Array(text.utf8))
            return
        }
        guard let elements = value.array, elements.count == length else {
            throw OpenInferenceError(
                .shapeMismatch,
                "\(place) is ragged",
                remedy: "Give all rows of a level one length"
            )
        }
        for element in elements { try append(element, shape.dropFirst(), to: &values, place) }
    }
}
