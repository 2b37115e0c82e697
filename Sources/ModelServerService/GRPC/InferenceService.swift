package import GRPC
import JSON
import NIOCore
import OpenInference
import ServiceKit

/// The gRPC service of the Open Inference Protocol with Triton's extensions, and gRPC's own health checks.
///
/// Its messages are few and flat but for the one that carries tensors, so they are read and written here field by field;
/// the numbers are those of `inference.proto` and `model_config.proto`, which `scripts/clients-test.py` holds them to
/// with tritonclient.
package struct InferenceService: Sendable {
    private let calls: InferenceCalls
    private let administration: Administration

    package init(calls: InferenceCalls, administration: Administration) {
        self.calls = calls
        self.administration = administration
    }

    static func path(_ method: String) -> String { "/inference.GRPCInferenceService/\(method)" }

    /// The methods, for the listener.
    package var routes: [GRPCRoute] {
        [
            GRPCRoute(Self.path("ModelInfer"), onLoop: { [calls] in calls.answer(InferMessageCall($0), on: $1) }),
            GRPCRoute(
                InferStream.path,
                .bidirectional,
                onLoop: { [stream = InferStream(calls: calls)] in stream.answer($0, on: $1) }
            ),
        ] + health + facts + management + sharedMemory
    }

    // MARK: Health

    private var health: [GRPCRoute] {
        [
            at("ServerLive") { _ in .message { $0.flag(1, true) } },
            at("ServerReady") { _ in .message { $0.flag(1, true) } },
            at("ModelReady") { fields in
                let isReady = administration.isReady(fields.text(1), version: fields.version(2))
                return .message { $0.flag(1, isReady) }
            },
            // grpc.health.v1, which Kubernetes asks: 1 is SERVING.
            GRPCRoute(
                "/grpc.health.v1.Health/Check",
                isOpen: true,
                onLoop: { request, _ in
                    Self.answered {
                        let service = try MessageFields(request).text(1)
                        guard ["", "inference.GRPCInferenceService"].contains(service) else {
                            throw ServiceError(
                                .notFound,
                                "there is no service \(service.prefix(128))",
                                remedy: "Ask for inference.GRPCInferenceService, or for none"
                            )
                        }
                        return .message { $0.unsigned(1, 1) }
                    }
                }
            ),
        ]
    }

    // MARK: Facts

    private var facts: [GRPCRoute] {
        [
            at("ServerMetadata") { _ in .message { ServerFacts.write(to: &$0) } },
            later("ModelMetadata") { fields in
                let metadata = try await administration.metadata(fields.text(1), version: fields.version(2))
                return .message { metadata.write(to: &$0) }
            },
            later("ModelConfig") { fields in
                let configuration = try await administration.configuration(fields.text(1), version: fields.version(2))
                return .message { configuration.write(to: &$0) }
            },
            at("ModelStatistics") { fields in
                let name = fields.text(1)
                let report = try administration.statistics(name.isEmpty ? nil : name, version: fields.version(2))
                return .message { report.write(to: &$0) }
            },
        ]
    }

    // MARK: Management

    private var management: [GRPCRoute] {
        [
            at("RepositoryIndex") { fields in
                let entries = administration.index(readyOnly: fields.flag(2))
                return .message { writer in
                    for entry in entries {
                        writer.message(1) { message in
                            message.text(1, entry.name)
                            message.text(2, entry.version)
                            message.text(3, entry.state)
                            message.text(4, entry.reason)
                        }
                    }
                }
            },
            GRPCRoute(Self.path("RepositoryModelLoad")) { request in
                await Self.answered {
                    let fields = try MessageFields(request)
                    try await administration.load(fields.text(2), parameters: fields.loadParameters(3))
                    return .message { _ in }
                }
            },
            GRPCRoute(Self.path("RepositoryModelUnload")) { request in
                await Self.answered {
                    try await administration.unload(try MessageFields(request).text(2))
                    return .message { _ in }
                }
            },
            at("TraceSetting") { fields in
                let name = fields.text(2)
                let settings = try administration.trace(name.isEmpty ? nil : name, changes: fields.lists(1))
                return .message { writer in
                    for (name, values) in settings.named { writer.entry(1, name) { $0.texts(1, values) } }
                }
            },
            at("LogSettings") { fields in
                let settings = try administration.log(changes: fields.choices(1))
                return .message { writer in
                    for (name, value) in settings {
                        writer.entry(1, name) { choice in
                            switch value {
                            case .bool(let flag): choice.always(1, unsigned: flag ? 1 : 0)
                            case .integer(let number): choice.always(2, unsigned: UInt64(clamping: number))
                            default: choice.always(3, text: value.string ?? "")
                            }
                        }
                    }
                }
            },
        ]
    }

    // MARK: Shared memory

    private var sharedMemory: [GRPCRoute] {
        ["System", "Cuda"].flatMap { kind in
            ["Status", "Register", "Unregister"].map { verb in
                at("\(kind)SharedMemory\(verb)") { _ in throw Administration.noSharedMemory }
            }
        }
    }

    // MARK: Parts

    private func at(
        _ method: String,
        answer: @escaping @Sendable (MessageFields) throws -> HotResponse
    ) -> GRPCRoute {
        GRPCRoute(Self.path(method), onLoop: { request, _ in Self.answered { try answer(try MessageFields(request)) } })
    }

    /// A method that may have to wait for a model to be loaded.
    private func later(
        _ method: String,
        answer: @escaping @Sendable (MessageFields) async throws -> HotResponse
    ) -> GRPCRoute {
        GRPCRoute(Self.path(method)) { request in await Self.answered { try await answer(try MessageFields(request)) } }
    }

    private static func answered(_ answer: () throws -> HotResponse) -> HotRoute.Answer {
        do { return .now(try answer()) } catch { return .now(refusal(error)) }
    }

    private static func answered(_ answer: () async throws -> HotResponse) async -> HotResponse {
        do { return try await answer() } catch { return refusal(error) }
    }

    private static func refusal(_ error: any Error) -> HotResponse {
        ErrorResponse(InferenceFailure.described(error)).hot
    }
}
