import Prediction

/// A value of an XGBoost file, JSON or UBJSON, with arrays of numbers packed.
///
/// A file of *n* bytes becomes at most about 24 · *n* bytes, whatever it holds.
enum XGBoostValue: Sendable {
    /// Neither text, number nor container: null, or a lone Boolean.
    case other
    case string(String)
    case number(Double)
    /// An array of numbers or Booleans; an empty array is one too.
    case numbers([Double])
    case array([XGBoostValue])
    case object([String: XGBoostValue])
}

/// A value with the way to it, for messages: `learner.gradient_booster.model.trees[3].left_children`.
struct XGBoostField {
    let value: XGBoostValue
    let path: String

    /// The member of an object, nil where there is none.
    func optional(_ key: String) -> XGBoostField? {
        guard case .object(let members) = value, let member = members[key] else { return nil }
        return XGBoostField(value: member, path: path.isEmpty ? key : "\(path).\(key)")
    }

    /// The member of an object.
    subscript(key: String) -> XGBoostField {
        get throws(PredictionError) {
            guard let field = optional(key) else {
                throw .invalidModel("\(path.isEmpty ? "the file" : path) has no \(key)")
            }
            return field
        }
    }

    /// The elements of an array of objects, arrays or texts.
    var elements: [XGBoostField] {
        get throws(PredictionError) {
            switch value {
            case .array(let elements):
                return elements.enumerated().map { XGBoostField(value: $1, path: "\(path)[\($0)]") }
            case .numbers(let numbers) where numbers.isEmpty: return []
            default: throw wrong("a list")
            }
        }
    }

    var text: String {
        get throws(PredictionError) {
            guard case .string(let text) = value else { throw wrong("a text") }
            return text
        }
    }

    /// The numbers of an array, as many as `count` where it is given.
    func numbers(_ count: Int? = nil) throws(PredictionError) -> [Double] {
        guard case .numbers(let numbers) = value else { throw wrong("a list of numbers") }
        guard count == nil || numbers.count == count else {
            throw .invalidModel("\(path) has \(numbers.count) numbers, and \(count ?? 0) belong there")
        }
        return numbers
    }

    /// The whole number that a text, as XGBoost writes its parameters, or a number holds.
    func integer(in range: ClosedRange<Int>) throws(PredictionError) -> Int {
        let integer: Int? =
            switch value {
            case .string(let text): Int(text)
            case .number(let number): Int(exactly: number)
            default: nil
            }
        guard let integer, range.contains(integer) else {
            throw wrong("a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return integer
    }

    private func wrong(_ expected: String) -> PredictionError {
        let found =
            switch value {
            case .other: "neither text nor number"
            case .string(let text): "the text \(text.prefix(40))"
            case .number(let number): "\(number)"
            case .numbers(let numbers): "\(numbers.count) numbers"
            case .array(let elements): "a list of \(elements.count)"
            case .object: "an object"
            }
        return .invalidModel("\(path) is \(found), and \(expected) belongs there")
    }
}

extension PredictionError {
    /// The error of a file that is damaged or not what it should be.
    static func invalidModel(
        _ message: String,
        remedy: String = "Save the model again with the library that made it",
        cause: (any Error)? = nil
    ) -> PredictionError {
        PredictionError(.invalidModel, message, remedy: remedy, cause: cause)
    }
}

extension [Double] {
    /// The number at an index as a whole number.
    func integer(at index: Int, of field: @autoclosure () -> String) throws(PredictionError) -> Int {
        guard let integer = Int(exactly: self[index]) else {
            throw .invalidModel("\(field())[\(index)] is \(self[index]), and a whole number belongs there")
        }
        return integer
    }
}
