import CloudEvents
import JSON
import OpenInference
import Prediction
import Tensors

/// What an outcome, a label that met its prediction, holds for monitors of outcomes: one row, by the names of its members.
///
/// `error`, `loss` and `delay` are numbers. `prediction` and `label` are numbers, or the codes of the classes that the
/// schema names for the model's output, with one code more for whatever it does not name. A member that is null is a
/// missing value.
enum OutcomeColumns {
    /// The members, in the order in which they stand in a row.
    static let names = ["prediction", "label", "error", "loss", "delay"]
    /// What is read where nothing is chosen.
    static let standard = ["error"]

    /// The columns of an outcome.
    static func columns(of schema: ModelSchema?) -> [ColumnDescription] {
        let classes = schema?.outputs.first { !$0.classes.isEmpty }?.classes ?? []
        return names.map { name in
            let isClass = !classes.isEmpty && (name == "prediction" || name == "label")
            return ColumnDescription(
                name: name,
                kind: isClass ? .category : .number,
                categories: isClass ? classes : []
            )
        }
    }

    /// The row of an outcome, a tensor a member that is there.
    static func tensors(of event: CloudEvent) throws(Exclusion) -> [NamedTensor] {
        guard let data = (try? event.dataTree())?.object else { throw Exclusion(.undecodable) }
        var tensors: [NamedTensor] = []
        for name in names {
            switch data[name] {
            case nil: continue
            case .null?: tensors.append(number(.nan, name))
            case .bool(let flag)?: tensors.append(number(flag ? 1 : 0, name))
            case .string(let text)?:
                tensors.append(NamedTensor(name: name, tensor: .bytes(shape: [1], values: [Array(text.utf8)])))
            case let value?:
                // Several values are no column of numbers: whoever reads it is told so, whoever does not goes on.
                guard let value = value.double ?? value.int.map(Double.init) else { continue }
                tensors.append(number(value, name))
            }
        }
        return tensors
    }

    private static func number(_ value: Double, _ name: String) -> NamedTensor {
        NamedTensor(name: name, Tensor<Double>(shape: [1]) { $0.initializeElement(at: 0, to: value) })
    }
}
