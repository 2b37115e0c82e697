import CloudEvents
import HTTPTypes
import Hummingbird
import ImageDecoding
import JSON
import MonitorHosting
import NIOCore
import OpenInference
import ServiceKit
import Tensors

/// The three doors to an explainer, all with one answer: by model as KServe has it, by explainer as a V2 model, and
/// Seldon's.
///
/// Bodies may be of any dialect that a model is asked in, or inference requests as CloudEvents, whose data are fetched
/// where they only refer to them.
struct ExplainerRoutes: Sendable {
    let shelf: ExplainerShelf
    let references: DataReferences
    /// Where the tensors are in bodies that follow no dialect.
    let paths: PayloadMappings
    let metrics: EventMetrics
    let slots: Slots
    let rowLimit: Int

    /// The doors, answered off the event loop, as many at once as there are slots.
    var hotRoutes: [HotRoute] {
        [
            HotRoute(.post, "/v1/models/{model}") { [self] request in
                let segment = request.parameters["model"] ?? ""
                guard segment.hasSuffix(":explain") else {
                    throw ServiceError(
                        .notFound,
                        "there is no POST \(request.path)",
                        remedy: "POST /v1/models/<model>:explain asks for an explanation"
                    )
                }
                let model = String(segment.dropLast(":explain".count))
                return try await explain(request) { try shelf.find(model: model) }
            },
            HotRoute(.post, "/api/v1.0/explain") { [self] request in
                let name = QueryText(request.query)["explainer"]
                return try await explain(request) { try name.map { try shelf.find($0) } ?? shelf.only() }
            },
            HotRoute(.post, "/v2/models/{explainer}/infer") { [self] request in
                try await slots.runBlocking { try infer(request) }
            },
        ]
    }

    /// The control routes.
    func add(to router: Router<ControlContext>) {
        router.get("/v1/explainers") { [shelf] _, _ in Response(json: shelf.json) }
    }

    private func explain(_ request: HotRequest, by find: @escaping @Sendable () throws -> HostedExplainer) async throws
        -> HotResponse
    {
        let (event, body, hints) = try await question(request)
        do {
            let response = try await slots.runBlocking {
                let query = QueryText(request.query)
                let explainer = try find()
                let payload = try payload(body, hints, of: explainer)
                let answer = try explainer.answer(payload.tensors, target: try query.target, rowLimit: rowLimit)
                let body = try answer.json(pictures: try query.wantsPicture).serialized()
                return HotResponse(
                    status: .ok,
                    headers: [(name: "Content-Type", value: "application/json")],
                    body: body
                )
            }
            if let event { metrics.count(.handled, type: event.type) }
            return response
        } catch {
            if let event {
                metrics.count(ErrorResponse(error).status.kind == .serverError ? .failed : .refused, type: event.type)
            }
            throw error
        }
    }

    /// The body of a request and what is known of it, out of the event that it is, or as it came.
    private func question(_ request: HotRequest) async throws -> (CloudEvent?, [UInt8], PayloadHints) {
        guard Self.isEvent(request) else {
            let hints = PayloadHints(
                contentType: request.header("Content-Type"),
                role: .request,
                jsonLength: try request.jsonLength
            )
            return (nil, request.bytes, hints)
        }
        let events: [CloudEvent]
        do { events = try HTTPBinding.decode(headers: request.headers, body: request.bytes) } catch {
            metrics.count(.refused, type: nil)
            metrics.countRefusal(error)
            throw error
        }
        guard events.count == 1 else {
            for event in events { metrics.count(.refused, type: event.type) }
            throw ServiceError(
                .badRequest,
                "a batch of \(events.count) events",
                remedy: "Ask about one inference request at a time"
            )
        }
        let event = await references.completed(events[0])
        guard !DataReferences.stand(inPlaceOfDataOf: event) else {
            metrics.count(.failed, type: event.type)
            throw ServiceError(
                .unprocessable,
                "the data of the event did not come from where it refers to",
                remedy: "See dataref.allow and the log; or send the data with the event"
            )
        }
        return (event, event.data ?? [], PayloadHints(event))
    }

    private static func isEvent(_ request: HotRequest) -> Bool {
        request.header("ce-specversion") != nil
            || request.header("Content-Type")?.lowercased().hasPrefix("application/cloudevents") == true
    }

    private func payload(_ body: [UInt8], _ hints: PayloadHints, of explainer: HostedExplainer) throws -> Payload {
        do throws(OpenInferenceError) {
            return try paths.decoder(for: explainer.modelName).decode(body, hints).decodingImages()
        } catch {
            metrics.countUndecodable(reason: error.code.name)
            throw ServiceError(error)
        }
    }

    /// As a V2 model: one BYTES element of JSON in the output `explanation`.
    private func infer(_ request: HotRequest) throws -> HotResponse {
        let explainer = try shelf.find(request.parameters["explainer"] ?? "")
        let message = try InferenceRequest(of: request)
        let query = QueryText(request.query)
        let answer = try explainer.answer(message.inputs, target: try query.target, rowLimit: rowLimit)
        let text = try answer.json(pictures: try query.wantsPicture).serialized()
        let response = InferenceResponse(
            modelName: explainer.name,
            modelVersion: explainer.configHash,
            id: message.id,
            outputs: [NamedTensor(name: "explanation", tensor: .bytes(shape: [1], values: [text]))]
        )
        return try HotResponse(response, for: message)
    }

    /// The routes as `/openapi.json` tells them.
    static let operations: [APIOperation] = {
        let query = ["target", "picture"]
        let answers = [
            200: "The explanation", 400: "The rows do not suit the model", 404: "There is none",
            503: "Too many at once",
        ]
        return [
            APIOperation(
                .post,
                "/v1/models/{model}:explain",
                "Explains what a model answers.",
                body: "application/json",
                query: query,
                answers: answers
            ),
            APIOperation(
                .post,
                "/api/v1.0/explain",
                "The same, Seldon's way.",
                body: "application/json",
                query: query + ["explainer"],
                answers: answers
            ),
            APIOperation(
                .post,
                "/v2/models/{explainer}/infer",
                "The same as a V2 model: a BYTES output `explanation`.",
                body: "application/json",
                query: query,
                answers: answers
            ),
            APIOperation(.get, "/v1/explainers", "All explainers, refused ones with the reason."),
        ]
    }()
}
