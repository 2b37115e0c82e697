import CloudEvents
import CoreMetrics
import Glibc
import Journal
import Synchronization

/// What every process says about itself.
enum ProcessMetrics {
    static func declare(in registry: MetricsRegistry, service: String) {
        registry.gauge("vedette_build_info", "Always 1; the labels name the build.", labels: ["service", "version"])
            .with(service, Version.current).set(1)
        registry.gauge("process_start_time_seconds", "When the process started, in seconds since 1970.")
            .set(Double(Timestamp.now().nanoseconds) / 1e9)
        let resident = registry.gauge("process_resident_memory_bytes", "Memory of the process that is in RAM.")
        let processor = registry.counter("process_cpu_seconds_total", "CPU time of the process, user and system.")
        registry.onCollect {
            if let bytes = residentBytes() { resident.set(bytes) }
            let used = processorSeconds()
            processor.increment(by: max(0, used - processor.with().value))
        }
    }

    private static func residentBytes() -> Double? {
        guard let text = try? WholeFile.read("/proc/self/statm", limit: 4096) else { return nil }
        let fields = String(decoding: text, as: UTF8.self).split(separator: " ")
        guard fields.count > 1, let pages = Double(fields[1]) else { return nil }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static func processorSeconds() -> Double {
        Double(clock()) / 1e6  // POSIX fixes CLOCKS_PER_SEC at a million
    }
}

/// swift-metrics takes one backend for the life of a process.
enum MetricsSystemBootstrap {
    private static let isDone = Mutex(false)

    /// Makes a registry the backend; only the first call of a process counts.
    static func once(_ registry: MetricsRegistry) {
        let isFirst = isDone.withLock { isDone in
            defer { isDone = true }
            return !isDone
        }
        if isFirst { MetricsSystem.bootstrap(SwiftMetricsBackend(registry: registry)) }
    }
}
