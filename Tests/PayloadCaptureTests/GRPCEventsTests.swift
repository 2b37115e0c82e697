import CloudEvents
import HTTPMessages
import JSON
import NIOCore
import PayloadCapture
import Testing

@Suite struct `Payload events of gRPC calls` {
    private let budget = CaptureBudget(limit: 1 << 20)

    /// `ModelInferRequest` with model m, version 3, id i, and an input x of FP32 [1, 2] with its raw contents.
    ///
    /// By hand: field 1 "m", 2 "3", 3 "i", 5 {1 "x", 2 "FP32", 3 packed [1, 2]}, 7 eight bytes.
    private static let message: [UInt8] =
        [0x0A, 1, 0x6D, 0x12, 1, 0x33, 0x1A, 1, 0x69]
        + [0x2A, 13, 0x0A, 1, 0x78, 0x12, 4, 0x46, 0x50, 0x33, 0x32, 0x1A, 2, 1, 2] + [
            0x3A, 8, 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40,
        ]

    private static let framed: [UInt8] = [0, 0, 0, 0, UInt8(message.count)] + message

    private func exchange(
        path: String = "/inference.GRPCInferenceService/ModelInfer",
        request: [UInt8] = framed,
        limit: Int = 1 << 16,
        status: GRPCOutcome = .ok,
        text: String? = nil
    ) -> CapturedExchange {
        var ids = IdentifierGenerator()
        var exchange = CapturedExchange(
            requestID: RequestID(from: { $0 == .requestID ? "r-1" : nil }, generator: &ids),
            method: "POST",
            target: path,
            requestedAt: Timestamp(nanoseconds: 1_000_000_000),
            requestFields: .list([("content-type", "application/grpc")]),
            chargedForHeads: 0
        )
        exchange.requestBody = CapturedBody(ByteBuffer(bytes: request), limit: limit, budget: budget)
        exchange.status = status.httpStatus
        exchange.grpcStatus = status
        exchange.grpcMessage = text
        return exchange
    }

    private func events(_ exchange: CapturedExchange, _ change: (inout CapturePolicy) -> Void = { _ in }) throws
        -> [CloudEvent]
    {
        var policy = CapturePolicy()
        change(&policy)
        var ids = IdentifierGenerator()
        var maker = PayloadEvents(policy: policy)
        return try maker.events(of: exchange, decision: .init(reason: .hash, standsFor: 1), generator: &ids)
    }

    @Test func `name the model of the message where neither settings nor path do`() throws {
        for event in try events(exchange()) {
            #expect(event[extension: "model"] == "m" && event[extension: "modelversion"] == "3")
            #expect(event[extension: "dialect"] == "v2" && event.source == "/vedette/default/m")
        }
        let configured = try events(exchange()) { $0.model = "digits" }[0]
        #expect(configured[extension: "model"] == "digits" && configured[extension: "modelversion"] == nil)
        let foreign = try events(exchange(path: "/other.Service/Call"))[0]
        #expect(foreign[extension: "model"] == nil && foreign.data == Self.framed)
    }

    @Test(arguments: [[UInt8](), [0], [1, 0, 0, 0, 2, 0x1F, 0x8B], [0, 0, 0, 0, 2, 0x0A, 9], [0, 0, 0, 0, 1, 0xFF]])
    func `name no model where the message is compressed, cut or none`(request: [UInt8]) throws {
        #expect(try events(exchange(request: request))[0][extension: "model"] == nil)
    }

    @Test func `keep names, shapes and datatypes of a message that was cut`() throws {
        let event = try events(exchange(limit: Self.framed.count - 6))[0]
        #expect(event[extension: "truncated"] == "limit" && event.dataContentType == "application/json")
        #expect(
            try JSONValue(parsing: try #require(event.data)) == [
                "model_name": "m", "model_version": "3", "id": "i",
                "inputs": [["name": "x", "datatype": "FP32", "shape": [1, 2]]],
            ]
        )
    }

    @Test func `say how the call ended, in gRPC's words and in HTTP's`() throws {
        let failed = exchange(status: GRPCOutcome(rawValue: 5), text: "no caf%C3%A9: 100%25, %zz")
        let events = try events(failed)
        #expect(events[0][extension: "grpcstatus"] == nil)
        #expect(events[1][extension: "statuscode"] == "404" && events[1][extension: "grpcstatus"] == "5")
        #expect(events[1][extension: "grpcmessage"] == "no café: 100%, %zz")
    }

    @Test func `count codes that are none as UNKNOWN, and resets as clients take them`() {
        #expect(GRPCOutcome(text: "x") == .unknown)
        #expect(GRPCOutcome(rawValue: 17).httpStatus == 500 && GRPCOutcome(rawValue: -1).httpStatus == 500)
        #expect(GRPCOutcome(reset: .refusedStream) == .unavailable && GRPCOutcome(reset: .cancel) == .cancelled)
        #expect(GRPCOutcome(reset: .none) == .internalError)
    }

    @Test func `are made of inferences, and not of probes`() {
        let policy = CapturePolicy()
        for name in ["ModelInfer", "ModelStreamInfer"] {
            #expect(policy.captures(method: "POST", path: "/inference.GRPCInferenceService/\(name)"))
        }
        // Every other method of the service as Triton has it, health and reflection.
        for path in [
            "ServerLive", "ServerReady", "ServerMetadata", "ModelReady", "ModelMetadata", "ModelConfig",
            "ModelStatistics", "RepositoryIndex", "RepositoryModelLoad", "RepositoryModelUnload", "TraceSetting",
            "LogSettings", "SystemSharedMemoryStatus", "SystemSharedMemoryRegister", "SystemSharedMemoryUnregister",
            "CudaSharedMemoryStatus", "CudaSharedMemoryRegister", "CudaSharedMemoryUnregister",
        ].map({ "/inference.GRPCInferenceService/\($0)" }) + [
            "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch",
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        ] {
            #expect(!policy.captures(method: "POST", path: path), "\(path)")
        }
    }
}
