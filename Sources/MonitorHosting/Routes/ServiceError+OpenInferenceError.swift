package import OpenInference
package import ServiceKit

extension ServiceError {
    /// What a caller is told of a body that is no message of a dialect: 413 for one too large, otherwise 400.
    package init(_ error: OpenInferenceError) {
        self.init(
            error.code == .tooLarge ? .payloadTooLarge : .badRequest,
            error.message,
            remedy: error.remedy,
            cause: error
        )
    }
}

extension InferenceRequest {
    /// Decodes the body of a V2 call.
    ///
    /// - Throws: ``ServiceError`` 400 or 413.
    package init(of request: HotRequest) throws {
        let length = try request.jsonLength
        do { try self.init(decoding: request.bytes, jsonLength: length) } catch { throw ServiceError(error) }
    }
}
