package import HTTPTypes
import JSON

/// One route, as `/openapi.json` tells it.
package struct APIOperation: Sendable {
    package var method: HTTPRequest.Method
    /// With `{name}` for what varies.
    package var path: String
    package var summary: String
    /// The media type of the body; nil when it takes none.
    package var body: String?
    /// The names of query parameters.
    package var query: [String]
    /// What each status means.
    package var answers: [Int: String]

    package init(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ summary: String,
        body: String? = nil,
        query: [String] = [],
        answers: [Int: String] = [200: "OK"]
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.body = body
        self.query = query
        self.answers = answers
    }

    /// What every service answers.
    static let common = [
        APIOperation(.get, "/livez", "Whether the process works at all; asks for no token."),
        APIOperation(
            .get,
            "/readyz",
            "Whether it can do its work; asks for no token.",
            answers: [200: "It can", 503: "It cannot, and why"]
        ),
        APIOperation(.get, "/metrics", "Metrics in the Prometheus text format."),
        APIOperation(.get, "/version", "Which build this is."),
        APIOperation(.get, "/openapi.json", "This document."),
    ]
}

/// An OpenAPI 3.1 document.
enum APIDescription {
    static func document(service: String, operations: [APIOperation]) -> JSONValue {
        var paths = JSONObject()
        for operation in operations {
            var item = paths[operation.path]?.object ?? JSONObject()
            item[operation.method.rawValue.lowercased()] = value(operation)
            paths[operation.path] = .object(item)
        }
        return [
            "openapi": "3.1.0",
            "info": ["title": .string("Vedette \(service)"), "version": .string(Version.current)],
            "paths": .object(paths),
            "components": [
                "securitySchemes": ["bearer": ["type": "http", "scheme": "bearer"]],
                "schemas": [
                    "Error": [
                        "type": "object", "required": ["error", "code", "remedy"],
                        "properties": [
                            "error": ["type": "string"], "code": ["type": "string"], "remedy": ["type": "string"],
                        ],
                    ]
                ],
            ],
        ]
    }

    private static func value(_ operation: APIOperation) -> JSONValue {
        let names = operation.path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
            $0.dropFirst().prefix { $0 != "}" }
        }
        let parameters: [JSONValue] =
            names.map { ["name": .string(String($0)), "in": "path", "required": true, "schema": ["type": "string"]] }
            + operation.query.map { ["name": .string($0), "in": "query", "schema": ["type": "string"]] }
        var answers = JSONObject()
        for (status, meaning) in operation.answers.sorted(by: { $0.key < $1.key }) {
            answers[String(status)] = ["description": .string(meaning)]
        }
        let error: JSONValue = ["application/json": ["schema": ["$ref": "#/components/schemas/Error"]]]
        answers["default"] = ["description": "What went wrong and what to do", "content": error]
        var value: JSONObject = ["summary": .string(operation.summary), "responses": .object(answers)]
        if !parameters.isEmpty { value["parameters"] = .array(parameters) }
        if let body = operation.body { value["requestBody"] = ["content": .object([body: [:]])] }
        return .object(value)
    }
}
