package import ArgumentParser
import Foundation
import Journal
import NativeModels
import ONNXModels
package import Prediction
import RemoteModels
import TreeModels

/// The model of a command: its folder, of any kind that there is, or its URL.
package struct ModelReference: ExpressibleByArgument, Sendable, CustomStringConvertible {
    /// As it was given.
    package let description: String

    package init(argument: String) { description = argument }

    /// Whether it is behind a URL.
    package var isURL: Bool { description.contains("://") }
}

/// How a command reaches its model.
package struct ModelOptions: ParsableArguments {
    @Option(help: "The model: its folder, of any kind, or its URL.", completion: .directory)
    package var model: ModelReference?

    @Option(
        help:
            "For ONNX: libonnxruntime.so, or a folder or Python environment with it; looked for where it is not given.",
        completion: .file()
    )
    var onnxLibrary: String?

    @Option(
        help:
            "For a URL: what the server speaks, \(ModelMap.Dialect.allCases.map(\.rawValue).joined(separator: ", ")); by default what the URL tells, else v2."
    )
    var modelDialect: String?

    @Option(
        help: "For a URL: a schema.toml of inputs and outputs; a v2 server may describe them itself.",
        completion: .file(extensions: ["toml"])
    )
    var modelSchema: String?

    @Option(help: "For a URL: a file with the bearer token that the server asks for.", completion: .file())
    var modelTokenFile: String?

    @OptionGroup
    var trust: ServerTrust

    package init() {}

    /// Opens the model, nil where none was given.
    ///
    /// - Throws: `PredictionError` by file and field, or by URL.
    package func open() async throws -> (any Predictor)? {
        guard let model else { return nil }
        return try await open(model)
    }

    /// Opens the model that a command cannot do without.
    package func openRequired() async throws -> any Predictor {
        guard let model else { throw ValidationError("Give the model: --model DIR or --model URL.") }
        return try await open(model)
    }

    private var dialect: ModelMap.Dialect? {
        get throws {
            guard let modelDialect else { return nil }
            guard let dialect = ModelMap.Dialect(rawValue: modelDialect) else {
                throw ValidationError(
                    "--model-dialect is one of \(ModelMap.Dialect.allCases.map(\.rawValue).joined(separator: ", "))."
                )
            }
            return dialect
        }
    }

    private func open(_ model: ModelReference) async throws -> any Predictor {
        let runtimes = ModelRuntimes(
            [NativeRuntime(), ONNXRuntime(library: onnxLibrary)] + TreeRuntime.all,
            servers: RemoteRuntime(client: try trust.client())
        )
        guard model.isURL else { return try runtimes.open(folder: model.description) }
        let url = model.description
        let address = try RemoteAddress(url)
        let entry = ModelMap.Entry(
            location: .url(url),
            dialect: try dialect ?? address.dialect ?? .v2,
            timeout: .seconds(30),
            tokenFile: modelTokenFile
        )
        let schema = try modelSchema.map { file in
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                throw CommandError.unavailable("\(file) cannot be read", remedy: "Give the path of a schema.toml")
            }
            return try ModelSchema(parsing: text, file: file)
        }
        return try await OwnThread.run {
            try runtimes.open(address.model ?? "model", url: url, entry: entry, schema: schema)
        }
    }
}
