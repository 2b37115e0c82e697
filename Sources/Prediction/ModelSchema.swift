import TOML
import Tensors

/// The tensors and columns of a model, in order: the content of `schema.toml`.
///
/// The file lists `[[inputs]]` and `[[outputs]]`, each with the keys `name, tensor, index, datatype, shape, kind,
/// categories, scale, layout, unit, sensitive, classes`; only `name` must be there. `docs/reference/model-folder.md`
/// has a complete example.
public struct ModelSchema: Sendable, Hashable {
    /// What the model takes, in order.
    public var inputs: [ColumnDescription]
    /// What the model gives, in order.
    public var outputs: [ColumnDescription]

    /// Makes a schema.
    public init(inputs: [ColumnDescription], outputs: [ColumnDescription]) {
        self.inputs = inputs
        self.outputs = outputs
    }

    /// Reads the text of a `schema.toml`.
    ///
    /// - Parameter file: The file's name, for messages.
    /// - Throws: `.invalidDescription` naming the file and the key; for an unknown key it lists the known ones.
    public init(parsing text: String, file: String = "schema.toml") throws(PredictionError) {
        let root = try TableReader<PredictionError>(parsing: text, file: file)
        var lists: [[ColumnDescription]] = []
        for key in ["inputs", "outputs"] {
            var columns: [ColumnDescription] = []
            for table in try root.optionalTables(key) ?? [] { columns.append(try ColumnDescription(reading: table)) }
            lists.append(columns)
        }
        try root.finish()
        self.init(inputs: lists[0], outputs: lists[1])
        guard !inputs.isEmpty else {
            throw PredictionError(
                .invalidDescription,
                "\(file) describes no input",
                remedy: "Add at least one table [[inputs]] with a name"
            )
        }
        for columns in lists {
            var seen: Set<String> = []
            if let double = columns.first(where: { !seen.insert($0.name).inserted }) {
                throw PredictionError(
                    .invalidDescription,
                    "\(file) describes \(double.name) twice",
                    remedy: "Give each input and each output a name of its own"
                )
            }
        }
    }

    /// The features of one row of all inputs together.
    public var inputSize: Int { inputs.reduce(0) { $0 + $1.elementCount } }
    /// The elements of one row of all outputs together.
    public var outputSize: Int { outputs.reduce(0) { $0 + $1.elementCount } }
}

extension ColumnDescription {
    /// No axis is longer; keeps the number of elements of a row within 63 bits together with `largestRow`.
    private static let largestRow = 1 << 31

    init(reading table: TableReader<PredictionError>) throws(PredictionError) {
        let name = try table.text("name")
        let shape = try table.integers("shape", default: [])
        guard let count = try? Shape.count(shape), count > 0, count <= Self.largestRow else {
            throw table.invalid(
                "shape",
                "is \(shape)",
                remedy: "List the sizes of one row's axes, without the rows; [] for a single value"
            )
        }
        var scale: ClosedRange<Double>?
        if let bounds = try table.optionalNumbers("scale") {
            guard bounds.count == 2, bounds[0] < bounds[1], bounds.allSatisfy(\.isFinite) else {
                throw table.invalid("scale", "is \(bounds)", remedy: "Give the lowest and the highest value")
            }
            scale = bounds[0]...bounds[1]
        }
        self.init(
            name: name,
            tensor: try table.optionalText("tensor"),
            index: try table.integer("index", default: 0),
            datatype: try table.choice("datatype", default: .float32),
            shape: shape,
            kind: try table.choice("kind", default: .number),
            categories: try table.texts("categories", default: []),
            scale: scale,
            layout: try table.optionalChoice("layout"),
            unit: try table.optionalText("unit"),
            isSensitive: try table.flag("sensitive", default: false),
            classes: try table.texts("classes", default: [])
        )
        if kind == .image, shape.count != 3 {
            throw table.invalid("shape", "is \(shape) for an image", remedy: "Give height, width and channels")
        }
        if !classes.isEmpty, classes.count != elementCount {
            throw table.invalid(
                "classes",
                "names \(classes.count) of \(elementCount) elements",
                remedy: "Name every element of the output, in order"
            )
        }
        if kind == .category, categories.isEmpty {
            throw table.invalid("categories", "is missing", remedy: "List the values in the order of their codes")
        }
    }
}
