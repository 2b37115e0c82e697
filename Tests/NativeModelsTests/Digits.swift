import Foundation
import Tensors

/// The 1,797 handwritten digits of the demo: 8 × 8 pixels of 0 to 16.
struct Digits {
    let images: Tensor<Float>
    let labels: [Int]

    static let names = (0..<10).map(String.init)

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(
            contentsOf: root.appending(path: "Sources/VedetteCommands/DemoData/digits.csv"),
            encoding: .utf8
        )
        let rows = text.split(separator: "\n").dropFirst().map { line in
            line.split(separator: ",").compactMap { Float($0) }
        }
        images = try Tensor(shape: [rows.count, 8, 8, 1], elements: rows.flatMap { $0.prefix(64) })
        labels = rows.map { Int($0[64]) }
    }

    /// Some of the rows and their labels.
    func part(_ rows: [Int]) -> (images: Tensor<Float>, labels: [Int]) {
        (images.selectingRows(rows), rows.map { labels[$0] })
    }
}
