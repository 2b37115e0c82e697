import Foundation
import JSON
import TestSupport
import Testing

/// The names of a table's columns on their way from file to model, to monitor, and to whatever is judged by them; by the
/// executable.
@Suite struct `Names of columns` {
    private let folder = TemporaryDirectory()

    /// What a command printed, and how it ended.
    private struct Outcome {
        var code: Int32
        var output: String
        var complaint: String

        var json: JSONValue { get throws { try JSONValue(parsing: Array(output.utf8)) } }
    }

    private func vedette(_ arguments: String...) throws -> Outcome {
        let process = Process()
        let (output, complaint) = (Pipe(), Pipe())
        process.executableURL = ServiceProcess.executable("vedette")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.standardOutput = output
        process.standardError = complaint
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let words = String(decoding: complaint.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Outcome(code: process.terminationStatus, output: text, complaint: words)
    }

    /// Rows of three columns on scales of their own, `age` telling the class, in an order of columns.
    private func write(_ columns: [String], to name: String, rows: Int = 240, seed: UInt64 = 5) {
        var generator = SplitMix(seed: seed)
        var text = columns.joined(separator: ",") + "\n"
        for row in 0..<rows {
            let isOld = row.isMultiple(of: 3)
            let values = [
                "age": Double.random(in: isOld ? 60...80 : 20...40, using: &generator),
                "income": Double.random(in: 1000...2000, using: &generator),
                "debt": Double.random(in: -3 ... -2, using: &generator),
            ]
            text +=
                columns.map { $0 == "class" ? (isOld ? "old" : "young") : "\(Float(values[$0] ?? 0))" }
                .joined(separator: ",") + "\n"
        }
        folder.write(Array(text.utf8), to: name)
    }

    private func train() throws {
        write(["age", "income", "debt", "class"], to: "train.csv")
        let trained = try vedette(
            "train",
            "--dataset",
            "csv:train.csv",
            "--architecture",
            "mlp",
            "--epochs",
            "30",
            "--output",
            "model"
        )
        #expect(trained.code == 0, "\(trained.complaint)")
    }

    @Test func `stand in the schema of a model that was trained on them, which finds them in any order`() throws {
        try train()
        let schema = try String(contentsOfFile: folder.file("model/1/schema.toml"), encoding: .utf8)
        for (index, name) in ["age", "income", "debt"].enumerated() {
            #expect(
                schema.contains("name = \"\(name)\"\ntensor = \"features\"\n" + (index > 0 ? "index = \(index)" : ""))
            )
        }

        write(["age", "income", "debt", "class"], to: "same.csv", seed: 6)
        write(["debt", "age", "income", "class"], to: "turned.csv", seed: 6)
        let metrics = try ["same.csv", "turned.csv"].map { file in
            let evaluated = try vedette("evaluate", "--model", "model", "--dataset", "csv:\(file)", "--format", "json")
            #expect(evaluated.code == 0, "\(evaluated.complaint)")
            var object = try #require(try evaluated.json.object)
            object["source"] = nil
            return object
        }
        #expect(metrics[0] == metrics[1])
        #expect(try #require(metrics[0]["accuracy"]?.double) > 0.95)

        write(["debt", "years", "income", "class"], to: "strange.csv", seed: 6)
        let refused = try vedette("evaluate", "--model", "model", "--dataset", "csv:strange.csv")
        #expect(refused.code == 78 && refused.complaint.contains("age") && refused.complaint.contains("years"))
    }

