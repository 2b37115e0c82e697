import CloudEvents
import Foundation
import OpenInference
import Testing

@Suite struct `docs/reference/v2-payloads.md` {
    @Test func `has examples that are decoded as the page says`() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/reference/v2-payloads.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let examples = text.components(separatedBy: "```json\n").dropFirst().map {
            $0.components(separatedBy: "\n```")[0]
        }
        let payloads = try examples.map { try PayloadDecoder().decode(Array($0.utf8)) }
        #expect(payloads.map(\.dialect) == [.openInference, .openInference, .seldon, .tensorFlowServing])
        #expect(payloads.map(\.role) == [.request, .response, .request, .request])
        #expect(payloads.map { $0.tensors.map(\.name) } == [["image"], ["probabilities"], ["data"], ["instances"]])
        #expect(payloads.map(\.rows) == [1, 1, 2, 2])
    }
}
