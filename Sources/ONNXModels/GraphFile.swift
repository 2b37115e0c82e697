import FoundationEssentials
import Prediction

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The check of an `.onnx` file before the runtime reads it: that it is a graph, and that it points nowhere outside.
///
/// A graph may keep weights in files of their own, at whatever path it names; one that leads out of the model's folder
/// would let a model read what the process may read. So every tensor of the file is visited, in branches, loops and
/// functions too, and the place of its data is resolved and compared. Nothing is copied; the values themselves are
/// skipped.
///
/// Source: `onnx.proto3` of ONNX 1.16 for the numbers of the fields.
struct GraphFile {
    let path: String
    let folder: String

    /// Messages within messages, at most; the runtime's own reader allows 100.
    private static let deepest = 64

    /// A message of the format, as far as it leads to tensors.
    private enum Message {
        case model, training, graph, function, node, attribute, sparseTensor, tensor, entry

        /// The message in a field; nil where it leads to no tensor.
        func field(_ number: Int) -> Message? {
            switch (self, number) {
            case (.model, 7), (.training, 1), (.training, 2), (.attribute, 6), (.attribute, 11): .graph
            case (.model, 20): .training
            case (.model, 25): .function
            case (.graph, 1), (.function, 7): .node
            case (.node, 5), (.function, 11): .attribute
            case (.graph, 15), (.attribute, 22), (.attribute, 23): .sparseTensor
            case (.graph, 5), (.attribute, 5), (.attribute, 10), (.sparseTensor, 1), (.sparseTensor, 2): .tensor
            case (.tensor, 13): .entry
            default: nil
            }
        }
    }

    /// Visits the file.
    ///
    /// - Throws: `.notFound`; `.invalidModel` for what is no graph, or names a file outside of the folder.
    /// - Complexity: O(fields of the file), without its values.
    func check() throws(PredictionError) {
        let data: Data
        do { data = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped) } catch {
            throw PredictionError(
                .notFound,
                "\(path) cannot be read",
                remedy: "Put the exported graph there, or name its file in model.toml",
                cause: error
            )
        }
        var places: [String] = []
        var hasGraph = false
        let isSound = data.withUnsafeBytes { bytes in
            Self.visit(bytes, .model, depth: 0, places: &places, hasGraph: &hasGraph)
        }
        guard isSound, hasGraph else {
            throw PredictionError(
                .invalidModel,
                "\(path) is no ONNX graph, or is cut short",
                remedy: "Export the model again, and copy the file whole"
            )
        }
        for place in Set(places).sorted() { try check(place) }
    }

    /// Whether a message can be read to its end; `places` gets the paths of data outside of the file.
    private static func visit(
        _ bytes: UnsafeRawBufferPointer,
        _ message: Message,
        depth: Int,
        places: inout [String],
        hasGraph: inout Bool
    ) -> Bool {
        guard depth < deepest else { return false }
        var fields = ProtobufFields(bytes)
        var (key, value) = ("", "")
        while let field = fields.next() {
            guard let content = field.content else { continue }
            if message == .entry {
                if field.number == 1 { key = String(decoding: content, as: UTF8.self) }
                if field.number == 2 { value = String(decoding: content, as: UTF8.self) }
                continue
            }
            guard let inner = message.field(field.number) else { continue }
            if inner == .graph { hasGraph = true }
            guard visit(content, inner, depth: depth + 1, places: &places, hasGraph: &hasGraph) else { return false }
        }
        if key == "location" { places.append(value) }
        return fields.isAtEnd
    }

    /// Refuses a place outside of the folder, links followed.
    private func check(_ place: String) throws(PredictionError) {
        let parts = place.split(separator: "/", omittingEmptySubsequences: false)
        guard let root = Self.resolved(folder), !place.hasPrefix("/"), !parts.contains("..") else {
            throw outside(place)
        }
        guard let file = Self.resolved("\(folder)/\(place)") else {
            throw PredictionError(
                .notFound,
                "\(path) keeps weights in \(place), which is not there",
                remedy: "Copy the file of weights into the model's folder"
            )
        }
        guard file.hasPrefix("\(root)/") else { throw outside(place) }
    }

    private func outside(_ place: String) -> PredictionError {
        PredictionError(
            .invalidModel,
            "\(path) keeps weights in \(place.prefix(200)), outside of the model's folder",
            remedy: "Export the model with its weights in the file itself, or in a file of the same folder"
        )
    }

    private static func resolved(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }
}
