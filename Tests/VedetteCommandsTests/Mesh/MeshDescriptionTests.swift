import Foundation
import TestSupport
import Testing
import VedetteCommands

@Suite struct `Mesh description` {
    private static let text = """
        services:
          - executable: request-logger
            settings:
              http.listen: 127.0.0.1:8090
          - executable: payload-tap
            name: tap-of-fraud
            settings:
              http.listen: 127.0.0.1:9080
              control.listen: 127.0.0.1:9089
              journal.commitInterval: 5
        """

    @Test func `keeps the order, and names a service after its executable unless told otherwise`() throws {
        let mesh = try MeshDescription(yaml: Self.text, name: "mesh.yaml")
        #expect(mesh.services.map(\.executable) == ["request-logger", "payload-tap"])
        #expect(mesh.services.map(\.name) == ["request-logger", "tap-of-fraud"])
    }

    @Test func `spells settings as flags`() throws {
        let mesh = try MeshDescription(yaml: Self.text, name: "mesh.yaml")
        #expect(
            mesh.services[1].arguments == [
                "--control-listen", "127.0.0.1:9089", "--http-listen", "127.0.0.1:9080",
                "--journal-commit-interval", "5",
            ]
        )
    }

    @Test func `asks the tap on its second port, since the first belongs to the model`() throws {
        let mesh = try MeshDescription(yaml: Self.text, name: "mesh.yaml")
        #expect(mesh.services.map(\.controlURL) == ["http://127.0.0.1:8090", "http://127.0.0.1:9089"])
    }

    @Test func `finds a service without http.listen where its executable listens by default`() throws {
        for (executable, addresses) in MeshDescription.Service.usualAddresses {
            let service = MeshDescription.Service(executable: executable, settings: [:])
            #expect(service.url == addresses["http.listen"].map { "http://\($0)" })
            #expect(
                service.controlURL == (addresses["control.listen"] ?? addresses["http.listen"]).map { "http://\($0)" }
            )
            let elsewhere = MeshDescription.Service(executable: executable, settings: ["config": "settings.json"])
            #expect(elsewhere.url == nil)
        }
        #expect(MeshDescription.Service(executable: "mine", settings: [:]).url == nil)
        // The one that is built beside these tests says the same.
        let help = Process()
        let output = Pipe()
        help.executableURL = ServiceProcess.executable("request-logger")
        help.arguments = ["--help"]
        help.standardOutput = output
        try help.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let usual = try #require(MeshDescription.Service.usualAddresses["request-logger"]?["http.listen"])
        #expect(text.contains(usual))
    }

    @Test func `reads what it writes`() throws {
        let mesh = try MeshDescription(yaml: Self.text, name: "mesh.yaml")
        #expect(try MeshDescription(yaml: mesh.yaml(), name: "again") == mesh)
    }

    @Test(arguments: [
        ("services: []", "names no service"),
        ("service:\n  - executable: x", "unknown key `service`"),
        ("services:\n  - executable: x\n    setings: {}", "unknown key `setings`"),
        ("services:\n  - executable: x\n  - executable: x", "two services called x"),
        ("services:\n  - settings: {}", "not a mesh file"),
        ("- a", "not a mapping"),
        ("services: [", "not a mesh file"),
    ])
    func `refuses a wrong file and says where`(text: String, part: String) throws {
        let error = try #require(throws: CommandError.self) { try MeshDescription(yaml: text, name: "mesh.yaml") }
        #expect(error.message.contains(part), "\(error.message)")
        #expect(error.exitCode == 78)
        #expect(!error.remedy.isEmpty)
    }

    @Test func `reads the example of its reference page`() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../docs/reference/mesh-yaml.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let start = try #require(text.range(of: "```yaml\n")).upperBound
        let end = try #require(text.range(of: "```", range: start..<text.endIndex)).lowerBound
        let mesh = try MeshDescription(yaml: String(text[start..<end]), name: "mesh-yaml.md")
        #expect(mesh.services.count == 3)
    }
}
