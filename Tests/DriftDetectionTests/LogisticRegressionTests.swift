import DriftDetection
import JSON
import Tensors
import TestSupport
import Testing

@Suite struct `Logistic regression` {
    @Test func `has scikit-learn's weights`() throws {
        let cases = try #require(ReferenceValues.read("logistic-regression")["cases"]?.array)
        #expect(cases.count == 3)
        for entry in cases {
            let columns = try #require(entry["columns"]?.int)
            let rows = Fixture.numbers(entry["rows"])
            let isSecond = Fixture.numbers(entry["is_second"]).map { $0 == 1 }
            let count = isSecond.count
            let withIntercept = (0..<count).flatMap { row in rows[row * columns..<(row + 1) * columns] + [1] }
            let learned = try LogisticRegression(
                of: Tensor(shape: [count, columns + 1], elements: withIntercept),
                isSecond: isSecond,
                places: Array(0..<count),
                ridge: try #require(entry["ridge"]?.double)
            )
            let expected = Fixture.numbers(entry["weights"])
            #expect(learned.weights.count == expected.count)
            for (found, theirs) in zip(learned.weights, expected) {
                #expect(isClose(found, theirs, absolute: 1e-7, relative: 1e-6), "\(entry["name"]?.string ?? "")")
            }
        }
    }
}
