import AsyncHTTPClient
package import CloudEvents
import Crypto
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Fetches the data of events that have a reference in their place (the extension `dataref`, a claim check).
///
/// It is done at the door, before an event is kept, so that a journal holds all that verdicts depend on. An event whose
/// data do not come is kept as it is, and counted: a place that is gone holds up nobody for longer than the timeout, and
/// is then left alone for ``rest``.
package final class DataReferences: Sendable {
    /// How long a place that did not answer is not asked.
    static let rest = Duration.seconds(5)
    /// How many are fetched at a time, so that memory is bounded whatever comes.
    static let concurrency = 4
    private static let firstPause = Duration.milliseconds(50)

    private struct State {
        var restsUntil: [ReferencePlace: ContinuousClock.Instant] = [:]
        var told: Set<ReferenceFailure> = []
    }

    private let places: [ReferencePlace]
    private let limit: Int
    private let timeout: Duration
    private let tokenFile: String?
    private let client: HTTPClient
    private let slots = FetchSlots(concurrency)
    private let outcomes: Counters
    private let logger: Logger
    private let state = Mutex(State())

    /// What the settings allow.
    package init(context: SidecarContext) throws {
        let settings = context.settings
        places = try settings.value(ReferenceSettings.places)
        limit = try settings.value(ReferenceSettings.limit)
        timeout = try settings.value(ReferenceSettings.timeout)
        tokenFile = try settings.value(ReferenceSettings.tokenFile)
        client = context.httpClient
        logger = context.logger
        outcomes = context.metrics.counter(
            "vedette_dataref_total",
            "Events that came with a reference in place of data, by what came of it.",
            labels: ["outcome"]
        )
        for name in ["fetched", "unverified"] + ReferenceFailure.allCases.map(\.rawValue) { _ = outcomes.with(name) }
    }

    /// Whether an event has a reference in place of its data.
    ///
    /// Of a body that was cut the event has the outline, and its
    /// reference names the body without leading to it.
    package static func stand(inPlaceOfDataOf event: CloudEvent) -> Bool {
        (event.data ?? []).isEmpty && event.extensions["dataref"] != nil && event.extensions["truncated"] == nil
    }

    /// The event with its data, or as it is when they do not come.
    package func completed(_ event: CloudEvent) async -> CloudEvent {
        guard Self.stand(inPlaceOfDataOf: event), let reference = event[extension: "dataref"] else { return event }
        do throws(ReferenceFailure) {
            let data = try await fetch(reference, size: event[extension: "databytes"].flatMap { Int($0) })
            let hash = event[extension: "datahash"]
            if let hash, hash != "sha256:" + SHA256.hash(data: data).hexadecimal { throw .mismatch }
            guard let whole = try? event.replacingData(data, contentType: event.dataContentType) else { throw .refused }
            outcomes.with(hash == nil ? "unverified" : "fetched").increment()
            return whole
        } catch {
            outcomes.with(error.rawValue).increment()
            tell(error, reference)
            return event
        }
    }

    private func fetch(_ reference: String, size: Int?) async throws(ReferenceFailure) -> [UInt8] {
        guard let (place, target) = target(of: reference) else { throw .notAllowed }
        guard size ?? 0 <= limit else { throw .tooLarge }
        await slots.enter()
        let data: [UInt8]
        do throws(ReferenceFailure) {
            data = try await fetch(target, at: place)
        } catch {
            await slots.leave()
            throw error
        }
        await slots.leave()
        guard size ?? data.count == data.count else { throw .mismatch }
        return data
    }

    private func target(of reference: String) -> (ReferencePlace, ReferencePlace.Target)? {
        for place in places {
            if let target = place.target(of: reference) { return (place, target) }
        }
        return nil
    }

    private func fetch(
        _ target: ReferencePlace.Target,
        at place: ReferencePlace
    ) async throws(ReferenceFailure) -> [UInt8] {
        switch target {
        case .file(let path, let folder):
            // A disk may be slow: the read runs on NIO's threads for blocking calls.
            let limit = limit
            do {
                return try await NIOThreadPool.singleton.runIfActive {
                    try ReferencedFile.read(path, within: folder, limit: limit)
                }
            } catch {
                throw error as? ReferenceFailure ?? .refused
            }
        case .address(let address):
            let clock = ContinuousClock()
            if let until = state.withLock({ $0.restsUntil[place] }), clock.now < until { throw .unreachable }
            let deadline = clock.now + timeout
            var pause = Self.firstPause
            repeat {
                do throws(ReferenceFailure) {
                    return try await get(address, within: deadline - clock.now)
                } catch {
                    guard error == .unreachable else { throw error }
                }
                try? await Task.sleep(for: min(pause, max(.zero, deadline - clock.now)))
                pause *= 2
            } while clock.now < deadline && !Task.isCancelled
            state.withLock { $0.restsUntil[place] = clock.now + Self.rest }
            throw .unreachable
        }
    }

    private func get(_ address: String, within time: Duration) async throws(ReferenceFailure) -> [UInt8] {
        var request = HTTPClientRequest(url: address)
        // Read anew for each request, so that a token may be exchanged without a restart.
        if let tokenFile {
            guard let token = try? BearerTokens.first(in: tokenFile) else { throw .refused }
            request.headers.add(name: "authorization", value: "Bearer \(token)")
        }
        do {
            let response = try await client.execute(request, timeout: TimeAmount(max(.milliseconds(10), time)))
            switch response.status.code {
            case 200: break
            case 404, 410: throw ReferenceFailure.gone
            case 408, 429, 500...: throw ReferenceFailure.unreachable
            default: throw ReferenceFailure.refused
            }
            if let length = response.headers.first(name: "content-length").flatMap({ Int($0) }), length > limit {
                throw ReferenceFailure.tooLarge
            }
            return Array(try await response.body.collect(upTo: limit).readableBytesView)
        } catch let failure as ReferenceFailure {
            throw failure
        } catch is NIOTooManyBytesError {
            throw .tooLarge
        } catch {
            throw .unreachable
        }
    }

    /// Logs the first failure of each kind; the metric has the others.
    private func tell(_ failure: ReferenceFailure, _ reference: String) {
        guard state.withLock({ $0.told.insert(failure).inserted }) else { return }
        logger.warning(
            "data of an event did not come, it is kept without",
            metadata: [
                "dataref": "\(reference.prefix(512))", "outcome": "\(failure.rawValue)",
                "error.remedy": "\(failure.remedy)",
            ]
        )
    }
}

/// A number of places that are taken and given back in the order in which they were asked for.
private actor FetchSlots {
    private var free: Int
    private var waiting: ArraySlice<CheckedContinuation<Void, Never>> = []

    init(_ count: Int) {
        free = count
    }

    func enter() async {
        guard free == 0 else {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func leave() {
        guard let next = waiting.popFirst() else {
            free += 1
            return
        }
        next.resume()
    }
}

extension SHA256Digest {
    /// 64 digits in lower case.
    fileprivate var hexadecimal: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
