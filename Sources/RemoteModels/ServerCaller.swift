package import AsyncHTTPClient
import Dispatch
import NIOCore
package import NIOHTTP1
import NIOPosix
package import Prediction
import ServiceKit
import Synchronization

/// Calls one model server, and blocks the calling thread until it has answered.
///
/// At most so many calls at once; a deadline for each, with its waits and repetitions; repeated where no answer came or
/// the server says that it is busy, since asking a model changes nothing. Every call is marked, so that a tap or a
/// model-server that trusts its token does not take it for traffic.
///
/// Never call it on an event loop or on a thread of the cooperative pool.
package final class ServerCaller: Sendable {
    private let client: HTTPClient
    private let timeout: Duration
    private let tokenFile: String?
    private let slots: DispatchSemaphore
    private let health = Mutex(ServerHealth())

    /// How often one call is tried.
    private static let attempts = 3
    /// An answer is never larger than this.
    private static let answerLimit = 64 << 20

    package init(client: HTTPClient, timeout: Duration, maxConcurrency: Int, tokenFile: String?) {
        self.client = client
        self.timeout = timeout
        self.tokenFile = tokenFile
        slots = DispatchSemaphore(value: maxConcurrency)
    }

    /// One request.
    package struct Call: Sendable {
        package var method: HTTPMethod
        package var url: String
        package var headers: [(name: String, value: String)]
        package var body: [UInt8]
    }

    /// A 2xx answer.
    package struct Answer: Sendable {
        package var headers: HTTPHeaders
        package var body: [UInt8]
    }

    /// Calls the server.
    ///
    /// - Throws: `.modelUnreachable` where no answer came in time; `.modelRefused` for an answer that is no 2xx.
    package func call(_ call: Call) throws(PredictionError) -> Answer {
        precondition(
            MultiThreadedEventLoopGroup.currentEventLoop == nil,
            "a model server is called from an event loop, which would wait for itself"
        )
        let deadline = ContinuousClock.now + timeout
        if let rest = health.withLock({ $0.rest(at: .now) }) {
            throw unreachable(call, "did not answer before and is left alone for \(Self.text(rest))")
        }
        guard slots.wait(timeout: .now() + .nanoseconds(Self.nanoseconds(timeout))) == .success else {
            throw unreachable(call, "was not asked: max_concurrency calls were under way for \(Self.text(timeout))")
        }
        defer { slots.signal() }
        let request = try self.request(call)
        var failure = "got no answer within \(Self.text(timeout))"
        attempts: for attempt in 1...Self.attempts {
            switch send(request, deadline: deadline) {
            case .answered(let response) where (200..<300).contains(response.status.code):
                health.withLock { $0.answered() }
                let body = response.body.map { Array($0.readableBytesView) } ?? []
                return Answer(headers: response.headers, body: body)
            case .answered(let response):
                health.withLock { $0.answered() }
                let pause = Self.pause(attempt, response.headers.first(name: "retry-after"))
                guard Self.isWorthRepeating(response.status), attempt < Self.attempts,
                    ContinuousClock.now + pause < deadline
                else {
                    throw Self.refused(call, response)
                }
                Self.sleep(pause)
            case .silent(let reason):
                failure = "got no answer: \(reason)"
                let pause = Self.pause(attempt, nil)
                guard attempt < Self.attempts, ContinuousClock.now + pause < deadline else { break attempts }
                Self.sleep(pause)
            case .tooLarge:
                throw PredictionError(
                    .modelRefused,
                    "\(call.method.rawValue) \(call.url) answered more than \(Self.answerLimit >> 20) MiB",
                    remedy: "Lower max_rows in models.toml"
                )
            }
        }
        health.withLock { $0.stayedSilent(at: .now) }
        throw unreachable(call, failure)
    }

    // MARK: One attempt

    private enum Outcome {
        case answered(HTTPClient.Response)
        case silent(String)
        case tooLarge
    }

    private func request(_ call: Call) throws(PredictionError) -> HTTPClient.Request {
        var headers = HTTPHeaders(call.headers.map { ($0.name, $0.value) })
        headers.add(name: "User-Agent", value: "vedette/\(Version.current)")
        headers.add(name: "Seldon-Skip-Logging", value: "true")
        do {
            // Read anew for each call, so that a token may be exchanged without a restart.
            if let tokenFile {
                headers.add(name: "Authorization", value: "Bearer \(try BearerTokens.first(in: tokenFile))")
            }
            return try HTTPClient.Request(
                url: call.url,
                method: call.method,
                headers: headers,
                body: call.method == .GET ? nil : .bytes(call.body)
            )
        } catch let error as SettingsError {
            throw PredictionError(.invalidDescription, error.message, remedy: error.remedy, cause: error)
        } catch {
            throw PredictionError(
                .invalidDescription,
                "\(call.url) cannot be called: \(error)",
                remedy: "Check the model's url in models.toml",
                cause: error
            )
        }
    }

    private func send(_ request: HTTPClient.Request, deadline: ContinuousClock.Instant) -> Outcome {
        let left = deadline - .now
        guard left > .zero else { return .silent("the time is up") }
        do {
            let collector = ResponseAccumulator(request: request, maxBodySize: Self.answerLimit)
            let task = client.execute(
                request: request,
                delegate: collector,
                deadline: NIODeadline.now() + .nanoseconds(Self.nanoseconds64(left))
            )
            return .answered(try task.wait())
        } catch is ResponseAccumulator.ResponseTooBigError {
            return .tooLarge
        } catch {
            return .silent("\(error)")
        }
    }

    // MARK: Repeating

    private static func isWorthRepeating(_ status: HTTPResponseStatus) -> Bool {
        [429, 502, 503, 504].contains(status.code)
    }

    /// 50, then 200 ms with up to half more, or what the server asks for.
    private static func pause(_ attempt: Int, _ retryAfter: String?) -> Duration {
        if let seconds = retryAfter.flatMap({ Int64($0) }), seconds >= 0 { return .seconds(seconds) }
        return .milliseconds(Int64.random(in: 50...75) << (2 * (attempt - 1)))
    }

    private static func sleep(_ duration: Duration) {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .nanoseconds(nanoseconds(duration)))
    }

    // MARK: Errors

    private func unreachable(_ call: Call, _ what: String) -> PredictionError {
        PredictionError(
            .modelUnreachable,
            "\(call.method.rawValue) \(call.url) \(what)",
            remedy: "Check that the server runs and that url, timeout and max_concurrency suit it"
        )
    }

    private static func refused(_ call: Call, _ response: HTTPClient.Response) -> PredictionError {
        let status = Int(response.status.code)
        let text = response.body.map { String(decoding: $0.readableBytesView.prefix(300), as: UTF8.self) } ?? ""
        let remedy =
            switch status {
            case 300..<400: "Give the URL that it points to: redirects are not followed"
            case 401, 403: "Give the file with the server's bearer token as token_file"
            case 404, 405: "Check the model's name, its version and the dialect"
            case 413: "Lower max_rows in models.toml"
            case 429, 503: "Lower max_concurrency, or give the server more room"
            case 400..<500: "Check that dialect and schema are the server's"
            default: "Look into the server's own log"
            }
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return PredictionError(
            .modelRefused,
            "\(call.method.rawValue) \(call.url) answered \(status)\(words.isEmpty ? "" : ": \(words)")",
            remedy: remedy
        )
    }

    private static func text(_ duration: Duration) -> String {
        let milliseconds = nanoseconds64(duration) / 1_000_000
        return milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000) s" : "\(milliseconds) ms"
    }

    private static func nanoseconds(_ duration: Duration) -> Int { Int(nanoseconds64(duration)) }

    private static func nanoseconds64(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
