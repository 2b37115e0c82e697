import ArgumentParser
import NativeModels
package import Prediction
import TreeModels

/// A model as a command names it: the path of its folder, of any kind that runs here.
package struct ModelReference: ExpressibleByArgument, Sendable, CustomStringConvertible {
    /// As it was given.
    package let description: String

    package init(argument: String) { description = argument }

    /// What this process runs.
    private static let runtimes = ModelRuntimes([NativeRuntime()] + TreeRuntime.all)

    /// Opens the model.
    ///
    /// - Throws: `PredictionError` by file and field.
    package func open() throws -> any Predictor { try Self.runtimes.open(folder: description) }
}
