package import CloudEvents

/// Joins the two halves of an exchange, request and response, in whichever order they come.
///
/// A half waits at most `within`, counted in journal time, and at most `capacity` halves wait: beyond it the oldest goes.
/// Whatever leaves without its other half is counted as unpaired and is never judged. Where several exchanges of one key
/// are under way, because a client reuses its request ids, a half joins the one that began nearest to when its own did.
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
        let began: Timestamp
        let arrival: Timestamp
        let ticket: UInt64
    }

    /// How long a half waits for the other.
    package let within: Duration
    /// How many halves may wait.
    package let capacity: Int
    /// Halves that left without the other.
    package private(set) var unpaired: UInt64 = 0
    /// The halves that wait.
    package private(set) var count = 0

    /// By key; those of one key are all of one side, and never none.
    private var waiting: [String: [Waiting]] = [:]
    /// All that wait by arrival, oldest first; those that have been joined since are skipped.
    private var order: ArraySlice<(key: String, ticket: UInt64, arrival: Timestamp)> = []
    private var nextTicket: UInt64 = 0

    package init(within: Duration, capacity: Int) {
        self.within = within
        self.capacity = capacity
    }

    /// Takes in a half and returns the pair that it completes.
    ///
    /// - Parameter began: When the exchange began, as this half knows it: a request its time, a response its time less
    ///   what the model took.
    package mutating func add(
        _ half: Half,
        side: Side,
        key: String,
        began: Timestamp,
        arrivedAt arrival: Timestamp
    ) -> Pair? {
        expire(at: arrival)
        if let other = takeNearest(to: began, key, not: side) {
            return side == .request
                ? Pair(request: half, response: other.half) : Pair(request: other.half, response: half)
        }
        keep(Waiting(side: side, half: half, began: began, arrival: arrival, ticket: nextTicket), key)
        while count > capacity { dropOldest() }
        return nil
    }

    /// Takes out the half that nobody needs to wait for, because the other one, of `side`, will never be judged.
    package mutating func withdraw(_ key: String, other side: Side, began: Timestamp) {
        _ = takeNearest(to: began, key, not: side)
    }

    /// Lets go of the halves that waited too long.
    package mutating func expire(at now: Timestamp) {
        while let oldest = order.first, oldest.arrival + within < now { dropOldest() }
    }

    private mutating func keep(_ entry: Waiting, _ key: String) {
        waiting[key, default: []].append(entry)
        order.append((key, entry.ticket, entry.arrival))
        nextTicket = entry.ticket + 1
        count += 1
    }

    /// Of those that began equally near, the first that came.
    private mutating func takeNearest(to began: Timestamp, _ key: String, not side: Side) -> Waiting? {
        guard let others = waiting[key], others.first?.side != side else { return nil }
        func distance(_ index: Int) -> UInt64 { (others[index].began.nanoseconds &- began.nanoseconds).magnitude }
        return others.indices.min { distance($0) < distance($1) }.flatMap { take($0, key) }
    }

    private mutating func take(_ index: Int, _ key: String) -> Waiting? {
        let taken = waiting[key]?.remove(at: index)
        if waiting[key]?.isEmpty == true { waiting[key] = nil }
        if taken != nil { count -= 1 }
        return taken
    }

    private mutating func dropOldest() {
        guard let oldest = order.popFirst(),
            let index = waiting[oldest.key]?.firstIndex(where: { $0.ticket == oldest.ticket })
        else { return }
        _ = take(index, oldest.key)
        unpaired += 1
    }
}

extension HalfJoin {
    package func write(to writer: inout StateWriter, half: (inout StateWriter, Half) -> Void) {
        writer.write(unpaired)
        let living = order.compactMap { place in
            waiting[place.key]?.first { $0.ticket == place.ticket }.map { (place.key, $0) }
        }
        writer.write(UInt32(living.count))
        for (key, entry) in living {
            writer.write(key)
            writer.write(entry.arrival)
            writer.write(entry.began)
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
        for ticket in 0..<(try reader.read(UInt32.self)) {
            let key = try reader.readString()
            let arrival = try reader.readTimestamp()
            let began = try reader.readTimestamp()
            let side: Side = try reader.read(UInt8.self) == Side.request.rawValue ? .request : .response
            keep(
                Waiting(side: side, half: try half(&reader), began: began, arrival: arrival, ticket: UInt64(ticket)),
                key
            )
        }
    }
}
