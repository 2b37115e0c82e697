import DriftDetection
import Foundation
import Methods
import Tensors
import TestSupport
import Testing

@Suite struct `An online MMD test` {
    static let keys = "ert = 50\nwindow_size = 10\nn_bootstraps = 5000"

    @Test func `has the statistic of the definition, over the newest rows and the kept part of the reference`() throws {
        let reference = Fixture.normal(60, 2, seed: 1)
        let folder = TemporaryDirectory()
        let configuration = try MonitorConfiguration(
            parsing: "name = \"MMDDriftOnline\"\nert = 50\nwindow_size = 5\nn_bootstraps = 500",
            catalog: Fixture.catalog
        )
        let report = try Fitting.fit(
            configuration,
            catalog: Fixture.catalog,
            rows: reference,
            output: folder.file("monitor")
        )
        guard case .sequential(let test) = report.monitor.method else { throw CancellationError() }
        let artefact = try Artefact(reading: folder.file("monitor"), catalog: Fixture.catalog)
        let kept = try artefact.floats("x_ref")
        let first = try artefact.floats("first_window")
        let sigma = Double(try artefact.floats("sigma").elements[0])
        #expect(kept.rows == 50 && first.rows == 5)

        let stream = Fixture.normal(12, 2, shift: 0.5, seed: 2)
        let answers = try test.answers(to: stream)
        // A detection begins anew with the first window; what came before it does not count then.
        var newest = (0..<5).map { first[row: $0].elements }
        func kernel(_ a: [Float], _ b: [Float]) -> Double {
            exp(-zip(a, b).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) } / (2 * sigma * sigma))
        }
        func meanOffDiagonal(_ rows: [[Float]]) -> Double {
            var sum = 0.0
            for i in rows.indices { for j in rows.indices where i != j { sum += kernel(rows[i], rows[j]) } }
            return sum / Double(rows.count * (rows.count - 1))
        }
        let part = (0..<kept.rows).map { kept[row: $0].elements }
        for (index, answer) in answers.enumerated() {
            // The row takes the place of the oldest.
            newest.removeFirst()
            newest.append(stream[row: index].elements)
            let cross = newest.reduce(0.0) { sum, row in sum + part.reduce(0.0) { $0 + kernel(row, $1) } } / 250
            let expected = meanOffDiagonal(part) + meanOffDiagonal(newest) - 2 * cross
            #expect(abs(answer.statistic - expected) < 1e-5, "single precision kernels, row \(index)")
            if answer.isDrift { newest = (0..<5).map { first[row: $0].elements } }
        }
        #expect(answers.allSatisfy { $0.expectedRunTime == 50 })
    }

    @Test func `answers after loading as it did before`() throws {
        let folder = TemporaryDirectory()
        let configuration = try MonitorConfiguration(
            parsing: "name = \"MMDDriftOnline\"\n\(Self.keys)",
            catalog: Fixture.catalog
        )
        let report = try Fitting.fit(
            configuration,
            catalog: Fixture.catalog,
            rows: Fixture.normal(100, 3, seed: 1),
            output: folder.file("monitor")
        )
        let loaded = try Fixture.catalog.load(Artefact(reading: folder.file("monitor"), catalog: Fixture.catalog))
        guard case .sequential(let fresh) = report.monitor.method, case .sequential(let again) = loaded.method else {
            throw CancellationError()
        }
        let stream = Fixture.normal(100, 3, seed: 2)
        #expect(try fresh.answers(to: stream) == again.answers(to: stream))
    }

    @Test func `runs about as long as asked on clean streams, and sees a shift soon`() throws {
        var rows = 0
        var detections = 0
        for run in 0..<40 as Range<UInt64> {
            let test = try Fixture.sequential(
                "MMDDriftOnline",
                "seed = \(run)\n\(Self.keys)",
                reference: Fixture.normal(300, 2, seed: 2 * run + 1)
            )
            let answers = try test.answers(to: Fixture.normal(1_000, 2, seed: 2 * run + 2))
            rows += answers.count
            detections += answers.count { $0.isDrift }
            let moved = try test.answers(to: Fixture.normal(30, 2, shift: 1.5, seed: 7))
            #expect(moved.contains { $0.isDrift })
        }
        // About 800 detections, whose count varies between references more than by chance: a fifth either way.
        #expect(abs(Double(rows) / Double(detections) / 50 - 1) < 0.2)
    }

    @Test func `refuses what cannot be calibrated`() throws {
        let rows = Fixture.normal(100, 2, seed: 1)
        for keys in ["ert = 100\nn_bootstraps = 500", "ert = 20\nwindow_size = 60", "ert = 20\nsigma = [0]"] {
            #expect(throws: MethodError.self) {
                try Fixture.sequential("MMDDriftOnline", keys, reference: rows)
            }
        }
    }
}