    @Test func `number classes as the model does, also in a file that lacks one`() throws {
        try train()
        folder.write(
            Array("age,income,debt,class\n70,1500,-2.5,old\n75,1500,-2.5,old\n25,1500,-2.5,young\n".utf8),
            to: "few.csv"
        )
        folder.write(Array("age,income,debt,class\n25,1500,-2.5,young\n30,1200,-2.1,young\n".utf8), to: "one.csv")
        folder.write(Array("age,income,debt,class\n25,1500,-2.5,young\n30,1200,-2.1,teen\n".utf8), to: "other.csv")
        for file in ["few.csv", "one.csv"] {
            let evaluated = try vedette("evaluate", "--model", "model", "--dataset", "csv:\(file)", "--format", "json")
            #expect(try evaluated.json["accuracy"]?.double == 1, "\(file): \(evaluated)")
        }
        let refused = try vedette("evaluate", "--model", "model", "--dataset", "csv:other.csv")
        #expect(refused.code == 78 && refused.complaint.contains("teen") && refused.complaint.contains("row 2"))
    }

    @Test func `stand in the manifest of a monitor, which finds them without a model and names its findings by them`()
        throws
    {
        write(["age", "income", "debt"], to: "reference.csv")
        folder.write(Array("name = \"KSDrift\"\n[monitor]\nmodel = \"shop\"\n".utf8), to: "drift.toml")
        let fitted = try vedette(
            "fit",
            "--config",
            "drift.toml",
            "--reference",
            "reference.csv",
            "--output",
            "monitor",
            "--format",
            "json"
        )
        #expect(fitted.code == 0, "\(fitted.complaint)")
        let manifest = try JSONValue(parsing: bytes(ofFile: folder.file("monitor/manifest.json")))
        #expect(manifest["columns"] == ["age", "income", "debt"])

        write(["debt", "age", "income"], to: "turned.csv", seed: 8)
        let detected = try vedette("detect", "--detector", "monitor", "--input", "turned.csv", "--format", "json")
        #expect(detected.code == 0, "\(detected.complaint)")
        let data = try #require(try detected.json["data"])
        #expect(data["is_drift"]?.int == 0, "\(detected.output)")
        #expect(Set(data["features"]?.array?.compactMap { $0["name"]?.string } ?? []) == ["age", "income", "debt"])

        write(["debt", "age", "wealth"], to: "strange.csv")
        let refused = try vedette("detect", "--detector", "monitor", "--input", "strange.csv")
        #expect(refused.code == 78)
        #expect(refused.complaint.contains("income") && refused.complaint.contains("wealth"))
    }

    @Test func `are kept by perturb, which tells what it did as JSON as well`() throws {
        write(["age", "income", "debt"], to: "rows.csv", rows: 5)
        let perturbed = try vedette(
            "perturb",
            "--input",
            "rows.csv",
            "--method",
            "gaussian-noise",
            "--severity",
            "1",
            "--output",
            "out.csv",
            "--format",
            "json"
        )
        #expect(perturbed.code == 0, "\(perturbed.complaint)")
        #expect(try perturbed.json["columns"] == ["age", "income", "debt"])
        #expect(try perturbed.json["rows"]?.int == 5 && perturbed.json["file"]?.string == "out.csv")
        let text = String(decoding: bytes(ofFile: folder.file("out.csv")), as: UTF8.self)
        #expect(text.hasPrefix("age,income,debt\n"))
    }

    @Test func `a file that is not there is named once`() throws {
        for arguments in [
            ["detect", "--detector", "m", "--input", "gone.csv"],
            ["evaluate", "--model", "m", "--dataset", "csv:gone.csv"],
            ["perturb", "--input", "gone.npy", "--method", "blur", "--output", "o.npy"],
        ] {
            let process = try ServiceProcess.run("vedette", arguments: arguments)
            let count = process.log.components(separatedBy: "gone.").count - 1
            #expect(process.code == 69 && count <= 1, "\(process.log)")
        }
    }

    @Test func `replay refuses a time that is none before it asks anybody`() throws {
        for value in ["abc", "24", "2026-13-01T00:00:00Z"] {
            let refused = try vedette("replay", "--since", value, "--to", "http://127.0.0.1:1")
            #expect(refused.code == 64 && refused.complaint.contains(value) && refused.complaint.contains("24h"))
        }
        #expect(
            try vedette("replay", "--since", "24h", "--from", "http://127.0.0.1:1", "--to", "http://127.0.0.1:1").code
                == 69
        )
    }
}
