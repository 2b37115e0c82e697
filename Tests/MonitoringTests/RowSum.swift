import JSON
import Methods
import Prediction
import Tensors

/// A sequential method that a test can follow by hand: fires when all values since it began add up to more than 10.
struct RowSum: SequentialTest {
    let width: Int
    let largestEffect = 1e9
    let restartsAfterDetection: Bool

    func start(run: UInt64) -> any SequentialState { Sum() }

    func resume(from words: inout StateWordReader) throws(MethodError) -> any SequentialState {
        Sum(sum: try words.number(), rows: try words.integer())
    }

    struct Sum: SequentialState {
        var sum = 0.0
        var rows = 0

        var answer: SequentialAnswer {
            SequentialAnswer(
                isDrift: sum > 10,
                time: rows,
                statistic: sum,
                threshold: 10,
                expectedRunTime: 100,
                effect: Effect(name: "sum", value: sum, low: 0, high: sum),
                remark: rows == 50 ? "reference exhausted" : nil
            )
        }

        mutating func take(_ row: UnsafeBufferPointer<Float>) {
            sum += row.reduce(0) { $0 + Double($1) }
            rows += 1
        }

        func write(to words: inout StateWords) {
            words.append(sum)
            words.append(rows)
        }
    }
}

struct RowSumFactory: MethodFactory {
    let name = "RowSum"
    let parameters = [Parameter("restarts", .flag, default: false, "Whether it begins anew after a detection.")]
    let parts: Set<SplitPart> = []
    let requiresModel = false

    func fit(_ material: FittingMaterial) throws -> ArtefactContents { ArtefactContents() }

    func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        .sequential(
            RowSum(
                width: artefact.featureShape.reduce(1, *),
                restartsAfterDetection: artefact.configuration.parameters.flag("restarts")
            )
        )
    }
}
