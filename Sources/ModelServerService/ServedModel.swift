package import NIOCore
package import OpenInference
package import Prediction
import Synchronization
package import Tensors

/// One version of a model as it is served: between messages of the protocol and the rows of its predictor.
package final class ServedModel: Sendable {
    /// The name under which it is served, the name of its folder.
    package let name: String
    /// The version, the name of the folder below.
    package let version: String
    /// The inputs and outputs of its messages.
    let rows: ModelRows
    /// What answering costs.
    let pace = ModelPace()
    /// What it has answered so far.
    package let statistics = InferenceStatistics()
    /// What the V2 protocol calls its runtime.
    let platform: String
    /// What it has in common with the model's other versions.
    let traffic: ModelTraffic
    /// A number that no other has or had in this process.
    let lane: UInt64
    private let predictor: any Predictor

    private static let lanes = Atomic<UInt64>(0)

    /// - Parameter traffic: That of the model; nil for one that is served by itself.
    package init(
        name: String,
        version: String,
        platform: String,
        predictor: any Predictor,
        traffic: ModelTraffic? = nil
    ) {
        self.name = name
        self.version = version
        self.platform = platform
        self.predictor = predictor
        self.traffic = traffic ?? ModelTraffic()
        lane = Self.lanes.add(1, ordering: .relaxed).newValue
        rows = ModelRows(predictor.model)
    }

    /// Answers an exchange by itself, and counts it.
    ///
    /// - Parameter arrived: When its request was whole.
    /// - Returns: The answer, and how long the work took, in nanoseconds.
    /// - Throws: What is wrong with the request, or the model's own failure.
    package func answer<Exchange: InferenceExchange>(
        _ exchange: Exchange,
        arrived: NIODeadline = .now()
    ) throws -> (reply: Exchange.Reply, nanoseconds: Int64) {
        var time = InferenceTime(arrived: arrived)
        do {
            time.begin()
            let request = try exchange.request(for: self)
            let batch = try rows.rows(of: request)
            time.inputsAreRead(rows: batch.rows)
            let outputs = try predict(batch)
            time.outputsAreComputed()
            let reply = try exchange.reply(try response(to: request, outputs), to: request, from: self)
            time.answerIsWritten()
            statistics.answered(time)
            statistics.ran(time)
            return (reply, time.busy)
        } catch {
            statistics.failed(time)
            throw error
        }
    }

    /// The model's outputs for rows, `[n, …]` to `[n, outputs]`.
    package func predict(_ batch: Tensor<Float>) throws -> Tensor<Float> { try predictor.predict(batch) }

    /// The answer to a request whose rows were predicted as `answer`.
    func response(to request: InferenceRequest, _ answer: Tensor<Float>) throws -> InferenceResponse {
        InferenceResponse(
            modelName: name,
            modelVersion: version,
            id: request.id,
            outputs: try rows.tensors(of: answer, for: request)
        )
    }

    /// A raw body, which is the one input of the model.
    ///
    /// - Throws: 400 for a model of several inputs, or a body that does not fit.
    package func request(rawBody body: [UInt8]) throws -> InferenceRequest {
        guard let input = rows.inputs.first, rows.inputs.count == 1 else {
            throw InferenceFailure.badInput(
                "a raw body is for a model of one input, and \(name) has \(rows.inputs.count)",
                remedy: "Send the inputs as JSON, or as JSON with binary tensors"
            )
        }
        return try InferenceRequest(
            rawBody: body,
            name: input.name,
            datatype: input.datatype,
            shape: [1] + input.rowShape
        )
    }
}
