import CloudEvents
import EventStore
import ImageDecoding
import JSON
import OpenInference
import Tensors

/// What the payloads of an exchange say, by row, for drawing; a payload that cannot be read is nil and says why.
struct ExchangeReading: Sendable {
    /// One row of the answer.
    struct Prediction: Sendable {
        /// The outputs in their order: probabilities of a classifier, or a single number.
        let values: [Float]

        /// The output with the greatest value, of several.
        var best: Int? { values.count > 1 ? values.indices.max { values[$0] < values[$1] } : nil }

        /// Whether the values are probabilities of which one is the case.
        var isDistribution: Bool {
            values.count > 1 && values.allSatisfy { $0 >= 0 && $0 <= 1.0001 } && abs(values.reduce(0, +) - 1) < 0.01
        }

        /// In a word or two: the class and its probability, or the number.
        var words: String {
            guard let best else { return values.first.map { AlertSentence.short(Double($0)) } ?? "" }
            return isDistribution ? "\(best) · \(Int((values[best] * 100).rounded())) %" : "\(best)"
        }
    }

    /// Payloads above this size are not drawn.
    private static let byteLimit = 4 << 20

    /// How many rows the request has, at least 1 when it can be read.
    let rowCount: Int
    /// Why the request cannot be shown.
    let problem: String?
    private let values: [Float]
    private let shape: [Int]
    private let inputName: String
    private let layout: ImageLayout?
    private let range: ClosedRange<Float>
    private let others: [(name: String, tensor: Tensor<Float>)]
    private let texts: [(name: String, values: [[UInt8]])]
    private let outputs: [Float]
    private let outputsPerRow: Int

    /// - Parameter paths: Where the tensors are in bodies that follow no dialect.
    init(_ exchange: Exchange, _ paths: PayloadMappings) {
        let decoder = paths.decoder(for: exchange.key.model)
        let request = Self.tensor(of: exchange.request, decoder)
        let response = Self.tensor(of: exchange.response, decoder)
        problem = request.problem
        shape = request.tensor?.shape ?? []
        values = request.tensor?.elements ?? []
        inputName = request.name
        others = request.others
        texts = request.texts
        layout = ImageLayout(shape: shape, name: request.name)
        range = InstancePicture.range(of: values)
        rowCount = shape.first ?? request.texts.first?.values.count ?? 0
        outputs = response.tensor?.elements ?? []
        outputsPerRow = response.tensor.map { $0.shape.dropFirst().reduce(1, *) } ?? 0
    }

    private struct Half {
        var tensor: Tensor<Float>?
        var name = ""
        /// Further tensors of numbers with as many rows.
        var others: [(name: String, tensor: Tensor<Float>)] = []
        var texts: [(name: String, values: [[UInt8]])] = []
        var problem: String?
    }

    private static func tensor(of half: StoredEvent?, _ decoder: PayloadDecoder) -> Half {
        if half?.isPayloadGone == true { return Half(problem: "It was deleted: it is older than payloads are kept") }
        guard let half, let data = half.event.data else { return Half(problem: "It has not been recorded") }
        guard data.count <= byteLimit else { return Half(problem: "It is too large to be drawn") }
        do {
            let payload = try decoder.decode(half.event).decodingImages()
            var found = Half()
            for named in payload.tensors {
                if case .bytes(let shape, let values) = named.tensor {
                    // One text a row; several a row have no agreed meaning.
                    if shape.first == values.count { found.texts.append((named.name, values)) }
                } else if let tensor = try? named.tensor.converted(to: Float.self) {
                    if found.tensor == nil {
                        (found.tensor, found.name) = (tensor, named.name)
                    } else if tensor.shape.first == found.tensor?.shape.first {
                        found.others.append((named.name, tensor))
                    }
                }
            }
            if found.tensor == nil && found.texts.isEmpty { found.problem = "It holds no tensor of numbers or text" }
            return found
        } catch {
            return Half(problem: "It cannot be decoded: \(error.message)")
        }
    }

