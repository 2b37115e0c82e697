import JSON

/// Reading whose faults are told as those of a payload, with the place where they happened.
extension JSONReader {
    /// Reads an object; `body` must read or pass the value of each key.
    mutating func readMembers(
        _ place: @autoclosure () -> String,
        _ body: (String, inout JSONReader) throws(OpenInferenceError) -> Void
    ) throws(OpenInferenceError) {
        try OpenInferenceError.reading(place()) { () throws(JSONError) in try beginObject() }
        while let key = try OpenInferenceError.reading(place(), { () throws(JSONError) in try nextKey() }) {
            try body(key, &self)
        }
    }

    /// Reads an array; `body` must read or pass each element.
    mutating func readElements(
        _ place: @autoclosure () -> String,
        _ body: (inout JSONReader) throws(OpenInferenceError) -> Void
    ) throws(OpenInferenceError) {
        try OpenInferenceError.reading(place()) { () throws(JSONError) in try beginArray() }
        while try OpenInferenceError.reading(place(), { () throws(JSONError) in try nextElement() }) {
            try body(&self)
        }
    }

    /// The kind of the next value.
    mutating func peek(_ place: @autoclosure () -> String) throws(OpenInferenceError) -> Kind {
        try OpenInferenceError.reading(place()) { () throws(JSONError) in try peek() }
    }

    /// The next value, which must be a string.
    mutating func readString(_ place: @autoclosure () -> String) throws(OpenInferenceError) -> String {
        try OpenInferenceError.reading(place()) { () throws(JSONError) in try readString() }
    }

    /// Passes the next value.
    mutating func skip(_ place: @autoclosure () -> String) throws(OpenInferenceError) {
        try OpenInferenceError.reading(place()) { () throws(JSONError) in _ = try skipValue() }
    }

    /// Checks that the text is over.
    mutating func finish(_ place: @autoclosure () -> String) throws(OpenInferenceError) {
        try OpenInferenceError.reading(place()) { () throws(JSONError) in try finish() }
    }

    /// The next value as a tree, which takes up to 24 times the memory of its text and is bounded therefore.
    mutating func readTree(
        _ place: @autoclosure () -> String,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> JSONValue {
        if remaining > limits.treeBytes {
            var ahead = self
            let range = try OpenInferenceError.reading(place()) { () throws(JSONError) in try ahead.skipValue() }
            guard range.count <= limits.treeBytes else {
                throw OpenInferenceError(
                    .tooLarge,
                    "\(place()) has \(range.count) bytes",
                    remedy: "Send at most \(limits.treeBytes) bytes of what is no tensor"
                )
            }
        }
        return try OpenInferenceError.reading(place()) { () throws(JSONError) in try readValue() }
    }

    /// The next value, which must be an object or null, as a tree.
    mutating func readParameters(
        _ place: @autoclosure () -> String,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> JSONObject {
        switch try readTree(place(), limits) {
        case .object(let parameters): return parameters
        case .null: return [:]
        default: throw OpenInferenceError(.malformed, "\(place()) is no object", remedy: "Send an object")
        }
    }
}
