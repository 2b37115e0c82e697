import DriftDetection
import JSON
import Methods
import Statistics
import Tensors
import TestSupport
import Testing

/// What the tests of this room share: fitted tests from a few keys, and rows from a seed.
enum Fixture {
    static let catalog = MethodCatalog(DriftDetection.factories)

    /// The parameters of a method as a configuration with these keys would give them.
    static func parameters(_ method: String, _ keys: String = "") throws -> Parameters {
        try MonitorConfiguration(parsing: "name = \"\(method)\"\n\(keys)", catalog: catalog).parameters
    }

    static func kolmogorovSmirnov(_ reference: Tensor<Float>, _ keys: String = "") throws -> ColumnwiseTest {
        try columns("KSDrift", reference, keys)
    }

    static func columns(_ method: String, _ reference: Tensor<Float>, _ keys: String = "") throws -> ColumnwiseTest {
        let factory = try #require(DriftDetection.columns(method), "\(method)")
        return try factory.test(reference: reference, parameters: parameters(method, keys))
    }

    static func maximumMeanDiscrepancy(
        _ reference: Tensor<Float>,
        _ keys: String = "",
        kernel: GaussianKernel? = nil
    ) throws -> MMDDrift {
        try MMDDrift(
            reference: reference,
            kernel: SimilarityKernel(kernel ?? GaussianKernel(medianOf: reference, seed: 0)),
            parameters: parameters("MMDDrift", keys)
        )
    }

    /// A sequential test, fitted and loaded the way that every monitor takes.
    static func sequential(
        _ method: String,
        _ keys: String = "",
        reference: Tensor<Float>
    ) throws -> any SequentialTest {
        let configuration = try MonitorConfiguration(parsing: "name = \"\(method)\"\n\(keys)", catalog: catalog)
        let folder = TemporaryDirectory()
        let report = try Fitting.fit(
            configuration,
            catalog: catalog,
            rows: reference,
            output: folder.file("monitor")
        )
        guard case .sequential(let test) = report.monitor.method else { throw CancellationError() }
        return test
    }

    /// A test as a folder of these keys would hold it, fitted on all rows.
    static func fittedTest(_ method: String, _ reference: Tensor<Float>, _ keys: String = "") throws -> any WindowTest {
        let directory = TemporaryDirectory()
        let report = try Fitting.fit(
            try MonitorConfiguration(parsing: "name = \"\(method)\"\n\(keys)", catalog: catalog),
            catalog: catalog,
            rows: reference,
            output: directory.file("monitor")
        )
        guard case .window(let test) = report.monitor.method else { throw MethodError.artefact("", "no window test") }
        return test
    }

    /// Standard normal rows, all moved by `shift`.
    static func normal(_ rows: Int, _ columns: Int, shift: Float = 0, seed: UInt64) -> Tensor<Float> {
        var generator = SeededGenerator(seed: seed)
        return Tensor(vector: (0..<rows * columns).map { _ in Float(generator.normal()) + shift })
            .withShape([rows, columns])
    }

    /// A matrix from reference values, null standing for NaN.
    static func matrix(_ json: JSONValue?, columns: Int) -> Tensor<Float> {
        let values = (json?.array ?? []).map { Float($0.isNull ? .nan : $0.double ?? .nan) }
        return Tensor(vector: values).withShape([values.count / columns, columns])
    }

    static func numbers(_ json: JSONValue?) -> [Double] { (json?.array ?? []).compactMap(\.double) }
}
