import Tensors

/// A graph that the runtime has loaded, and its inputs and outputs.
///
/// `@unchecked Sendable`: the session's pointer is written once, in `init`; the runtime allows any number of runs of one
/// session at once.
final class GraphSession: @unchecked Sendable {
    /// An input or output as the graph declares it.
    struct Port: Sendable {
        let name: String
        /// Its element type by the runtime's number; nil for what is no tensor.
        let type: Int32?
        /// The sizes, −1 where one is free; empty where the graph says none.
        let shape: [Int]

        /// The element type, where it is one that is read and written here.
        var element: GraphElement? { type.flatMap(GraphElement.init(rawValue:)) }
        /// Type and shape for messages.
        var text: String {
            "\(type.map(GraphElement.name) ?? "no tensor") [\(shape.map { $0 < 0 ? "?" : "\($0)" }.joined(separator: ", "))]"
        }
    }

    let inputs: [Port]
    let outputs: [Port]
    private let library: RuntimeLibrary
    private let session: OpaquePointer
    private let inputNames: CStrings

    /// Loads a graph.
    ///
    /// - Parameters:
    ///   - path: The `.onnx` file.
    ///   - threads: How many threads one run may use.
    /// - Throws: ``RuntimeFailure`` with the runtime's own words.
    init(path: String, library: RuntimeLibrary, threads: Int) throws(RuntimeFailure) {
        let api = library.api
        let options = try api.sessionOptions()
        defer { api.release(options, .releaseSessionOptions) }
        try api.setThreads(threads, of: options)
        for (key, value) in Self.options { try api.set(key, value, of: options) }
        let session = try api.session(library.environment, path: path, options: options)
        do throws(RuntimeFailure) {
            inputs = try Self.ports(session, api, .sessionGetInputCount, .sessionGetInputName, .sessionGetInputTypeInfo)
            outputs = try Self.ports(
                session,
                api,
                .sessionGetOutputCount,
                .sessionGetOutputName,
                .sessionGetOutputTypeInfo
            )
        } catch {
            api.release(session, .releaseSession)
            throw error
        }
        inputNames = CStrings(inputs.map(\.name))
        self.library = library
        self.session = session
    }

    deinit { library.api.release(session, .releaseSession) }

    private static let options = [
        ("session.load_model_format", "ONNX"),  // and not the runtime's own format, which is read unchecked
        ("session.intra_op.allow_spinning", "0"),  // threads that spin take the time of the model beside this one
        ("mlas.enable_gemm_fastmath_arm64_bfloat16", "0"),  // float32 is float32
    ]

    private static func ports(
        _ session: OpaquePointer,
        _ api: RuntimeAPI,
        _ count: APISlot,
        _ name: APISlot,
        _ type: APISlot
    ) throws(RuntimeFailure) -> [Port] {
        var ports: [Port] = []
        for index in 0..<(try api.count(count, of: session)) {
            let info = try api.typeInfo(type, index, of: session)
            defer { api.release(info, .releaseTypeInfo) }
            let portName = try api.name(name, index, of: session)
            guard try api.valueKind(of: info) == 1 else {
                ports.append(Port(name: portName, type: nil, shape: []))
                continue
            }
            let tensor = try api.tensorInfo(of: info)
            ports.append(Port(name: portName, type: try api.elementType(of: tensor), shape: try api.shape(of: tensor)))
        }
        return ports
    }

    /// An output of a run, read within the run.
    struct Output {
        let type: Int32
        let shape: [Int]
        fileprivate let value: OpaquePointer
        fileprivate let api: RuntimeAPI

        /// The number of elements.
        var count: Int { shape.reduce(1, *) }

        /// The texts of a tensor of texts.
        func texts() throws(RuntimeFailure) -> [String] { try api.texts(of: value, count: count) }

        /// The elements of any other tensor; valid within the run.
        func elements() throws(RuntimeFailure) -> UnsafeRawPointer { try api.elements(of: value) }
    }

    /// Runs the graph.
    ///
    /// - Parameters:
    ///   - inputs: In the order of ``inputs``, in the graph's own types.
    ///   - wanted: The names of the outputs.
    ///   - body: Reads the outputs, whose memory is the runtime's and goes when this returns.
    func run<Result>(
        _ inputs: [AnyTensor],
        wanted: CStrings,
        _ body: ([Output]) throws -> Result
    ) throws -> Result {
        let api = library.api
        var values: [OpaquePointer?] = []
        var results = [OpaquePointer?](repeating: nil, count: wanted.count)
        defer {
            for value in values + results { if let value { api.release(value, .releaseValue) } }
        }
        for (input, port) in zip(inputs, self.inputs) {
            guard let type = port.element else { continue }
            // The runtime reads the tensor's own memory, which `inputs` keeps until the run is over.
            var maker = ValueMaker(api: api, memory: library.memory, type: type)
            values.append(try input.accept(&maker))
        }
        try api.run(
            session,
            inputNames: inputNames.pointers,
            inputs: values,
            outputNames: wanted.pointers,
            outputs: &results
        )
        var outputs: [Output] = []
        for result in results {
            guard let result else { throw RuntimeFailure(message: "a run gives no value for an output") }
            let (type, shape) = try api.typeAndShape(of: result)
            outputs.append(Output(type: type, shape: shape, value: result, api: api))
        }
        defer { withExtendedLifetime(inputs) {} }
        return try body(outputs)
    }
}

/// Makes a value of the runtime over a tensor's memory.
private struct ValueMaker: AnyTensor.Visitor {
    let api: RuntimeAPI
    let memory: OpaquePointer
    let type: GraphElement

    func visit<Element: TensorElement>(_ tensor: Tensor<Element>) throws(RuntimeFailure) -> OpaquePointer {
        let shape = tensor.shape.map { Int64($0) }
        return try tensor.withUnsafeBufferPointer { elements throws(RuntimeFailure) in
            try api.tensor(memory, over: UnsafeRawBufferPointer(elements), shape: shape, type: type)
        }
    }

    func visit(bytes values: [[UInt8]], shape: [Int]) throws(RuntimeFailure) -> OpaquePointer {
        try api.textTensor(values.map { String(decoding: $0, as: UTF8.self) }, shape: shape.map { Int64($0) })
    }
}
