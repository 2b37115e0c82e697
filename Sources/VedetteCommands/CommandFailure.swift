import AsyncHTTPClient
import CloudEvents
import Foundation
import JSON
import Journal
import Methods
import Monitoring
import NIOCore
import NeuralNetworks
import OpenInference
import Prediction
import ServiceKit
import Statistics
import TOML
import Tensors

extension CommandError {
    /// What any error that ends a command amounts to: 69 where something that is needed is not there, 78 where the
    /// input or its configuration is wrong, 70 for what no library meant to throw.
    package init(_ error: any Error) {
        switch error {
        case let error as CommandError:
            self = error
        case let error as MethodError:
            self = Self.failure(error.message, error.remedy, isMissing: error.code == .fileSystem)
        case let error as PredictionError:
            let isMissing = error.code == .notFound || error.code == .modelUnreachable
            self = Self.failure(error.message, error.remedy, isMissing: isMissing)
        case let error as TensorError:
            self = Self.failure(error.message, error.remedy, isMissing: error.code == .fileFailed)
        case let error as StatisticsError:
            self = .badInput(error.message, remedy: error.remedy)
        case let error as NeuralNetworkError:
            self = .badInput(error.message, remedy: error.remedy)
        case let error as TOMLError:
            self = .badInput(error.message, remedy: error.remedy)
        case let error as JSONError:
            self = .badInput("\(error.message) at byte \(error.offset)", remedy: error.remedy)
        case let error as CloudEventError:
            self = .badInput(error.message, remedy: error.remedy)
        case let error as OpenInferenceError:
            self = .badInput(error.message, remedy: error.remedy)
        case let error as MonitoringError:
            self = .badInput(error.message, remedy: error.remedy)
        case let error as JournalError:
            self = .unavailable(error.message, remedy: error.remedy)
        case let error as SettingsError:
            self = .badInput(error.message, remedy: error.remedy)
        case let error as CocoaError:
            self = .unavailable(
                Self.line(error.localizedDescription),
                remedy: "Check that the path exists and that its permissions allow what was asked"
            )
        case let error as POSIXError:
            self = .unavailable(
                Self.line(error.localizedDescription),
                remedy: "Check what the command names: the path, the permissions, the space that is left"
            )
        case is IOError, is HTTPClientError:
            self = .unavailable(
                Self.line("\(error)"),
                remedy: "Check what the command names: the address, the path, the permissions"
            )
        default:
            self.init(
                message: Self.line("\(error)"),
                remedy: "Nothing of yours should end like this: report it with the command that you gave",
                exitCode: 70
            )
        }
    }

    /// A file that cannot be read or written, named once: half of such errors name it by themselves.
    ///
    /// - Parameters:
    ///   - name: What the message calls it where the error does not.
    ///   - path: How the error would call it.
    init(_ error: TensorError, about name: String, path: String?) {
        let isNamed = path.map { error.message.hasPrefix($0) || error.message.contains(" \($0)") } ?? false
        self.init(
            message: isNamed ? error.message : "\(name): \(error.message)",
            remedy: error.remedy,
            exitCode: error.code == .fileFailed ? 69 : 78
        )
    }

    private static func failure(_ message: String, _ remedy: String, isMissing: Bool) -> CommandError {
        isMissing ? .unavailable(message, remedy: remedy) : .badInput(message, remedy: remedy)
    }

    /// One line without its full stop, as the messages of the command line are.
    private static func line(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return line.hasSuffix(".") ? String(line.dropLast()) : line
    }
}
