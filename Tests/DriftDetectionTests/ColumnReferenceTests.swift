import DriftDetection
import JSON
import Methods
import Tensors
import TestSupport
import Testing

@Suite struct `Tests of each column beside alibi-detect` {
    @Test func `give its p-values, distances and answer on real data`() throws {
        let cases = try #require(ReferenceValues.read("column-drift")["cases"]?.array)
        #expect(cases.count >= 20)
        var methods: Set<String> = []
        var answers: Set<Int> = []
        for entry in cases {
            let method = try #require(entry["method"]?.string)
            let columns = try #require(entry["columns"]?.int)
            let expected = try #require(entry["answer"])
            let test = try Fixture.columns(
                method,
                Fixture.matrix(entry["reference"], columns: columns),
                entry["keys"]?.string ?? ""
            )
            let found = try test.test(Fixture.matrix(entry["window"], columns: columns), level: 0.05, using: 0)
            let name = Comment(rawValue: "\(method) \(entry["name"]?.string ?? "")")
            // It answers in single precision; its asymptotic Cramér–von Mises is off by 1e−8.
            #expect(
                areClose(found.pValues, Fixture.numbers(expected["p_val"]), absolute: 2e-8, relative: 3e-7),
                "\(name): \(found.pValues)"
            )
            #expect(
                areClose(found.distances, Fixture.numbers(expected["distance"]), absolute: 1e-9, relative: 3e-7),
                "\(name): \(found.distances)"
            )
            #expect(found.isDrift == (expected["is_drift"]?.int == 1), name)
            #expect(isClose(found.threshold, try #require(expected["threshold"]?.double), relative: 1e-12), name)
            methods.insert(method)
            answers.insert(expected["is_drift"]?.int ?? -1)
        }
        #expect(methods == ["KSDrift", "CVMDrift", "ChiSquareDrift", "FETDrift", "TabularDrift"])
        #expect(answers == [0, 1])
    }
}
