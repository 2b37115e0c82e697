import JSON
import NIOHTTP1
import Prediction
import Tensors

/// What a server of the V2 protocol says of a model: `GET /v2/models/<model>`.
struct RemoteDescription {
    let caller: ServerCaller
    let url: String

    /// The model's inputs and outputs, and its version where there is only one.
    ///
    /// - Throws: `.modelUnreachable`, `.modelRefused`; `.invalidDescription` where it says too little to ask by.
    func read() throws(PredictionError) -> (schema: ModelSchema, version: String?) {
        let answer = try caller.call(ServerCaller.Call(method: .GET, url: url, headers: [], body: []))
        let document: JSONValue
        do { document = try JSONValue(parsing: answer.body) } catch {
            throw PredictionError(
                .modelRefused,
                "GET \(url) answered something that is no JSON",
                remedy: "Check the URL and the dialect",
                cause: error
            )
        }
        var inputs: [ColumnDescription] = []
        for entry in document["inputs"]?.array ?? [] { inputs.append(try column(entry)) }
        guard !inputs.isEmpty else { throw incomplete("names no inputs") }
        if let texts = inputs.first(where: { $0.datatype == .bytes }) {
            throw incomplete("names the input \(texts.name) of texts, without their categories")
        }
        // Of several outputs those of numbers are asked for; a label of text would need its categories.
        var outputs: [ColumnDescription] = []
        for entry in document["outputs"]?.array ?? [] where entry["datatype"]?.string != "BYTES" {
            if let column = try? column(entry) { outputs.append(column) }
        }
        let versions = (document["versions"]?.array ?? []).compactMap(\.string)
        return (ModelSchema(inputs: inputs, outputs: outputs), versions.count == 1 ? versions[0] : nil)
    }

    private func column(_ entry: JSONValue) throws(PredictionError) -> ColumnDescription {
        guard let name = entry["name"]?.string, let shape = entry["shape"]?.array?.map({ $0.int ?? -1 }),
            let datatype = entry["datatype"]?.string.flatMap(ElementType.init(rawValue:))
        else { throw incomplete("describes a tensor without name, datatype and shape") }
        let row = Array(shape.dropFirst())
        guard !shape.isEmpty, !row.contains(where: { $0 < 1 }) else {
            throw incomplete("describes \(name) as \(shape), so that the size of a row is open")
        }
        return ColumnDescription(name: name, datatype: datatype, shape: row)
    }

    private func incomplete(_ what: String) -> PredictionError {
        PredictionError(
            .invalidDescription,
            "GET \(url) \(what)",
            remedy: "Write a schema.toml for the model and name it as schema in models.toml"
        )
    }
}
