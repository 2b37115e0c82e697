import JSON

/// The members of an object in an event's data, read with errors that name the member.
struct DataFields {
    let object: JSONObject
    /// Where the object is: `data`, `data.window`.
    let place: String

    init(_ value: JSONValue?, _ place: String) throws(CloudEventError) {
        guard let object = value?.object else { throw Self.error(place, "is missing or no object") }
        self.object = object
        self.place = place
    }

    /// A member that may be missing or null.
    private func value(_ name: String) -> JSONValue? {
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    private func typed<Value>(
        _ name: String,
        _ kind: String,
        _ convert: (JSONValue) -> Value?
    ) throws(CloudEventError) -> Value? {
        guard let value = value(name) else { return nil }
        guard let result = convert(value) else { throw error(name, "is not \(kind)") }
        return result
    }

    func required<Value>(_ value: Value?, _ name: String) throws(CloudEventError) -> Value {
        guard let value else { throw error(name, "is missing") }
        return value
    }

    func optionalString(_ name: String) throws(CloudEventError) -> String? {
        try typed(name, "a string") { $0.string }
    }

    func string(_ name: String) throws(CloudEventError) -> String {
        try required(try optionalString(name), name)
    }

    func optionalInt(_ name: String) throws(CloudEventError) -> Int? {
        try typed(name, "an integer") { $0.int }
    }

    func int(_ name: String) throws(CloudEventError) -> Int {
        try required(try optionalInt(name), name)
    }

    func optionalDouble(_ name: String) throws(CloudEventError) -> Double? {
        try typed(name, "a number") { $0.double }
    }

    /// A number that has to be there; null is NaN.
    func double(_ name: String) throws(CloudEventError) -> Double {
        guard let value = object[name] else { throw error(name, "is missing") }
        guard let number = Self.number(value) else { throw error(name, "is not a number") }
        return number
    }

    func optionalBool(_ name: String) throws(CloudEventError) -> Bool? {
        try typed(name, "true or false") { $0.bool }
    }

    /// A truth value in alibi-detect's spelling, 0 or 1.
    func optionalFlag(_ name: String) throws(CloudEventError) -> Bool? {
        try typed(name, "0 or 1", Self.flag)
    }

    func flags(_ name: String) throws(CloudEventError) -> [Bool] {
        try required(try list(name, "a list of 0 and 1", Self.flag), name)
    }

    func optionalTime(_ name: String) throws(CloudEventError) -> Timestamp? {
        try typed(name, "a time") { $0.string.flatMap { try? Timestamp(rfc3339: $0) } }
    }

    func time(_ name: String) throws(CloudEventError) -> Timestamp {
        try required(try optionalTime(name), name)
    }

    func optionalDoubles(_ name: String) throws(CloudEventError) -> [Double]? {
        try list(name, "a list of numbers", Self.number)
    }

    func strings(_ name: String) throws(CloudEventError) -> [String] {
        try list(name, "a list of strings") { $0.string } ?? []
    }

    func ints(_ name: String) throws(CloudEventError) -> [Int] {
        try list(name, "a list of integers") { $0.int } ?? []
    }

    /// Objects of a list, each with its place; none where the list is missing.
    func objects(_ name: String) throws(CloudEventError) -> [DataFields] {
        guard let value = value(name) else { return [] }
        guard let elements = value.array else { throw error(name, "is not a list") }
        var fields: [DataFields] = []
        for (index, element) in elements.enumerated() {
            fields.append(try DataFields(element, "\(place).\(name)[\(index)]"))
        }
        return fields
    }

    func optionalObject(_ name: String) throws(CloudEventError) -> DataFields? {
        guard let value = value(name) else { return nil }
        return try DataFields(value, "\(place).\(name)")
    }

    func list<Element>(
        _ name: String,
        _ kind: String,
        _ convert: (JSONValue) -> Element?
    ) throws(CloudEventError) -> [Element]? {
        guard let value = value(name) else { return nil }
        guard let elements = value.array else { throw error(name, "is not \(kind)") }
        let converted = elements.compactMap(convert)
        guard converted.count == elements.count else { throw error(name, "is not \(kind)") }
        return converted
    }

    /// A number, or null for NaN.
    static func number(_ value: JSONValue) -> Double? {
        value.isNull ? .nan : value.double
    }

    private static func flag(_ value: JSONValue) -> Bool? {
        switch value.int {
        case 0: false
        case 1: true
        default: value.bool
        }
    }

    func error(_ name: String, _ fault: String) -> CloudEventError { Self.error("\(place).\(name)", fault) }

    private static func error(_ place: String, _ fault: String) -> CloudEventError {
        CloudEventError(
            .verdictData,
            "\(place) \(fault)",
            remedy: "See docs/reference/events.md for the data of this type"
        )
    }
}

extension JSONValue {
    /// A truth value in alibi-detect's spelling, null where there is none.
    init(flag: Bool?) {
        self = flag.map { .integer($0 ? 1 : 0) } ?? .null
    }

    init(_ value: Double?) { self = value.map(JSONValue.number) ?? .null }
    init(_ value: Int?) { self = value.map { .integer(Int64($0)) } ?? .null }
    init(_ value: String?) { self = value.map(JSONValue.string) ?? .null }
    init(_ value: Timestamp?) { self.init(value?.rfc3339) }
    init(_ values: [Double]?) { self = values.map { .array($0.map(JSONValue.number)) } ?? .null }
    init(_ values: [Int]) { self = .array(values.map { .integer(Int64($0)) }) }
    init(_ values: [String]) { self = .array(values.map(JSONValue.string)) }
}
