import CloudEvents
import Foundation
import JSON
import Methods
import TOML
import Tensors
import TestSupport
import Testing
import VedetteCommands

/// Folders that alibi-detect 0.13 saved, and what its detectors said of a batch; see
/// scripts/reference/alibi_detect_artefacts.py.
@Suite struct `Importing from alibi-detect` {
    private static let saved = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("AlibiDetect").path

    /// A monitor made of a saved folder, with what was noted.
    private func imported(_ folder: String, model: String? = nil) throws -> (OfflineJudge, FittedMonitor, [String]) {
        let output = TemporaryDirectory()
        let saved = try AlibiDetectFolder(reading: folder)
        let translation = try AlibiDetectTranslation(saved, model: model)
        _ = try MonitorFitting(
            configuration: translation.configuration,
            rows: saved.reference,
            context: saved.context
        ).run(output: output.file("monitor"))
        let catalog = MethodCatalog.all
        let monitor = try catalog.load(Artefact(reading: output.file("monitor"), catalog: catalog), model: nil)
        return (OfflineJudge(monitor: monitor, name: "imported"), monitor, translation.notes)
    }

    private func rows(_ entry: JSONValue, _ key: String) throws -> Tensor<Float> {
        let values = try #require(entry[key]?.array).compactMap(\.double).map { Float($0) }
        return Tensor(vector: values).withShape(try #require(entry["shape"]?.array).compactMap(\.int))
    }

    private func numbers(_ value: JSONValue?) -> [Double] {
        value?.array.map { $0.compactMap(\.double) } ?? value?.double.map { [$0] } ?? []
    }

    @Test func `gives a monitor that says what the saved detector said`() throws {
        let cases = try #require(ReferenceValues.read("alibi_detect")["offline"]?.array)
        #expect(cases.count == 12)
        for entry in cases {
            let folder = try #require(entry["folder"]?.string)
            let name = Comment(rawValue: folder)
            let (judge, _, _) = try imported("\(Self.saved)/\(folder)")
            let data = judge.verdictData(try judge.verdict(of: rows(entry, "batch")))
            let (ours, theirs) = (numbers(data["p_val"]), numbers(entry["p_val"]))
            #expect(ours.count == theirs.count && !ours.isEmpty, name)
            let (distances, expected) = (numbers(data["distance"]), numbers(entry["distance"]))
            #expect(distances.count == expected.count, name)
            #expect(data["is_drift"]?.int == entry["is_drift"]?.int, name)
            // Centres of LSDD are drawn: the statistic is that of other centres.
            if folder == "lsdd" { continue }
            if folder.hasPrefix("mmd") {
                // Two Monte Carlo shares of 1,000: five standard errors of their difference.
                let p = theirs[0]
                #expect(abs(ours[0] - p) < 5 * (2 * p * (1 - p) / 1_000).squareRoot() + 1e-3, name)
                #expect(abs(distances[0] - expected[0]) < 1e-6, name)
                continue
            }
            for (one, other) in zip(ours, theirs) {
                // Up to 20 rows scipy answers in the precision of the rows, which is single.
                #expect(abs(one - other) < 1e-9 || folder == "cvm-small" && Float(one) == Float(other), name)
            }
            for (one, other) in zip(distances, expected) { #expect(abs(one - other) < 1e-9, name) }
        }
    }

    @Test func `makes online detectors that take the stream row by row`() throws {
        for entry in try #require(ReferenceValues.read("alibi_detect")["online"]?.array) {
            let folder = try #require(entry["folder"]?.string)
            let (judge, monitor, _) = try imported("\(Self.saved)/\(folder)", model: "wine")
            #expect(monitor.configuration.monitor?.model == "wine")
            let stream = try rows(entry, "stream")
            let verdicts = try judge.verdicts(afterRowsOf: stream).map { judge.verdictData($0) }
            #expect(verdicts.count == stream.rows)
            #expect(verdicts.allSatisfy { $0["ert"]?.double == entry["ert"]?.double }, "\(folder)")
            // Before a window is full, at the beginning and after a detection, there is nothing to say.
            let spoken = verdicts.filter { $0["test_stat"]?.double != nil && $0["threshold"]?.double != nil }
            #expect(spoken.count > stream.rows / 2, "\(folder)")
        }
    }

    @Test func `takes rows with their contexts, and says of batches what the saved detector said`() throws {
        let (judge, monitor, notes) = try imported("\(Self.saved)/context", model: "wine")
        #expect(monitor.manifest.contextWidth == 1 && monitor.configuration.monitor == nil)
        #expect(notes.contains { $0.contains("[monitor]") } && notes.contains { $0.contains("medians") })
        let cases = try #require(ReferenceValues.read("alibi_detect")["context"]?.array)
        #expect(cases.count == 2)
        for entry in cases {
            let data = judge.verdictData(try judge.verdict(of: rows(entry, "batch")))
            #expect(data["is_drift"]?.int == entry["is_drift"]?.int, "\(data)")
        }
    }

    @Test func `refuses what would execute, by field, with a remedy`() throws {
        for (folder, field) in [
            ("ks-with-a-step", "preprocess_fn.src"), ("classifier", "reg_loss_fn"), ("classifier-torch", "reg_loss_fn"),
        ] {
            let error = #expect(throws: CommandError.self) { try imported("\(Self.saved)/\(folder)") }
            #expect(error?.message.contains(field) == true && error?.exitCode == 78, "\(folder)")
            #expect(error?.remedy.contains("vedette fit") == true)
        }
    }

    @Test func `says what it leaves behind`() throws {
        #expect(try imported("\(Self.saved)/ks-updating").2.contains { $0.hasPrefix("update_x_ref") })
        #expect(try imported("\(Self.saved)/cvm-online-running").2.contains { $0.contains("state") })
    }

    static let hostile: [(file: String, text: String, says: String)] = [
        ("config.toml", "name = \"KSDrift\"\nx_ref = \"../x_ref.npy\"\n", "outside"),
        ("config.toml", "name = \"KSDrift\"\nx_ref = \"/etc/passwd\"\n", "outside"),
        ("config.toml", "name = \"KSDrift\"\nx_ref = \"x_ref.npy\"\nkernel = \"kernel/kernel.dill\"\n", "kernel.dill"),
        ("config.toml", "name = \"KSDrift\"\nx_ref = \"x_ref.npy\"\nsurprise = 1\n", "surprise"),
        (
            "config.toml", "name = \"KSDrift\"\nx_ref = \"x_ref.npy\"\n[preprocess_fn]\nsrc = \"@mine\"\n",
            "preprocess_fn"
        ),
        ("config.toml", "name = \"ContextMMD\"\nx_ref = \"x_ref.npy\"\n", "ContextMMD"),
        ("config.toml", "name = ", "config.toml"), ("meta.dill", "", "meta.dill"), ("notes.txt", "", "config.toml"),
    ]

    @Test(arguments: hostile)
    func `refuses a folder that is not what it says`(file: String, text: String, says: String) throws {
        let folder = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: folder.file("saved"), withIntermediateDirectories: true)
        try text.write(toFile: folder.file("saved/\(file)"), atomically: true, encoding: .utf8)
        try FileManager.default.copyItem(atPath: "\(Self.saved)/ks/x_ref.npy", toPath: folder.file("saved/x_ref.npy"))
        try FileManager.default.copyItem(atPath: "\(Self.saved)/ks/x_ref.npy", toPath: folder.file("x_ref.npy"))
        let error = #expect(throws: CommandError.self) { try imported(folder.file("saved")) }
        #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
        #expect(error?.remedy.isEmpty == false)
    }

    @Test func `refuses an array of objects, which is a pickle`() throws {
        let folder = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: folder.file("saved"), withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: "\(Self.saved)/ks/config.toml",
            toPath: folder.file("saved/config.toml")
        )
        let header = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".padding(
            toLength: 117,
            withPad: " ",
            startingAt: 0
        )
        let bytes = [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8) + [10, 0x80, 4, 0x4E, 0x2E]
        try Data(bytes).write(to: URL(fileURLWithPath: folder.file("saved/x_ref.npy")))
        let error = #expect(throws: CommandError.self) { try imported(folder.file("saved")) }
        #expect(error?.remedy.contains("pickle") == true)
    }
}

extension OfflineJudge {
    /// The `data` of a verdict as it is printed.
    fileprivate func verdictData(_ verdict: VerdictData) -> JSONValue { verdict.json["data"] ?? .null }
}