    /// The texts of a row, each at most so long that a person reads it; bytes that are no text are said to be so.
    func passages(ofRow row: Int) -> [String] {
        texts.compactMap { _, values in
            guard values.indices.contains(row) else { return nil }
            guard let text = String(validating: values[row], as: UTF8.self) else {
                return "\(values[row].count) bytes that are no text"
            }
            return text.count > 4000 ? String(text.prefix(4000)) + "…" : text
        }
    }

    /// Whether a row is many values of one kind in their order, as a signal or a time series is.
    var isSeries: Bool {
        guard layout == nil, others.isEmpty else { return false }
        return shape.count == 3 && shape[2] == 1 && shape[1] > 3 || shape.count == 2 && shape[1] >= 48
    }

    /// The values of a row, in the order of the tensor.
    func values(ofRow row: Int) -> [Float] {
        let count = shape.dropFirst().reduce(1, *)
        // A request of text alone has rows, and no values.
        guard (0..<rowCount).contains(row), count > 0, (row + 1) * count <= values.count else { return [] }
        return Array(values[row * count..<(row + 1) * count])
    }

    /// The values of a row that is no picture, with names: of every tensor, where a table comes as one for each column.
    func columns(ofRow row: Int) -> [(name: String, value: Float)] {
        var columns = Self.named(values(ofRow: row), inputName)
        for (name, tensor) in others {
            let count = tensor.shape.dropFirst().reduce(1, *)
            guard (0..<(tensor.shape.first ?? 0)).contains(row) else { continue }
            columns += Self.named(Array(tensor.elements[row * count..<(row + 1) * count]), name)
        }
        return columns
    }

    /// A single value has the tensor's name alone.
    private static func named(_ values: [Float], _ name: String) -> [(name: String, value: Float)] {
        values.count == 1 ? [(name, values[0])] : values.enumerated().map { ("\(name)[\($0.offset)]", $0.element) }
    }

    /// The row as a picture; nil when it is none.
    func picture(ofRow row: Int) -> InstancePicture? {
        guard let layout, case let values = values(ofRow: row), values.count == layout.count else { return nil }
        return InstancePicture(layout: layout, values: values, range: range)
    }

    func prediction(ofRow row: Int) -> Prediction? {
        guard outputsPerRow > 0, (row + 1) * outputsPerRow <= outputs.count, row >= 0 else { return nil }
        return Prediction(values: Array(outputs[row * outputsPerRow..<(row + 1) * outputsPerRow]))
    }

    /// The attributions for a row in an explanation's data, one for each value of the row; nil when there are none.
    ///
    /// - Parameter explanation: An `io.vedette.explanation` event, whose attributions may be nested in any way as long as
    ///   their order is that of the values, for one row or for the rows that the event names.
    func attributions(ofRow row: Int, in explanation: StoredEvent) -> [Float]? {
        let content = explanation.event.jsonData
        let data = content?["data"] ?? content
        guard let nested = data?["attributions"] else { return nil }
        var flat: [Float] = []
        Self.flatten(nested, into: &flat)
        let count = shape.dropFirst().reduce(1, *)
        guard count > 0, !flat.isEmpty, flat.count.isMultiple(of: count) else { return nil }
        let rows = explanation.record.rows
        let place = flat.count == count ? 0 : rows.isEmpty ? row : rows.firstIndex(of: row) ?? -1
        guard place >= 0, (place + 1) * count <= flat.count else { return nil }
        return Array(flat[place * count..<(place + 1) * count])
    }

    private static func flatten(_ value: JSONValue, into flat: inout [Float]) {
        if let elements = value.array {
            for element in elements { flatten(element, into: &flat) }
        } else if let values = value["values"] {  // a tensor with its name and shape
            flatten(values, into: &flat)
        } else {
            flat.append(value.double.map(Float.init) ?? 0)
        }
    }
}
