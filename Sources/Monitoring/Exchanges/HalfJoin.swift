package import CloudEvents

/// Joins the two halves of an exchange, request and response, in whichever order they come.
///
/// A half waits at most `within`, counted in journal time, and at most `capacity` halves wait: beyond it the oldest goes.
/// Whatever leaves without its other half is counted as unpaired and is never judged. A second half of the same side
/// under a key that still waits takes its place, so a client that reuses request ids loses the older exchange and never
/// mixes two.
package struct HalfJoin<Half: Sendable>: Sendable {
    /// Which half of an exchange an event is.
    package enum Side: UInt8, Sendable { case request, response }

    /// Both halves of one exchange.
    package struct Pair: Sendable {
        package let request: Half
        package let response: Half
    }

    private struct Waiting: Sendable {
        let side: Side
        let half: Half
        let arrival: Timestamp
    }

    /// How long a half waits for the other.
    package let within: Duration
    /// How many halves may wait.
    package let capacity: Int
    /// Halves that left without the other.
    package private(set) var unpaired: UInt64 = 0

    private var waiting: [String: Waiting] = [:]
    /// The keys by arrival, oldest first; keys that have been joined since are skipped.
    private var order: ArraySlice<(key: String, arrival: Timestamp)> = []

    package init(within: Duration, capacity: Int) {
        self.within = within
        self.capacity = capacity
    }

    /// The halves that wait.
    package var count: Int { waiting.count }

    /// Takes in a half and returns the pair that it completes.
    package mutating func add(_ half: Half, side: Side, key: String, arrivedAt arrival: Timestamp) -> Pair? {
        expire(at: arrival)
        if let other = waiting[key], other.side != side {
            waiting[key] = nil
            return side == .request
                ? Pair(request: half, response: other.half) : Pair(request: other.half, response: half)
        }
        if waiting.updateValue(Waiting(side: side, half: half, arrival: arrival), forKey: key) != nil { unpaired += 1 }
        order.append((key, arrival))
        while waiting.count > capacity { dropOldest() }
        return nil
    }

    /// Takes out a half that nobody needs to wait for, because the other one will never be judged.
    package mutating func withdraw(_ key: String) {
        waiting[key] = nil
    }

    /// Lets go of the halves that waited too long.
    package mutating func expire(at now: Timestamp) {
        while let oldest = order.first, oldest.arrival + within < now { dropOldest() }
    }

    private mutating func dropOldest() {
        guard let oldest = order.popFirst() else { return }
        // joined or replaced since
        guard let half = waiting[oldest.key], half.arrival == oldest.arrival else { return }
        waiting[oldest.key] = nil
        unpaired += 1
    }
}

extension HalfJoin {
    package func write(to writer: inout StateWriter, half: (inout StateWriter, Half) -> Void) {
        writer.write(unpaired)
        let living = order.filter { waiting[$0.key]?.arrival == $0.arrival }
        writer.write(UInt32(living.count))
        for (key, arrival) in living {
            guard let entry = waiting[key] else { continue }
            writer.write(key)
            writer.write(arrival)
            writer.write(entry.side.rawValue)
            half(&writer, entry.half)
        }
    }

    package init(
        within: Duration,
        capacity: Int,
        from reader: inout StateReader,
        half: (inout StateReader) throws(MonitoringError) -> Half
    ) throws(MonitoringError) {
        self.init(within: within, capacity: capacity)
        unpaired = try reader.read(UInt64.self)
        for _ in 0..<(try reader.read(UInt32.self)) {
            let key = try reader.readString()
            let arrival = try reader.readTimestamp()
            let side: Side = try reader.read(UInt8.self) == Side.request.rawValue ? .request : .response
            waiting[key] = Waiting(side: side, half: try half(&reader), arrival: arrival)
            order.append((key, arrival))
        }
    }
}
