import ArgumentParser

/// A data set as it is named on the command line.
package enum DatasetReference: ExpressibleByArgument, Sendable, Equatable, CustomStringConvertible {
    /// The 1,797 handwritten digits that come with Vedette.
    case digits
    /// A folder in the layout of CIFAR-10's binary version: `data_batch_*.bin`, `test_batch.bin`, `batches.meta.txt`.
    case cifar10(directory: String)
    /// A folder in the layout of MNIST: `train-images-idx3-ubyte` and its companions.
    case idx(directory: String)
    /// A table with a header row, whose last column is the label.
    case csv(file: String)

    package init?(argument: String) {
        if argument == "digits" {
            self = .digits
            return
        }
        guard let colon = argument.firstIndex(of: ":") else { return nil }
        let path = String(argument[argument.index(after: colon)...])
        guard !path.isEmpty else { return nil }
        switch argument[..<colon] {
        case "cifar10": self = .cifar10(directory: path)
        case "idx": self = .idx(directory: path)
        case "csv": self = .csv(file: path)
        default: return nil
        }
    }

    package var description: String {
        switch self {
        case .digits: "digits"
        case .cifar10(let directory): "cifar10:\(directory)"
        case .idx(let directory): "idx:\(directory)"
        case .csv(let file): "csv:\(file)"
        }
    }

    /// The file or the folder; nil for the digits.
    package var path: String? {
        switch self {
        case .digits: nil
        case .cifar10(let path), .idx(let path), .csv(let path): path
        }
    }

    /// A name for the model that is trained on it.
    package var modelName: String {
        switch self {
        case .digits: "digits"
        case .cifar10: "cifar10"
        case .idx: "images"
        case .csv: "table"
        }
    }

    package static var allValueStrings: [String] { ["digits", "cifar10:DIR", "idx:DIR", "csv:FILE"] }
}
