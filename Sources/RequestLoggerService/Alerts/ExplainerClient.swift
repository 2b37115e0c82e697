import AsyncHTTPClient
import CloudEvents
import EventStore
import ImageDecoding
import NIOCore
import NIOHTTP1
import OpenInference
import ServiceKit
import Tensors

/// Asks the explainer why a model answered as it did about one request.
///
/// `POST <explainer>/v1/models/<model>:explain` with the recorded tensors of the row as a V2 body. The call is marked so
/// that neither it nor the explainer's own calls of the model are logged.
struct ExplainerClient: Sendable {
    let client: HTTPClient
    let address: WebAddress
    let tokenFile: String?
    let timeout: Duration
    /// Where the tensors are in bodies that follow no dialect.
    var paths = PayloadMappings.none

    /// An explanation is never larger than this.
    private static let answerLimit = 16 << 20

    /// What came of a question.
    enum Answer: Sendable {
        case explained([(row: Int, data: ExplanationData)])
        /// It will never be answered, and why.
        case refused(String)
        /// It may be answered later, and why not now.
        case later(String)
    }

    /// Asks about one row of a recorded request, or about all of its rows, because of an alert or because a person asks.
    func explain(_ exchange: Exchange, row: Int?, alertID: String?) async -> Answer {
        if exchange.request?.isPayloadGone == true {
            return .refused("its payload is deleted: it is older than retention.payloads.age")
        }
        guard let event = exchange.request?.event, event.data != nil else {
            return .later("the request is not on record")
        }
        let inputs: [NamedTensor]
        let rows: Range<Int>
        let body: [UInt8]
        do {
            let payload = try paths.decoder(for: exchange.key.model).decode(event).decodingImages()
            (inputs, rows) = try Self.instances(of: payload, row: row)
            body = try InferenceRequest(inputs: inputs).encoded()
        } catch {
            return .refused("\(error)")
        }
        do {
            var request = HTTPClientRequest(url: "\(address)/v1/models/\(Self.escaped(exchange.key.model)):explain")
            request.method = .POST
            request.headers.add(name: "content-type", value: "application/json")
            request.headers.add(name: "x-request-id", value: exchange.key.requestID)
            request.headers.add(name: "seldon-skip-logging", value: "true")
            if let tokenFile {
                request.headers.add(name: "authorization", value: "Bearer \(try BearerTokens.first(in: tokenFile))")
            }
            request.body = .bytes(ByteBuffer(bytes: body))
            let response = try await client.execute(request, timeout: TimeAmount(timeout))
            let answer = try await response.body.collect(upTo: Self.answerLimit)
            switch response.status.code {
            case 200..<300:
                return .explained(
                    try ExplainerAnswer.explanations(
                        in: Array(answer.readableBytesView),
                        inputs: inputs,
                        rows: rows,
                        requestID: exchange.key.requestID,
                        alertID: alertID
                    )
                )
            case 404, 408, 429, 500...: return .later("the explainer answered \(response.status.code)")
            default: return .refused("the explainer answered \(response.status.code)")
            }
        } catch let error as ExplainerAnswer.Unreadable {
            return .refused("\(error)")
        } catch {
            return .later("\(error)")
        }
    }

    /// One row of each tensor of a payload, or all rows.
    private static func instances(of payload: Payload, row: Int?) throws -> (inputs: [NamedTensor], rows: Range<Int>) {
        guard let rows = payload.rows, rows > 0, payload.tensors.allSatisfy({ !$0.tensor.shape.isEmpty }) else {
            throw OpenInferenceError(.shapeMismatch, "its tensors do not agree on rows", remedy: "Explain it by hand")
        }
        let wanted = row.map { $0..<$0 + 1 } ?? 0..<rows
        guard wanted.upperBound <= rows else {
            throw OpenInferenceError(
                .shapeMismatch,
                "it has \(rows) rows, not row \(row ?? 0)",
                remedy: "Name a row that it has"
            )
        }
        return (payload.tensors.map { NamedTensor(name: $0.name, tensor: $0.tensor.rows(wanted)) }, wanted)
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: String(UnicodeScalar(byte))
            default: (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
