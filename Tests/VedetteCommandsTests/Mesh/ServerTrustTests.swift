import CloudEvents
import Foundation
import TestSupport
import Testing
import VedetteCommands

@Suite(.timeLimit(.minutes(1)), .enabled(if: TestCertificates.areAvailable))
struct `The command line over TLS` {
    @Test func `sends events to a service that it is told to believe, and to no other`() async throws {
        let folder = TemporaryDirectory()
        let certificates = try TestCertificates(in: folder)
        let own = try certificates.pair("server", for: "IP:127.0.0.1")
        let client = try certificates.pair("client", for: "DNS:client")
        let logger = try await ServiceProcess(
            "request-logger",
            directory: folder.path,
            arguments: [
                "--http-tls-certificate-file=\(own.certificate)", "--http-tls-key-file=\(own.key)",
                "--http-tls-client-ca-file=\(certificates.authority)",
            ]
        )
        let event = try CloudEvent(
            id: "1",
            source: "/test",
            type: EventType.inferenceRequest,
            extensions: ["requestid": "r", "model": "m"]
        )
        let input = folder.write(JSONFormat.encodeLines([event]), to: "events.jsonl")
        let url = logger.base.replacingOccurrences(of: "http:", with: "https:")
        let send = ["send", "--input", input, "--to", url + "/"]
        let shown = ["--certificate-file", client.certificate, "--key-file", client.key]
        let trust = ["--ca-file", certificates.authority]
        for (arguments, code) in [
            (trust + shown, 0), (trust, 69), (shown, 69), ([], 69),
            (["--ca-file", folder.file("missing.pem")] + shown, 78),
            (trust + ["--certificate-file", client.certificate], 64),
        ] as [([String], Int32)] {
            let (found, log) = try ServiceProcess.run("vedette", arguments: send + arguments)
            #expect(found == code, "\(arguments): \(log)")
        }

        let port = url.split(separator: ":").last ?? ""
        let mesh = """
            services:
              - executable: request-logger
                settings:
                  http.listen: 127.0.0.1:\(port)
                  http.tls.certificate.file: \(own.certificate)

            """
        let file = folder.write(Array(mesh.utf8), to: "mesh.yaml")
        #expect(try ServiceProcess.run("vedette", arguments: ["status", file] + trust + shown).code == 0)
        #expect(try ServiceProcess.run("vedette", arguments: ["status", file] + trust).code == 69)
        #expect(logger.terminate() == 0)
    }
}
