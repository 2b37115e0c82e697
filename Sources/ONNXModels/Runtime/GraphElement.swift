/// The element types of a graph's tensors that are read and written, by their number in `ONNXTensorElementDataType`.
enum GraphElement: Int32, Sendable, Hashable {
    case float32 = 1
    case uint8 = 2
    case int8 = 3
    case uint16 = 4
    case int16 = 5
    case int32 = 6
    case int64 = 7
    case text = 8
    case bool = 9
    case float64 = 11
    case uint32 = 12
    case uint64 = 13

    /// How the number of any element type is called in messages.
    static func name(_ number: Int32) -> String {
        switch number {
        case 0: "undefined"
        case 10: "float16"
        case 14: "complex64"
        case 15: "complex128"
        case 16: "bfloat16"
        default: GraphElement(rawValue: number).map { "\($0)" } ?? "type \(number)"
        }
    }

    /// The bytes of an element; 0 for texts.
    var width: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .float32, .int32, .uint32: 4
        case .float64, .int64, .uint64: 8
        case .text: 0
        }
    }
}
