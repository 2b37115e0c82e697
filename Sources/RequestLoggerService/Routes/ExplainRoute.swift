import CloudEvents
import EventStore
import Foundation
import HTTPTypes
import Hummingbird
import JSON
import ServiceKit

/// `POST /v1/requests/{requestid}/explain`: asks the explainer about a recorded request, because a person wants to know.
struct ExplainRoute: Sendable {
    let store: any EventStore
    /// Nil where none is configured.
    let explainer: ExplainerClient?
    let tail: StoreTail
    let pages: PageGuard

    static let operation = APIOperation(
        .post,
        "/v1/requests/{requestid}/explain",
        "Asks the explainer about a recorded request, or about a row of it, and records what it says.",
        answers: [200: "How many rows were explained", 404: "Nothing on record", 409: "No explainer, or it refuses"]
    )

    func add(to router: Router<ControlContext>) {
        router.post("/v1/requests/:requestid/explain") { request, _ in try await explain(request) }
    }

    private func explain(_ request: Request) async throws -> Response {
        try pages.check(request)
        guard let explainer else {
            throw ServiceError(.conflict, "no explainer is configured", remedy: "Set explainer.url and start again")
        }
        let text = try PathPart.beforeLast(of: request)
        let found = try await store.exchanges(namedBy: text)
        guard let exchange = found.exchanges.last(where: { $0.request != nil }) else {
            throw ServiceError(
                .notFound,
                "there is nothing on record about the request '\(text.prefix(160))'",
                remedy: "It may not have come yet, been sampled out, or been deleted by retention"
            )
        }
        switch await explainer.explain(exchange, row: found.reference.row, alertID: nil) {
        case .explained(let explanations):
            let question = "asked-\(UUID().uuidString.lowercased())"
            let events = try explanations.map { row, data in
                try ExplanationSeeker.event(data, about: exchange, row: row, question: question)
            }
            try await store.write { transaction in
                for event in events { _ = try transaction.insert(ClassifiedEvent(event, arrivedAt: .now())) }
            }
            tail.signal()
            return Response(json: ["explained": .integer(Int64(events.count))])
        case .refused(let reason), .later(let reason):
            throw ServiceError(
                .conflict,
                "the request stays unexplained: \(reason)",
                remedy: "See that the explainer runs and has an explainer for this model"
            )
        }
    }
}
