import Foundation
import Tensors

/// A data set that was read: what to learn from, what to judge by, and the names of the classes.
package struct Dataset: Sendable {
    /// Rows for training; where the set has no test rows of its own, a part of these is kept out.
    package var training: LabelledRows
    /// Rows that the set itself keeps for judging.
    package var test: LabelledRows?
    /// The classes' names, in the order of their indices.
    package var classes: [String]
    /// The lowest and the highest value that a pixel can take; nil for tables.
    package var scale: ClosedRange<Float>?

    /// Reads the data set.
    ///
    /// - Throws: `CommandError` that names the file and what is wrong with it.
    package init(_ reference: DatasetReference) throws {
        do {
            switch reference {
            case .digits: self = try Self.digits()
            case .cifar10(let directory): self = try Self.cifar10(directory)
            case .idx(let directory): self = try Self.idx(directory)
            case .csv(let file): self = try Self.table(file)
            }
        } catch let error as TensorError {
            throw CommandError(
                message: "\(reference): \(error.message)",
                remedy: error.remedy,
                exitCode: error.code == .fileFailed ? 69 : 78
            )
        }
    }

    private init(training: LabelledRows, test: LabelledRows?, classes: [String], scale: ClosedRange<Float>?) {
        self.training = training
        self.test = test
        self.classes = classes
        self.scale = scale
    }

    /// The bundled digits: 1,797 images of 8 × 8 pixels in 0…16.
    ///
    /// Source: E. Alpaydin and C. Kaynak (1998), "Optical recognition of handwritten digits", UCI Machine Learning
    /// Repository, its test set, CC BY 4.0.
    private static func digits() throws -> Dataset {
        guard let url = Bundle.module.url(forResource: "digits", withExtension: "csv", subdirectory: "DemoData") else {
            throw CommandError.unavailable(
                "the digits are not beside vedette",
                remedy: "Install the folder vedette_VedetteCommands.resources beside the executable"
            )
        }
        let table = try CSV.read(path: url.path)
        let (pixels, labels) = try separate(table, name: "digits.csv")
        return Dataset(
            training: LabelledRows(rows: try pixels.reshaped([pixels.rows, 8, 8, 1]), labels: labels.indices),
            test: nil,
            classes: labels.classes,
            scale: 0...16
        )
    }

    private static func cifar10(_ directory: String) throws -> Dataset {
        let folder = try CIFAR10.read(folder: directory)
        func rows(_ images: CIFAR10.LabelledImages) throws -> LabelledRows {
            LabelledRows(rows: try images.images.converted(to: Float.self), labels: images.labels)
        }
        return Dataset(
            training: try rows(folder.training),
            test: try rows(folder.test),
            classes: folder.classes,
            scale: 0...255
        )
    }

    private static func idx(_ directory: String) throws -> Dataset {
        func rows(_ part: String) throws -> LabelledRows {
            let images = try IDX.read(path: "\(directory)/\(part)-images-idx3-ubyte").converted(to: Float.self)
            let labels = try IDX.read(path: "\(directory)/\(part)-labels-idx1-ubyte").converted(to: Float.self)
            guard images.shape.count == 3, images.rows == labels.count else {
                throw CommandError.badInput(
                    "\(directory): \(part) has images of shape \(images.shape) and \(labels.count) labels",
                    remedy: "Give grey images and as many labels"
                )
            }
            return LabelledRows(rows: try images.reshaped(images.shape + [1]), labels: labels.elements.map { Int($0) })
        }
        let training = try rows("train"), test = try rows("t10k")
        let count = (training.labels + test.labels).max().map { $0 + 1 } ?? 0
        return Dataset(training: training, test: test, classes: (0..<count).map(String.init), scale: 0...255)
    }

    private static func table(_ file: String) throws -> Dataset {
        let (features, labels) = try separate(CSV.read(path: file), name: file)
        return Dataset(
            training: LabelledRows(rows: features, labels: labels.indices),
            test: nil,
            classes: labels.classes,
            scale: nil
        )
    }

    /// The last column is the label, of numbers or of texts; its classes are its distinct values in their order.
    private static func separate(
        _ table: TensorTable,
        name: String
    ) throws -> (features: Tensor<Float>, labels: (classes: [String], indices: [Int])) {
        guard let last = table.columns.last, table.columns.count > 1, table.rows > 0 else {
            throw CommandError.badInput(
                "\(name) has no feature columns or no rows",
                remedy: "Give features first and the label last"
            )
        }
        let (features, column) = try table.separating(last.name)
        let spelled: [String]
        let classes: [String]
        switch column.values {
        case .texts(let texts):
            spelled = texts
            classes = Set(texts).sorted()
        case .numbers(let numbers):
            guard numbers.allSatisfy(\.isFinite) else {
                throw CommandError.badInput(
                    "\(name) has a row without a label",
                    remedy: "Remove it, or fill in \(last.name)"
                )
            }
            func spelling(_ number: Double) -> String { Int(exactly: number).map(String.init) ?? "\(number)" }
            spelled = numbers.map(spelling)
            classes = Set(numbers).sorted().map(spelling)
        }
        let index = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
        return (try features.tensor(), (classes, spelled.compactMap { index[$0] }))
    }
}
