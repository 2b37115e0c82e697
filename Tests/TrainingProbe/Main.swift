import CAllocationCount
import Glibc
import NeuralNetworks

/// A process to be measured: trains small networks on one core or two, and says for each what its weights came to and
/// what its later steps asked the heap for.
///
/// usage: training-probe CORES
///
/// prints a line `NAME WEIGHTS CALLS BYTES` for each: the weights' FNV-1a hash, then how often memory was asked for in the
/// counted steps, and how much.
@main
struct Main {
    static func main() throws {
        guard let cores = CommandLine.arguments.dropFirst().first.flatMap({ Int32($0) }),
            allocation_count_keep_cores(cores) == 1
        else {
            print("training-probe: there are fewer cores, or no number of them was given")
            exit(69)
        }
        for design in Design.all {
            let result = try design.train()
            let count = result.allocations
            print(design.name, result.hash, count.calls, count.bytes)
        }
    }
}
