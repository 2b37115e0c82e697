import HTTPMessages
import HTTPTypes
import NIOCore
import OpenInference
import ServiceKit

/// Compresses answers over HTTP for clients that ask for it, gzip before deflate; events tell of them as they were.
enum AnswerCompression {
    /// Shorter answers gain nothing: they fit into one packet as they are.
    private static let leastBytes = 1024

    /// What a client takes; nil for answers as they are.
    static func format(_ fields: HeaderFields) -> Compression.Format? {
        guard let accepted = fields.value(.acceptEncoding)?.lowercased() else { return nil }
        let offers = accepted.split(separator: ",").map { offer in
            let parts = offer.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            let isRefused = parts.dropFirst().contains { part in
                part.hasPrefix("q=") && Double(part.dropFirst(2)).map { $0 <= 0 } ?? true
            }
            return isRefused ? "" : parts.first ?? ""
        }
        if offers.contains("gzip") || offers.contains("*") { return .gzip }
        return offers.contains("deflate") ? .zlib : nil
    }

    static func compressed(_ response: HotResponse, _ format: Compression.Format) -> HotResponse {
        guard response.status == .ok, response.body.readableBytes >= leastBytes else { return response }
        let small = Compression.deflate(Array(response.body.readableBytesView), as: format)
        guard small.count < response.body.readableBytes else { return response }
        var response = response
        response.body = ByteBuffer(bytes: small)
        response.headers.append((name: "Content-Encoding", value: format == .gzip ? "gzip" : "deflate"))
        response.headers.append((name: "Vary", value: "Accept-Encoding"))
        return response
    }
}
