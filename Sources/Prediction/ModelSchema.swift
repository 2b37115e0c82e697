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
        let root = try TOMLSection(parsing: text, file: file)
        var lists: [[ColumnDescription]] = []
        for key in ["inputs", "outputs"] {
            var columns: [ColumnDescription] = []
            for section in try root.sections(key) ?? [] { columns.append(try ColumnDescription(section)) }
            lists.append(columns)
        }
        try root.refuseUnknownKeys()
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

    init(_ section: TOMLSection) throws(PredictionError) {
        let name = try section.required("name", try section.string("name"))
        let shape = try section.ints("shape") ?? []
        guard let count = try? Shape.count(shape), count > 0, count <= Self.largestRow else {
            throw section.invalid(
                "shape",
                "is \(shape)",
                remedy: "List the sizes of one row's axes, without the rows; [] for a single value"
            )
        }
        var scale: ClosedRange<Double>?
        if let bounds = try section.doubles("scale") {
            guard bounds.count == 2, bounds[0] < bounds[1], bounds.allSatisfy(\.isFinite) else {
                throw section.invalid("scale", "is \(bounds)", remedy: "Give the lowest and the highest value")
            }
            scale = bounds[0]...bounds[1]
        }
        let datatypeName = try section.string("datatype") ?? ElementType.float32.rawValue
        guard let datatype = ElementType(rawValue: datatypeName) else {
            let known = ElementType.allCases.map(\.rawValue).joined(separator: ", ")
            throw section.invalid("datatype", "is \(datatypeName)", remedy: "Give one of \(known)")
        }
        self.init(
            name: name,
            tensor: try section.string("tensor"),
            index: try section.int("index") ?? 0,
            datatype: datatype,
            shape: shape,
            kind: try section.choice("kind") ?? .number,
            categories: try section.strings("categories") ?? [],
            scale: scale,
            layout: try section.choice("layout"),
            unit: try section.string("unit"),
            isSensitive: try section.bool("sensitive") ?? false,
            classes: try section.strings("classes") ?? []
        )
        if kind == .image, shape.count != 3 {
            throw section.invalid("shape", "is \(shape) for an image", remedy: "Give height, width and channels")
        }
        if !classes.isEmpty, classes.count != elementCount {
            throw section.invalid(
                "classes",
                "names \(classes.count) of \(elementCount) elements",
                remedy: "Name every element of the output, in order"
            )
        }
        if kind == .category, categories.isEmpty {
            throw section.invalid("categories", "is missing", remedy: "List the values in the order of their codes")
        }
    }
}
