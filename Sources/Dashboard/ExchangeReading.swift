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
    private let outputs: [Float]
    private let outputsPerRow: Int

    init(_ exchange: Exchange) {
        let request = Self.tensor(of: exchange.request)
        let response = Self.tensor(of: exchange.response)
        problem = request.problem
        shape = request.tensor?.shape ?? []
        values = request.tensor?.elements ?? []
        inputName = request.name
        layout = ImageLayout(shape: shape, name: request.name)
        range = InstancePicture.range(of: values)
        rowCount = shape.first ?? 0
        outputs = response.tensor?.elements ?? []
        outputsPerRow = response.tensor.map { $0.shape.dropFirst().reduce(1, *) } ?? 0
    }

    /// The first tensor of numbers of a half.
    private static func tensor(of half: StoredEvent?) -> (tensor: Tensor<Float>?, name: String, problem: String?) {
        guard let half, let data = half.event.data else { return (nil, "", "It has not been recorded") }
        guard data.count <= byteLimit else { return (nil, "", "It is too large to be drawn") }
        do {
            let payload = try PayloadDecoder().decode(half.event).decodingImages()
            for named in payload.tensors {
                if let tensor = try? named.tensor.converted(to: Float.self) { return (tensor, named.name, nil) }
            }
            return (nil, "", "It holds no tensor of numbers")
        } catch {
            return (nil, "", "It cannot be decoded: \(error.message)")
        }
    }

    /// The values of a row, in the order of the tensor.
    func values(ofRow row: Int) -> [Float] {
        let count = shape.dropFirst().reduce(1, *)
        guard (0..<rowCount).contains(row), count > 0 else { return [] }
        return Array(values[row * count..<(row + 1) * count])
    }

    /// The values of a row that is no picture, with names.
    func columns(ofRow row: Int) -> [(name: String, value: Float)] {
        values(ofRow: row).enumerated().map { ("\(inputName)[\($0.offset)]", $0.element) }
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
