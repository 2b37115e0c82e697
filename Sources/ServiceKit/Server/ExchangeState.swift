/// Where an HTTP/1.1 connection is between a request and its answer; no clock, no I/O.
///
/// One request is answered at a time. Parts of later ones wait with the handler, so pipelined requests are answered in
/// their order whichever way each of them takes.
struct ExchangeState {
    private enum State {
        /// Between requests.
        case idle
        /// The body of a hot request comes in; so many bytes of it are there.
        case collecting(bytes: Int)
        /// A hot request is with its route.
        case answering
        /// A control request is with Hummingbird, which may answer before the body has come.
        case forwarding(hasAll: Bool, hasBegun: Bool, isAnswered: Bool)
        /// The request was refused; the rest of its body is thrown away, so that the sender gets to read why.
        case draining(bytes: Int)
        /// Nothing is read or written any more.
        case closed
    }

    private var state = State.idle

    /// A refused sender that does not stop is cut off after this many bytes.
    private static let drainLimit = 64 << 20

    /// What to do with a request whose head is there.
    enum Way {
        case hot
        case control
        case refuse
    }

    /// What to do with a part of a body.
    enum BodyAction: Equatable {
        case collect
        case forward
        case drop
        case refuseTooLarge
        case close
    }

    /// What to do at the end of a request.
    enum EndAction: Equatable {
        case answer
        case forward
        /// The request and its answer are both complete: forward the end if it belongs to Hummingbird, then go on.
        case forwardAndFinish
        case finish
        case drop
    }

    /// A request is under way, so parts of the next one have to wait.
    var mustWait: Bool {
        switch state {
        case .answering: true
        case .forwarding(let hasAll, _, let isAnswered): hasAll && !isAnswered
        case .idle, .collecting, .draining, .closed: false
        }
    }

    /// Hummingbird does not know of the request under way, so it must not be told to close.
    var isHidden: Bool {
        switch state {
        case .collecting, .answering, .draining: true
        case .idle, .forwarding, .closed: false
        }
    }

    var isIdle: Bool { if case .idle = state { true } else { false } }
    var isClosed: Bool { if case .closed = state { true } else { false } }

    /// A request is still coming in, and may be too slow.
    var isReceiving: Bool {
        switch state {
        case .collecting, .draining: true
        case .forwarding(let hasAll, _, _): !hasAll
        case .idle, .answering, .closed: false
        }
    }

    /// Whether an answer may still be written by whoever refuses the request.
    var canRefuse: Bool {
        switch state {
        case .idle, .collecting: true
        case .forwarding(_, let hasBegun, _): !hasBegun
        case .answering, .draining, .closed: false
        }
    }

    mutating func begin(_ way: Way) {
        state =
            switch way {
            case .hot: .collecting(bytes: 0)
            case .control: .forwarding(hasAll: false, hasBegun: false, isAnswered: false)
            case .refuse: .draining(bytes: 0)
            }
    }

    mutating func receive(bytes count: Int, limit: Int) -> BodyAction {
        switch state {
        case .collecting(let bytes):
            guard bytes + count <= limit else { return .refuseTooLarge }
            state = .collecting(bytes: bytes + count)
            return .collect
        case .forwarding:
            return .forward
        case .draining(let bytes):
            guard bytes + count <= Self.drainLimit else { return .close }
            state = .draining(bytes: bytes + count)
            return .drop
        case .idle, .answering, .closed:
            return .drop
        }
    }

    mutating func receiveEnd() -> EndAction {
        switch state {
        case .collecting:
            state = .answering
            return .answer
        case .forwarding(_, let hasBegun, let isAnswered):
            state = isAnswered ? .idle : .forwarding(hasAll: true, hasBegun: hasBegun, isAnswered: false)
            return isAnswered ? .forwardAndFinish : .forward
        case .draining:
            state = .idle
            return .finish
        case .idle, .answering, .closed:
            return .drop
        }
    }

    /// The hot request was answered.
    mutating func answered() {
        if case .answering = state { state = .idle }
    }

    /// Hummingbird writes; returns whether it may.
    mutating func mayWriteControl() -> Bool {
        guard case .forwarding(let hasAll, _, let isAnswered) = state else { return false }
        state = .forwarding(hasAll: hasAll, hasBegun: true, isAnswered: isAnswered)
        return true
    }

    /// Hummingbird has written its whole answer; returns whether the next request may begin.
    mutating func controlAnswered() -> Bool {
        guard case .forwarding(let hasAll, let hasBegun, _) = state else { return false }
        state = hasAll ? .idle : .forwarding(hasAll: false, hasBegun: hasBegun, isAnswered: true)
        return hasAll
    }

    /// The request is refused where it stands.
    mutating func refuse() {
        state = .draining(bytes: 0)
    }

    mutating func close() {
        state = .closed
    }
}
