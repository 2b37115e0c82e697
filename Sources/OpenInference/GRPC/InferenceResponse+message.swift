import JSON

extension InferenceResponse {
    /// Writes it as a `ModelInferResponse`, in the form in which its request came: raw or typed contents.
    package func write(for request: InferenceRequest, to writer: inout ProtobufWriter) {
        let isRaw = request.parameters["binary_data_output"]?.bool ?? false
        InferMessageWriter.write(self, isRaw: isRaw, to: &writer)
    }
}
