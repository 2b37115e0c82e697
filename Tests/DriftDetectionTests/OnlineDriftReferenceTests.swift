import DriftDetection
import Foundation
import JSON
import LinearAlgebra
import Methods
import Tensors
import TestSupport
import Testing

/// Values of alibi-detect's online detectors on digits, wine and breast cancer, row by row, in double precision.
@Suite struct `Online drift statistics` {
    private struct Case {
        let name: Comment
        let columns: Int
        let entry: JSONValue

        func matrix(_ key: String) -> Tensor<Float> { Fixture.matrix(entry[key], columns: columns) }
    }

    private func cases() throws -> [Case] {
        try #require(ReferenceValues.read("online_drift")["cases"]?.array).map { entry in
            Case(
                name: Comment(rawValue: entry["name"]?.string ?? ""),
                columns: try #require(entry["columns"]?.int),
                entry: entry
            )
        }
    }

    /// For each row, the answer's columns as a test says of them that never begins anew.
    private func columns(_ test: any SequentialTest, _ stream: Tensor<Float>) -> [[Double]] {
        var state = test.start(run: 0)
        return (0..<stream.rows).map { row in
            stream[row: row].withUnsafeBufferPointer { state.take($0) }
            let features = state.features
            if let largest = features.map(\.statistic).max() { #expect(state.answer.statistic == largest) }
            return features.sorted { $0.column < $1.column }.map(\.statistic)
        }
    }

    /// For each row and column the largest of alibi-detect's statistics over some windows; none before the first is full.
    private func expected(_ values: JSONValue?, columns: Int, rows: Int, windows: [Int]) throws -> [[Double]] {
        let values = try #require(values?.array)
        #expect(values.count == rows * 2 * columns)
        return (0..<rows).map { row in
            (0..<columns).compactMap { column in
                windows.compactMap { values[(row * 2 + $0) * columns + column].double }.max()
            }
        }
    }

    private static let windows: [(keys: String, places: [Int])] = [("[5]", [0]), ("[12]", [1]), ("[12, 5]", [0, 1])]

    @Test func `CVM is alibi-detect's in each column and window, ties or none`() throws {
        for entry in try cases() {
            let stream = entry.matrix("stream")
            for (keys, places) in Self.windows {
                let test = try Fixture.sequential(
                    "CVMDriftOnline",
                    "ert = 60\nwindow_sizes = \(keys)",
                    reference: entry.matrix("reference")
                )
                let expected = try expected(
                    entry.entry["cvm"],
                    columns: entry.columns,
                    rows: stream.rows,
                    windows: places
                )
                for (ours, theirs) in zip(columns(test, stream), expected) {
                    #expect(ours.count == theirs.count, entry.name)
                    for (one, other) in zip(ours, theirs) { #expect(abs(one - other) < 1e-9, entry.name) }
                }
            }
        }
    }

    @Test(arguments: [("greater", 0.99), ("less", 0.7)])
    func `FET is alibi-detect's in each column and window, smoothed`(alternative: String, weight: Double) throws {
        for entry in try cases() {
            let stream = entry.matrix("stream_flags")
            for (keys, places) in Self.windows {
                let test = try Fixture.sequential(
                    "FETDriftOnline",
                    "ert = 60\nwindow_sizes = \(keys)\nalternative = \"\(alternative)\"\nlam = \(weight)",
                    reference: entry.matrix("flags")
                )
                let expected = try expected(
                    entry.entry["fet"]?[alternative],
                    columns: entry.columns,
                    rows: stream.rows,
                    windows: places
                )
                for (ours, theirs) in zip(columns(test, stream), expected) {
                    #expect(ours.count == theirs.count, entry.name)
                    for (one, other) in zip(ours, theirs) { #expect(abs(one - other) < 1e-9, entry.name) }
                }
            }
        }
    }

    @Test func `LSDD with the same centres and parts is alibi-detect's`() throws {
        for entry in try cases() {
            let (reference, stream) = (entry.matrix("reference"), entry.matrix("stream"))
            let lsdd = try #require(entry.entry["lsdd"])
            func rows(_ key: String) throws -> Tensor<Float> {
                reference.selectingRows(try #require(lsdd[key]?.array).compactMap(\.int))
            }
            let units = Units(reference)
            let sigma = try #require(lsdd["sigma"]?.double)
            let centres = try rows("centre_rows")
            let test = try LSDDDriftOnline(
                LSDDDriftOnline.Parts(
                    centres: centres,
                    offset: units.mean,
                    deviation: units.deviation,
                    sigmas: [sigma],
                    strength: try #require(lsdd["strength"]?.double),
                    referenceKernels: units.meanKernels(try rows("compared_rows"), centres, sigma: sigma),
                    firstWindow: try rows("window_rows"),
                    thresholds: [0],
                    expectedRunTime: 50
                )
            )
            let expected = Fixture.numbers(lsdd["test_stat"])
            #expect(expected.count == stream.rows)
            var state = test.start(run: 0)
            for (row, value) in expected.enumerated() {
                stream[row: row].withUnsafeBufferPointer { state.take($0) }
                #expect(isClose(state.answer.statistic, value, absolute: 1e-6), entry.name)
            }
        }
    }

    @Test func `MMD with the same parts is alibi-detect's`() throws {
        for entry in try cases() {
            let (reference, stream) = (entry.matrix("reference"), entry.matrix("stream"))
            let mmd = try #require(entry.entry["mmd"])
            func rows(_ key: String) throws -> Tensor<Float> {
                reference.selectingRows(try #require(mmd[key]?.array).compactMap(\.int))
            }
            let sigma = try #require(mmd["sigma"]?.double)
            let compared = try rows("compared_rows")
            var total = 0.0
            for first in 0..<compared.rows {
                for second in 0..<compared.rows where first != second {
                    total += Units.kernel(compared[row: first].elements, compared[row: second].elements, sigma: sigma)
                }
            }
            let test = MMDDriftOnline(
                compared: compared,
                referenceMean: total / Double(compared.rows * (compared.rows - 1)),
                firstWindow: try rows("window_rows"),
                kernel: GaussianKernel(sigmas: [Float(sigma)]),
                thresholds: [0],
                expectedRunTime: 50
            )
            var state = test.start(run: 0)
            for (row, value) in Fixture.numbers(mmd["test_stat"]).enumerated() {
                stream[row: row].withUnsafeBufferPointer { state.take($0) }
                #expect(isClose(state.answer.statistic, value, absolute: 1e-6), entry.name)
            }
        }
    }
}

/// The unit of each column and kernels in it, written as the definitions are.
private struct Units {
    let mean: [Double]
    let deviation: [Double]

    init(_ rows: Tensor<Float>) {
        let width = rows.elementsPerRow
        let columns = (0..<width).map { column in (0..<rows.rows).map { Double(rows[$0 * width + column]) } }
        let mean = columns.map { $0.reduce(0, +) / Double($0.count) }
        self.mean = mean
        deviation = zip(columns, mean).map { column, mean in
            let squares = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return squares > 0 ? (squares / Double(column.count - 1)).squareRoot() : 1
        }
    }

    static func kernel(_ first: [some BinaryFloatingPoint], _ second: [some BinaryFloatingPoint], sigma: Double)
        -> Double
    {
        let squares = zip(first, second).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
        return exp(-squares / (2 * sigma * sigma))
    }

    func meanKernels(_ rows: Tensor<Float>, _ centres: Tensor<Float>, sigma: Double) -> [Double] {
        func scaled(_ rows: Tensor<Float>, _ row: Int) -> [Double] {
            rows[row: row].elements.enumerated().map { (Double($1) - mean[$0]) / deviation[$0] }
        }
        return (0..<centres.rows).map { centre in
            let place = scaled(centres, centre)
            return (0..<rows.rows).reduce(0) { $0 + Self.kernel(scaled(rows, $1), place, sigma: sigma) }
                / Double(rows.rows)
        }
    }
}
