import CloudEvents
import JSON
import Tensors

/// A table in CSV with a header row, as MLflow and Amazon SageMaker take it: one tensor a column, by its name.
enum CSVPayload {
    static func decode(
        _ body: [UInt8],
        role: Payload.Role,
        dialect: Payload.Dialect,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> Payload {
        // A cell takes a byte at least, and its text 16 more.
        guard body.count <= limits.tensorBytes / 16 else {
            throw OpenInferenceError(
                .tooLarge,
                "a table of \(body.count) bytes",
                remedy: "Send at most \(limits.tensorBytes / 16) bytes of CSV"
            )
        }
        let table: TensorTable
        do throws(TensorError) { table = try CSV.read(bytes: body, name: "the table") } catch {
            throw OpenInferenceError(.malformed, error.message, remedy: error.remedy, cause: error)
        }
        guard table.columns.count <= limits.tensors else {
            throw OpenInferenceError(
                .tooLarge,
                "the table has more than \(limits.tensors) columns",
                remedy: "Send fewer columns, or raise the limit"
            )
        }
        let tensors = table.columns.map { column in
            let tensor: AnyTensor =
                switch column.values {
                case .numbers(let numbers):
                    .float64(Tensor(shape: [numbers.count]) { _ = $0.initialize(from: numbers) })
                case .texts(let texts): .bytes(shape: [texts.count], values: texts.map { Array($0.utf8) })
                }
            return NamedTensor(name: column.name, tensor: tensor)
        }
        return Payload(dialect: dialect, role: role, tensors: tensors)
    }
}
