import NativeModels
import ONNXModels
package import Prediction
import RemoteModels
package import ServiceKit
import TreeModels

/// What runs models in the services that run them: every kind of model folder that there is, and models behind URLs.
package enum ModelHosting {
    /// Where ONNX Runtime is.
    package static let onnxLibrary = SettingKey(
        "onnx.library",
        default: String?.none,
        "ONNX Runtime: libonnxruntime.so, or a folder or Python environment with it; looked for when not set."
    )
    /// How many threads one call of an ONNX model may use.
    package static let onnxThreads = SettingKey(
        "onnx.threads",
        default: 1,
        "How many threads one call of an ONNX model may use, where its model.toml does not say.",
        allowed: "1 to 256",
        where: { (1...256).contains($0) }
    )

    /// The settings of the runtimes.
    package static let settings: [any Setting] = [onnxLibrary, onnxThreads]

    /// The runtimes of a process; copies of weights lie in its state directory.
    package static func runtimes(_ context: SidecarContext) throws -> ModelRuntimes {
        ModelRuntimes(
            [
                NativeRuntime(stateDirectory: context.stateDirectory),
                ONNXRuntime(
                    library: try context.settings.value(onnxLibrary),
                    threads: try context.settings.value(onnxThreads)
                ),
            ] + TreeRuntime.all,
            servers: RemoteRuntime(client: context.httpClient)
        )
    }
}
