import Foundation
package import Prediction
import Tensors

/// A data set that was read: what to learn from, what to judge by, and the names of the classes.
package struct Dataset: Sendable {
    /// Rows for training; `nil` in a folder that holds test rows alone.
    ///
    /// Where the set has no test rows of its own, a part of these is kept out.
    package var training: Part?
    /// Rows that the set itself keeps for judging.
    package var test: Part?
    /// The classes' names, in the order of their indices.
    package var classes: [String]
    /// The lowest and the highest value that a pixel can take; nil for tables.
    package var scale: ClosedRange<Float>?

    /// Rows, and where they were read from.
    package struct Part: Sendable {
        package var rows: LabelledRows
        /// The file or files, for a person: "test_batch.bin".
        package var source: String
    }

    /// Reads the data set.
    ///
    /// - Parameter model: Who is to be asked about the rows: the columns of a table are then found by the names of its
    ///   schema, in any order, and labels are its classes.
    /// - Throws: `CommandError` that names the file, the place in it, and what is wrong there.
    package init(_ reference: DatasetReference, of model: ModelDescription? = nil) throws {
        do {
            switch reference {
            case .digits: self = try Self.digits()
            case .cifar10(let directory): self = try Self.cifar10(directory)
            case .idx(let directory): self = try Self.idx(directory)
            case .csv(let file): self = try Self.table(file, of: model)
            }
        } catch let error as TensorError {
            throw CommandError(error, about: reference.description, path: reference.path)
        }
    }

    init(training: Part?, test: Part?, classes: [String], scale: ClosedRange<Float>?) {
        self.training = training
        self.test = test
        self.classes = classes
        self.scale = scale
    }

    /// The rows for training.
    ///
    /// - Throws: `CommandError` when there are none.
    package func trainingRows() throws -> LabelledRows {
        guard let training else {
            throw CommandError.unavailable(
                "the data set holds test rows alone",
                remedy: "Add its training rows, data_batch_1.bin for CIFAR-10"
            )
        }
        return training.rows
    }
}
