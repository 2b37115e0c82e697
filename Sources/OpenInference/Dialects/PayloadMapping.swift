import CloudEvents
import JSON
import Tensors

/// Where the tensors of a model are whose bodies follow no dialect: a JSON path for each.
public struct PayloadMapping: Sendable, Hashable {
    /// A tensor and where its values are.
    public struct Entry: Sendable, Hashable {
        /// The name of the tensor.
        public var name: String
        /// Its values: one a row behind a wildcard, otherwise one row.
        public var path: JSONPath

        /// Makes an entry.
        public init(name: String, path: JSONPath) {
            self.name = name
            self.path = path
        }
    }

    /// The tensors of a request, in order; empty where requests follow a dialect.
    public var request: [Entry]
    /// The tensors of a response.
    public var response: [Entry]

    /// Makes a mapping.
    public init(request: [Entry], response: [Entry]) {
        self.request = request
        self.response = response
    }

    func entries(_ role: Payload.Role) -> [Entry] { role == .request ? request : response }

    /// Reads the tensors of a body.
    ///
    /// - Throws: `.missingField` for a path that leads to nothing in any row.
    static func decode(
        _ body: [UInt8],
        _ entries: [Entry],
        role: Payload.Role,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> Payload {
        var tensors: [NamedTensor] = []
        for entry in entries {
            var column = UntypedColumn(place: "\(entry.path)", limits: limits)
            try body.withRawBytes { bytes throws(OpenInferenceError) in
                var reader = JSONReader(bytes)
                try entry.path.read(&reader, into: &column)
                try reader.finish("the message")
            }
            guard column.holdsValues || (column.rows == 0 && entry.path.steps.contains(.all)) else {
                throw OpenInferenceError(
                    .missingField,
                    "\(entry.path) leads to nothing",
                    remedy: "Correct the path of \"\(entry.name)\", or the body"
                )
            }
            tensors.append(NamedTensor(name: entry.name, tensor: try column.tensor))
        }
        return Payload(dialect: .json, role: role, tensors: tensors)
    }
}
