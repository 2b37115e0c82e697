import CloudEvents
import Explanations
package import Foundation
import JSON
import NativeModels
import OpenInference
import Prediction
import Statistics
import Tensors

/// Sends the phases through the tap, asks the record about each, and says what was expected and what was found.
package struct DemoRun: Sendable {
    private let prepared: Demonstration.Prepared
    private let client: MeshClient
    private let directory: URL
    private let reader: DemoReader
    /// Requests a second: what a person can follow, and far below what the mesh can take.
    private let rate = 200.0

    package init(prepared: Demonstration.Prepared, client: MeshClient, directory: URL) {
        self.prepared = prepared
        self.client = client
        self.directory = directory
        reader = DemoReader(client: client, logger: prepared.mesh.url(of: "request-logger"))
    }

    /// Runs every phase and prints the table and an explanation.
    ///
    /// - Returns: Whether all expectations were met.
    /// - Throws: `CommandError` when a service does not answer, or the record stays incomplete.
    package func all() async throws -> Bool {
        var table = TextTable(header: [
            "phase", "what was sent", "expected", "the mesh said", "drift looks", "outliers", "adversarial", "",
        ])
        var passed = true
        var explained: DemoRecord?
        for phase in try DemoPhase.all(of: prepared) {
            let record = try await send(phase)
            let verdict = judge(phase, record)
            passed = passed && verdict == nil
            table.append([
                phase.name, "\(phase.rows.rows) × \(phase.what)",
                phase.expected.isEmpty ? "no alert" : phase.expected.sorted().joined(separator: ", "),
                record.alerts.isEmpty ? "no alert" : record.alerts.keys.sorted().joined(separator: ", "),
                "\(record.driftAnswers) of \(record.looks)",
                "\(record.flagged["outlier", default: 0]) of \(record.judged["outlier", default: 0])",
                "\(record.flagged["adversarial", default: 0]) of \(record.judged["adversarial", default: 0])",
                verdict.map { "FAILED: \($0)" } ?? "✓",
            ])
            if phase.expected.contains("adversarial") { explained = record }
            for (kind, alert) in record.alerts.sorted(by: { $0.key < $1.key }) where phase.expected.contains(kind) {
                StandardError.write("  \(alert["summary"]?.string ?? kind)\n")
            }
            if !phase.expected.contains("adversarial") { try await forget(record) }
        }
        print("\n" + table.text)
        if let explained { passed = try await explain(explained) && passed }
        print(passed ? "\nEvery expectation was met." : "\nNot every expectation was met.")
        return passed
    }

    // MARK: Sending

    private func send(_ phase: DemoPhase) async throws -> DemoRecord {
        let since = Timestamp.now().rfc3339
        let bar = ProgressBar("phase \(phase.name)")
        let start = ContinuousClock.now
        let url = prepared.mesh.url(of: "payload-tap") + "/v2/models/\(prepared.model.model.name)/infer"
        for row in 0..<phase.rows.rows {
            try await Task.sleep(until: start + .seconds(Double(row) / rate))
            let request = InferenceRequest(inputs: [NamedTensor(name: "image", phase.rows.rows(row..<row + 1))])
            let answer = try await client.send(
                "POST",
                url,
                headers: [("Content-Type", "application/json"), ("X-Request-Id", Self.id(phase.name, row))],
                body: try request.encoded()
            )
            guard answer.status == 200 else {
                throw CommandError.unavailable(
                    "the model answered \(answer.status): \(String(decoding: answer.body.prefix(200), as: UTF8.self))",
                    remedy: "mesh.log holds every service's lines"
                )
            }
            bar.show(Double(row + 1) / Double(phase.rows.rows), "request \(row + 1)")
        }
        let driftMonitors = prepared.recipes.filter { $0.service == "drift-detector" }.count
        let record = try await reader.record(
            prefix: "\(phase.name)-",
            requests: phase.rows.rows,
            looks: driftMonitors * (phase.rows.rows / DemoMonitors.windowSize),
            since: since
        )
        bar.finish("\(phase.rows.rows) requests in \(((ContinuousClock.now - start) / .seconds(1)).fixed(1)) s")
        return record
    }

    private static func id(_ phase: String, _ row: Int) -> String {
        "\(phase)-" + String(repeating: "0", count: max(0, 4 - "\(row)".count)) + "\(row)"
    }

    /// Ends a phase: the next one's alerts are to be its own.
    private func forget(_ record: DemoRecord) async throws {
        for recipe in prepared.recipes where recipe.service != "explainer" {
            _ = try await client.send(
                "POST",
                prepared.mesh.url(of: recipe.service) + "/v1/monitors/\(recipe.name)/reset"
            )
        }
        for alert in record.alerts.values {
            guard let id = alert["id"]?.string else { continue }
            _ = try await client.send("POST", prepared.mesh.url(of: "request-logger") + "/v1/alerts/\(id)/close")
        }
    }

    // MARK: Judging

    /// Returns what is wrong, nil when all is as expected.
    private func judge(_ phase: DemoPhase, _ record: DemoRecord) -> String? {
        let kinds = Set(record.alerts.keys)
        let missing = phase.expected.subtracting(kinds),
            surplus = kinds.subtracting(phase.expected).subtracting(phase.permitted)
        if !missing.isEmpty { return "no alert of kind \(missing.sorted().joined(separator: ", "))" }
        if !surplus.isEmpty { return "an alert of kind \(surplus.sorted().joined(separator: ", "))" }
        guard phase.expected.isEmpty else { return nil }
        // What clean traffic may raise by chance: the 99.99 % quantile of what was promised.
        let promises = [
            ("drift answers", record.driftAnswers, record.looks, DemoMonitors.driftRate),
            (
                "outliers", record.flagged["outlier", default: 0], record.judged["outlier", default: 0],
                DemoMonitors.flagRate
            ),
            (
                "adversarial rows", record.flagged["adversarial", default: 0], record.judged["adversarial", default: 0],
                DemoMonitors.flagRate
            ),
        ]
        for (what, count, of, rate) in promises {
            guard let most = try? Binomial.quantile(0.9999, trials: of, probability: rate) else { continue }
            if count > most { return "\(count) \(what) in \(of), more than \(most)" }
        }
        return nil
    }

    // MARK: Explaining

    /// Shows the explanation that the mesh made of a flagged request when the alert opened.
    private func explain(_ record: DemoRecord) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(20)
        repeat {
            for id in record.flaggedRequests["adversarial", default: []] {
                let answer = try await client.get(prepared.mesh.url(of: "request-logger") + "/v1/requests/\(id)")
                let exchange = answer["exchanges"]?[0]
                if let explanation = exchange?["explanations"]?[0] {
                    return try show(explanation, of: id)
                }
            }
            try await Task.sleep(for: .milliseconds(250))
        } while ContinuousClock.now < deadline
        print("\nFAILED: no explanation of a flagged request came within 20 s")
        return false
    }

    private func show(_ explanation: JSONValue, of id: String) throws -> Bool {
        guard let row = Int(id.split(separator: "-").last ?? ""),
            let phase = try DemoPhase.all(of: prepared).last,
            let event = try? JSONFormat.decode(explanation.serialized()),
            let explained = try? ExplanationData(of: event), let attribution = explained.attributions.first
        else {
            print("\nFAILED: the explanation of \(id) cannot be read: \(explanation.text.prefix(300))")
            return false
        }
        let shape = Array(phase.rows.shape.dropFirst())
        let picture = try AttributionPicture(
            image: phase.rows.rows(row..<row + 1).reshaped(shape),
            attributions: Tensor(shape: shape, elements: attribution.values.map(Float.init))
        )
        let classes = prepared.model.model.outputs.first?.classes ?? []
        let answer = classes.indices.contains(explained.target) ? classes[explained.target] : "\(explained.target)"
        let truth = classes[prepared.rows.labels[prepared.split.attacked[row]]]
        let file = directory.appendingPathComponent("explanation-\(id).svg")
        try picture.svg(title: "Why \(id) was taken for \(answer)").write(to: file, atomically: true, encoding: .utf8)
        print(
            """

            Request \(id) shows “\(truth)”, and the model was led to answer “\(answer)”. Red spoke for it, blue against:

            \(StandardOutput.isTerminal ? picture.terminal : picture.plainText)
            The picture: \(file.path)
            The request: \(prepared.mesh.url(of: "request-logger"))/requests/\(id)
            """
        )
        return true
    }
}
