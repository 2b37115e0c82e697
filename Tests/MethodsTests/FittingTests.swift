import Methods
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `Fitting a monitor` {
    let directory = TemporaryDirectory()

    func fit(_ text: String, rows: Tensor<Float> = `Monitor folder`.rows(), trainingRows: Tensor<Float>? = nil) throws
        -> Fitting.Report
    {
        try Fitting.fit(
            MonitorConfiguration(parsing: text, catalog: RowMeanFactory.catalog),
            catalog: RowMeanFactory.catalog,
            rows: rows,
            modelTrainingRows: trainingRows,
            output: directory.file("monitor")
        )
    }

    @Test func `a part that nothing needs gets no rows`() throws {
        #expect(try fit("name = \"WindowMean\"").monitor.manifest.split == [.reference: 90])
        #expect(try fit("name = \"RowMean\"").monitor.manifest.split == [.features: 54, .calibration: 36])
        let learned = try fit("name = \"WindowMean\"\n[preprocess]\nmethod = \"standardise\"")
        #expect(learned.monitor.manifest.split == [.features: 34, .reference: 56])  // 0.3 to 0.5
    }

    @Test func `no row is used twice, and the seed chooses`() throws {
        func parts(_ seed: UInt64) throws -> [SplitPart: [Int]] {
            try ReferenceSplit.indices(
                of: 101,
                needed: [.features, .calibration, .reference],
                by: .standard,
                seed: seed
            )
        }
        let split = try parts(1)
        #expect(split.values.flatMap { $0 }.sorted() == Array(0..<101))
        #expect(split == (try parts(1)))
        #expect(split != (try parts(2)))
    }

    @Test func `split none uses all rows for every part and says so`() throws {
        let report = try fit("name = \"RowMean\"\nsplit = \"none\"")
        #expect(report.monitor.manifest.split == [.features: 90, .calibration: 90])
        #expect(!report.monitor.manifest.promiseHolds)
        #expect(report.notes.contains { $0.contains("promise") })
    }

    @Test func `a needed part without a share is refused`() throws {
        let error = try #require(throws: MethodError.self) { try fit("name = \"RowMean\"\n[split]\nreference = 1.0") }
        #expect(error.code == .invalidConfiguration)
        #expect(error.remedy.contains("[split]"))
    }

    @Test func `a row that the model was trained on is refused with its index`() throws {
        let rows = `Monitor folder`.rows()
        let training = try Tensor.concatenatingRows([`Monitor folder`.rows(50, seed: 8), rows.rows(17..<19)])
        let error = try #require(throws: MethodError.self) {
            try fit("name = \"WindowMean\"", rows: rows, trainingRows: training)
        }
        #expect(error.code == .trainingRowsReused)
        #expect(error.message.contains("2 of 90") && error.message.contains("row 17"))
        _ = try fit("name = \"WindowMean\"", rows: rows, trainingRows: `Monitor folder`.rows(50, seed: 8))
    }

    static let silent = [
        "smallest = 0.2",  // above p_val
        "smallest = 0.001\n[monitor]\nmodel = \"m\"\nwindow = { at_most = \"5m\" }",  // above 5 min of 30 days
        "[alert]\nmin_effect = 1.5",  // above the largest effect
    ]

    @Test(arguments: silent)
    func `a monitor that can never fire is refused`(keys: String) throws {
        let error = try #require(throws: MethodError.self) { try fit("name = \"WindowMean\"\n" + keys) }
        #expect(error.code == .neverFires)
        #expect(!error.remedy.isEmpty)
    }

    @Test func `the same monitor with more permitted alarms is accepted`() throws {
        let keys =
            "smallest = 0.001\n[monitor]\nmodel = \"m\"\nwindow = { at_most = \"5m\" }\n[alert]\nbudget = \"1 per 1d\""
        _ = try fit("name = \"WindowMean\"\n" + keys)
    }

    @Test func `a step that asks a model is refused without one`() throws {
        let error = try #require(throws: MethodError.self) {
            try fit("name = \"WindowMean\"\n[preprocess]\nmethod = \"model-output\"")
        }
        #expect(error.code == .modelRequired)
    }

    @Test func `rows that hold NaN are refused by steps that learn`() throws {
        var rows = `Monitor folder`.rows()
        rows[7] = .nan
        let error = try #require(throws: MethodError.self) {
            try fit("name = \"WindowMean\"\nsplit = \"none\"\n[preprocess]\nmethod = \"pca\"", rows: rows)
        }
        #expect(error.code == .nonFiniteValue)
        #expect(error.message.contains("row 1"))
    }
}
