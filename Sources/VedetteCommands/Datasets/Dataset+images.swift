import Foundation
import Tensors

extension Dataset {
    /// The bundled digits: 1,797 images of 8 × 8 pixels in 0…16.
    ///
    /// Source: E. Alpaydin and C. Kaynak (1998), "Optical recognition of handwritten digits", UCI Machine Learning
    /// Repository, its test set, CC BY 4.0.
    static func digits() throws -> Dataset {
        guard let url = Bundle.module.url(forResource: "digits", withExtension: "csv", subdirectory: "DemoData") else {
            throw CommandError.unavailable(
                "the digits are not beside vedette",
                remedy: "Install the folder vedette_VedetteCommands.resources beside the executable"
            )
        }
        let table = try LabelledTable(CSV.read(path: url.path), name: "digits.csv")
        let rows = LabelledRows(
            rows: try table.features.reshaped([table.features.rows, 8, 8, 1]),
            labels: table.labels
        )
        return Dataset(
            training: Part(rows: rows, source: "digits.csv"),
            test: nil,
            classes: table.classes,
            scale: 0...16
        )
    }

    /// A folder in the layout of CIFAR-10's binary version.
    static func cifar10(_ directory: String) throws -> Dataset {
        let folder = try CIFAR10.read(folder: directory)
        func part(_ images: CIFAR10.LabelledImages?, _ source: String) throws -> Part? {
            guard let images else { return nil }
            let rows = LabelledRows(rows: try images.images.converted(to: Float.self), labels: images.labels)
            return Part(rows: rows, source: source)
        }
        let batches = (1...max(folder.batches, 1)).map { "data_batch_\($0).bin" }.joined(separator: ", ")
        return Dataset(
            training: try part(folder.training, batches),
            test: try part(folder.test, "test_batch.bin"),
            classes: folder.classes,
            scale: 0...255
        )
    }

    /// A folder in the layout of MNIST.
    static func idx(_ directory: String) throws -> Dataset {
        let training = try idxPart(directory, "train"), test = try idxPart(directory, "t10k")
        guard training.rows.rows.rowShape == test.rows.rows.rowShape else {
            throw CommandError.badInput(
                "\(directory): training images are \(training.rows.rows.rowShape) and test images "
                    + "\(test.rows.rows.rowShape)",
                remedy: "Give images of one size"
            )
        }
        let count = (training.rows.labels + test.rows.labels).reduce(0) { max($0, $1 + 1) }
        return Dataset(training: training, test: test, classes: (0..<count).map(String.init), scale: 0...255)
    }

    private static func idxPart(_ directory: String, _ part: String) throws -> Part {
        let imagesName = "\(part)-images-idx3-ubyte", labelsName = "\(part)-labels-idx1-ubyte"
        let images = try IDX.read(path: "\(directory)/\(imagesName)").converted(to: Float.self)
        let labels = try IDX.read(path: "\(directory)/\(labelsName)").converted(to: Float.self)
        guard images.shape.count == 3, labels.shape.count == 1, images.rows == labels.rows, images.rows > 0 else {
            throw CommandError.badInput(
                "\(directory): \(imagesName) has the shape \(images.shape) and \(labelsName) \(labels.shape)",
                remedy: "Give grey images [n, height, width] and as many labels [n]"
            )
        }
        let classes = labels.elements.map { Int(exactly: $0).flatMap { 0...255 ~= $0 ? $0 : nil } }
        if let row = classes.firstIndex(of: nil) {
            throw CommandError.badInput(
                "\(directory)/\(labelsName): the label of image \(row) is \(labels[row])",
                remedy: "Labels are whole numbers from 0 to 255"
            )
        }
        let rows = LabelledRows(rows: try images.reshaped(images.shape + [1]), labels: classes.compactMap { $0 })
        return Part(rows: rows, source: "\(imagesName), \(labelsName)")
    }
}
