import CAllocationCount
import NativeModels
import NeuralNetworks
import Prediction
import Statistics
import Synchronization
import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Counts how often a steady stream of predictions asks for memory, in a process of its own, where nothing else does.
///
/// usage: allocation-probe CASE ROWS THREADS
///
/// Prints how many calls each phase made, then the allocations of each phase, then those of as many calls that make one
/// tensor each, by which the counter is known to count.
@main
struct Main {
    private static let phases = 20
    private static let calls = 50

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let rows = Int(arguments[2]), let threads = Int(arguments[3]) else {
            print("usage: allocation-probe \(Cases.all.keys.sorted().joined(separator: "|")) ROWS THREADS")
            return
        }
        let model = try Cases.model(arguments[1])
        let inputs = Array(repeating: Float(1), count: rows * model.network.inputShape.reduce(1, *))
        var counts: [Int] = []
        for _ in 0..<phases { counts.append(try phase(model, inputs, rows, threads)) }
        let batch = try Tensor(shape: [rows] + model.network.inputShape, elements: inputs)
        allocation_count_start()
        for _ in 0..<calls { _ = try model.predict(batch) }
        let control = allocation_count_stop().calls
        print(calls)
        print(counts.map(String.init).joined(separator: " "))
        print(control)
    }

    /// The allocations between the first and the last call of some threads that begin and end together.
    private static func phase(_ model: NativeModel, _ inputs: [Float], _ rows: Int, _ threads: Int) throws -> Int {
        let outputs = UnsafeMutableBufferPointer<Float>.allocate(capacity: threads * rows * model.model.classes.count)
        defer { outputs.deallocate() }
        outputs.initialize(repeating: 0)
        // `nonisolated(unsafe)`: each thread writes to its own part.
        nonisolated(unsafe) let target = outputs
        let ready = Barrier(threads)
        let done = Barrier(threads)
        let count = Count()
        Threads.perform(threads) { thread in
            let own = target.count / threads
            let part = UnsafeMutableBufferPointer(rebasing: target[thread * own..<(thread + 1) * own])
            inputs.withUnsafeBufferPointer { inputs in
                ready.wait { count.begin() }
                do {
                    for _ in 0..<calls { try model.predict(inputs, into: part) }
                } catch { count.fail() }
                done.wait { count.end() }
            }
        }
        return try count.result
    }
}

/// The allocations between two moments.
private final class Count: Sendable {
    private let calls = Atomic(0)
    private let hasFailed = Atomic(false)

    func begin() { allocation_count_start() }
    func end() { calls.store(allocation_count_stop().calls, ordering: .sequentiallyConsistent) }
    func fail() { hasFailed.store(true, ordering: .sequentiallyConsistent) }

    var result: Int {
        get throws {
            guard !hasFailed.load(ordering: .sequentiallyConsistent) else { throw CancellationError() }
            return calls.load(ordering: .sequentiallyConsistent)
        }
    }
}

/// Threads of their own: the system's pool would not run more at once than there are cores.
private enum Threads {
    private final class Job {
        let body: (Int) -> Void
        let number: Int

        init(_ number: Int, _ body: @escaping (Int) -> Void) {
            self.number = number
            self.body = body
        }
    }

    /// Calls `body` with each number below `count`, all at the same time.
    static func perform(_ count: Int, _ body: @escaping (Int) -> Void) {
        let threads = (0..<count).map { number in
            var thread = pthread_t()
            let job = Unmanaged.passRetained(Job(number, body)).toOpaque()
            pthread_create(
                &thread,
                nil,
                { argument in
                    guard let argument else { return nil }
                    let job = Unmanaged<Job>.fromOpaque(argument).takeRetainedValue()
                    job.body(job.number)
                    return nil
                },
                job
            )
            return thread
        }
        for thread in threads { pthread_join(thread, nil) }
    }
}

/// Where threads wait for each other without asking for memory.
private final class Barrier: Sendable {
    private let missing: Atomic<Int>
    private let isOpen = Atomic(false)

    init(_ threads: Int) { missing = Atomic(threads) }

    /// Waits for all; the last to come does `once` before any goes on.
    func wait(_ once: () -> Void) {
        if missing.subtract(1, ordering: .sequentiallyConsistent).newValue == 0 {
            once()
            isOpen.store(true, ordering: .sequentiallyConsistent)
        }
        while !isOpen.load(ordering: .sequentiallyConsistent) { sched_yield() }
    }
}

/// Networks of every kind of layer that runs in a service.
private enum Cases {
    static let all: [String: (inputShape: [Int], layers: [Layer])] = [
        "digits": (
            [8, 8, 1],
            [.rescale(scale: 0.2, offset: 5)] + block(32) + block(64)
                + [.flatten, .dropout(rate: 0.25), .dense(units: 128), .relu, .dense(units: 3)]
        ),
        "residual": (
            [8, 8, 3],
            [
                .convolution(filters: 12, kernel: 3), .relu,
                .residual([.convolution(filters: 24, kernel: 3, stride: 2), .batchNormalisation(), .relu]),
                .averagePooling(size: 2), .upsampling(factor: 2), .convolution(filters: 24, kernel: 3, groups: 24),
                .transposedConvolution(filters: 16, kernel: 2, stride: 2), .activation(.silu), .globalAveragePooling,
                .dense(units: 3),
            ]
        ),
        "sequence": (
            [6, 8],
            [
                .lstm(units: 16, bidirectional: true), .gru(units: 16), .layerNormalisation(),
                .selfAttention(heads: 2, causal: true), .activation(.gelu), .flatten, .dense(units: 3),
            ]
        ),
        "table": ([10], [.dense(units: 32), .relu, .dense(units: 3), .activation(.tanh)]),
    ]

    private static func block(_ filters: Int) -> [Layer] {
        let half: [Layer] = [.convolution(filters: filters, kernel: 3, bias: false), .batchNormalisation(), .relu]
        return half + half + [.maxPooling(size: 2)]
    }

    static func model(_ name: String) throws -> NativeModel {
        guard let (inputShape, layers) = all[name] else { throw CancellationError() }
        var generator = SeededGenerator(seed: 1)
        let network = try Network(inputShape: inputShape, layers: layers, using: &generator)
        let description = ModelDescription(
            name: name,
            version: "1",
            inputs: [ColumnDescription(name: "x", shape: inputShape)],
            outputs: [ColumnDescription(name: "p", shape: [3], classes: ["a", "b", "c"])]
        )
        return try NativeModel(description, network: network)
    }
}
