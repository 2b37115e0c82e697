import JSON
import Prediction

extension XGBoostValue {
    /// Reads a JSON model.
    ///
    /// - Throws: `.invalidModel` with the byte at which the text stops being JSON.
    init(json bytes: UnsafeRawBufferPointer) throws(PredictionError) {
        do throws(JSONError) {
            var reader = JSONReader(bytes)
            self = try Self.read(&reader)
            try reader.finish()
        } catch {
            throw .invalidModel("the file is not JSON: \(error.message) (byte \(error.offset))", cause: error)
        }
    }

    private static func read(_ reader: inout JSONReader) throws(JSONError) -> XGBoostValue {
        switch try reader.peek() {
        case .string: return .string(try reader.readString())
        case .number: return .number(try reader.readDouble())
        case .bool, .null:
            try reader.skipValue()
            return .other
        case .object:
            var members: [String: XGBoostValue] = [:]
            try reader.beginObject()
            while let key = try reader.nextKey() { members[key] = try read(&reader) }
            return .object(members)
        case .array:
            try reader.beginArray()
            var numbers: [Double] = []
            var elements: [XGBoostValue] = []
            while try reader.nextElement() {
                switch try reader.peek() {
                case .number where elements.isEmpty: numbers.append(try reader.readDouble())
                case .bool where elements.isEmpty: numbers.append(try reader.readBool() ? 1 : 0)
                default:
                    if !numbers.isEmpty {
                        elements = numbers.map { .number($0) }
                        numbers = []
                    }
                    elements.append(try read(&reader))
                }
            }
            return elements.isEmpty ? .numbers(numbers) : .array(elements)
        }
    }
}
