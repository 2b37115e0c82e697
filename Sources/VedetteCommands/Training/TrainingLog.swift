import Foundation
package import JSON
package import NeuralNetworks

/// The record of a training: JSON lines that are on the disk as soon as what they tell has happened.
package final class TrainingLog {
    private let path: String
    private let file: FileHandle
    private var lastEpochEnded = ContinuousClock.now

    /// Opens `training.jsonl` of a version folder, which is made when it is missing.
    ///
    /// - Parameter continues: Whether lines are added to what is there; otherwise it is begun anew.
    /// - Throws: `CommandError` when the file cannot be written.
    package init(folder: String, continues: Bool) throws {
        path = "\(folder)/training.jsonl"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            if !continues || !FileManager.default.fileExists(atPath: path) {
                try Data().write(to: URL(fileURLWithPath: path))
            }
            file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try file.seekToEnd()
        } catch {
            throw CommandError.unavailable("\(path) cannot be written", remedy: "Choose another --output")
        }
    }

    /// Adds a line `{"event": …, "time": …, …}`.
    package func write(_ event: String, _ members: JSONObject) throws {
        var line: JSONObject = ["event": .string(event), "time": .string(Date().ISO8601Format())]
        for (name, value) in members { line[name] = value }
        do {
            try file.write(contentsOf: Data((JSONValue.object(line).text + "\n").utf8))
        } catch {
            throw CommandError.unavailable("\(path) cannot be written", remedy: "See whether the disk is full")
        }
    }

    /// Adds the line of an epoch, with the seconds since the line before it.
    package func write(_ epoch: TrainingEpoch) throws -> Duration {
        let now = ContinuousClock.now
        let duration = now - lastEpochEnded
        lastEpochEnded = now
        var members = epoch.json.object ?? [:]
        members["seconds"] = .number(duration / .seconds(1))
        try write("epoch", members)
        return duration
    }
}
