import Foundation
import JSON
import NativeModels
import NeuralNetworks
import Prediction
import Tensors
import TestSupport

/// A folder of models whose answers tell which version gave them, and the server over it.
///
/// A version with the number n answers every row with three probabilities of which the first is the softmax of a bias n:
/// no input changes it, so that a test knows what to expect.
final class ServedFolder {
    let directory = TemporaryDirectory()
    private(set) var server: ServiceProcess?

    /// Where versions lie.
    func path(_ name: String) -> String { directory.file("models/\(name)") }

    /// The model of a version: four inputs, hidden layers of so many units, three classes, logits of the bias, 0 and 0.
    static func model(_ name: String, bias: Float, hidden: [Int] = []) throws -> NativeModel {
        var weights: [String: Tensor<Float>] = [:]
        var inputs = 4
        for (place, units) in (hidden + [3]).enumerated() {
            weights["dense\(place + 1).weight"] = Tensor(shape: [inputs, units], repeating: 0)
            weights["dense\(place + 1).bias"] = Tensor(shape: [units], repeating: 0)
            inputs = units
        }
        weights["dense\(hidden.count + 1).bias"] = try Tensor(shape: [3], elements: [bias, 0, 0])
        let description = ModelDescription(
            name: name,
            version: "\(Int(bias))",
            inputs: [ColumnDescription(name: "x", shape: [4])],
            outputs: [ColumnDescription(name: "probabilities", shape: [3], classes: ["a", "b", "c"])]
        )
        let layers = (hidden + [3]).map { Layer.dense(units: $0) }
        return try NativeModel(description, network: Network(inputShape: [4], layers: layers, weights: weights))
    }

    /// Writes a version whose answers tell its number.
    func save(_ name: String, _ version: Int, hidden: [Int] = []) throws {
        try Self.model(name, bias: Float(version), hidden: hidden).save(folder: path("\(name)/\(version)"))
    }

    /// So many weights that a row takes milliseconds: two matrices of 1,500 × 1,500.
    static let slow = [1500, 1500, 1500]

    /// Starts the server.
    func start(_ arguments: [String] = [], log: String = "log") async throws -> ServiceProcess {
        let server = try await ServiceProcess(
            "model-server",
            directory: directory.path,
            log: log,
            arguments: [
                "--models-directory=\(directory.file("models"))", "--models-rescan=100ms", "--grpc-listen=",
            ] + arguments
        )
        self.server = server
        return server
    }

    func connect() throws -> LoopbackSocket { try LoopbackSocket(server?.base ?? "") }

    /// An infer request of one row.
    static func request(_ name: String, version: String? = nil, id: String? = nil) -> String {
        let body = #"{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}"#
        let path = version.map { "\(name)/versions/\($0)" } ?? name
        let header = id.map { "X-Request-Id: \($0)\r\n" } ?? ""
        return
            "POST /v2/models/\(path)/infer HTTP/1.1\r\nHost: x\r\n\(header)Content-Length: \(body.utf8.count)\r\n\r\n"
            + body
    }

    static func post(_ path: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    }

    static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n" }

    /// The version that an answer says it is of, when its numbers are that version's too; else the answer.
    static func version(of answer: String) -> String {
        guard answer.hasPrefix("HTTP/1.1 200"), let body = answer.range(of: "\r\n\r\n"),
            let value = try? JSONValue(parsing: Array(answer[body.upperBound...].utf8)),
            let version = value["model_version"]?.string, let number = Double(version),
            case .array(let data)? = value["outputs"]?[0]?["data"], let first = data.first?.double
        else { return answer }
        let expected = exp(number) / (exp(number) + 2)
        return abs(first - expected) < 1e-5 ? version : "version \(version) with the numbers \(data)"
    }

    /// Asks until the answer to a request is what it should be, for ten seconds.
    func wait(for request: String, until isRight: (String) -> Bool) async throws -> String {
        let connection = try connect()
        var answer = ""
        try await eventually(within: .seconds(10), every: .milliseconds(20)) {
            answer = connection.answer(to: request)
            return isRight(answer)
        }
        return answer
    }

    /// A metric of the server; nil when it is not there.
    func metric(_ line: String) throws -> Double? {
        let text = try connect().answer(to: Self.get("/metrics"))
        return text.split(separator: "\n").first { $0.hasPrefix(line + " ") }
            .flatMap { Double($0.dropFirst(line.count + 1)) }
    }
}
