import JSON
import Tensors

/// A JSON value that says nothing of its datatype, read as one tensor by the rules of ``UntypedColumn``.
enum UntypedArray {
    /// Reads a value or a regular array, flat or nested.
    ///
    /// - Parameter place: What it is, for messages.
    /// - Throws: `.shapeMismatch` for ragged arrays; `.value` for objects, and for elements of several kinds.
    /// - Complexity: One pass over the text; numbers go straight into the tensor.
    static func read(_ reader: inout JSONReader, _ place: String, _ limits: PayloadLimits) throws(OpenInferenceError)
        -> AnyTensor
    {
        guard isArrayOfNumbers(reader) else {
            var column = UntypedColumn(place: place, limits: limits)
            try column.append(&reader)
            return try column.cell
        }
        return .float64(
            try withNumbers(&reader, place, limit: limits.tensorBytes / 8) { elements, extents in
                Tensor<Double>(shape: extents) { _ = $0.initialize(fromContentsOf: elements) }
            }
        )
    }

    /// Reads an array of numbers and hands them out in place.
    ///
    /// - Throws: `.tooLarge` for more numbers than the limit.
    static func withNumbers<Result>(
        _ reader: inout JSONReader,
        _ place: String,
        limit: Int,
        _ body: (_ elements: UnsafeBufferPointer<Double>, _ extents: [Int]) -> Result
    ) throws(OpenInferenceError) -> Result {
        do throws(JSONError) {
            return try reader.withArray(of: Double.self, limit: limit, body)
        } catch {
            guard error.code == .tooManyElements else { throw OpenInferenceError(json: error, in: place) }
            throw OpenInferenceError(
                .tooLarge,
                "\(place) holds more than \(limit) numbers",
                remedy: "Send smaller batches, or raise the limit"
            )
        }
    }

    /// Whether the first element of an array, at any depth, is a number.
    private static func isArrayOfNumbers(_ start: JSONReader) -> Bool {
        var reader = start
        return
            (try? { () throws(JSONError) in
                guard try reader.peek() == .array else { return false }
                while try reader.peek() == .array {
                    try reader.beginArray()
                    guard try reader.nextElement() else { return false }
                }
                return try reader.peek() == .number
            }()) ?? false
    }
}
