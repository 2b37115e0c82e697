import Methods
import Prediction

/// Which columns hold categories, and how many, as the model's schema says where a configuration does not.
struct CategoriesOfSchema {
    private static let key = "categories_per_feature"
    private let model: ModelDescription

    init(_ model: ModelDescription) {
        self.model = model
    }

    /// A configuration with its categories written into it.
    ///
    /// It stays as it is where it names them itself, where its method tells no kinds of columns apart, and where its rows
    /// are not the model's inputs.
    func filled(into text: String, _ catalog: MethodCatalog) -> String {
        guard let parsed = try? MonitorConfiguration(parsing: text, catalog: catalog),
            parsed.preprocess.method == .none,
            parsed.parameters.optionalCategories(Self.key) == nil,
            let factory = try? catalog.factory(named: parsed.method),
            factory.parameters.contains(where: { $0.name == Self.key })
        else { return text }
        let watched = parsed.watchedInputs
        var entries: [String] = []
        var place = 0
        for input in model.inputs where watched?.contains(input.name) ?? true {
            if input.kind == .category {
                entries += (place..<place + input.elementCount).map { "\($0) = \(input.categories.count)" }
            }
            place += input.elementCount
        }
        guard !entries.isEmpty else { return text }
        // Before every table, where the keys of the method are.
        return "\(Self.key) = { \(entries.joined(separator: ", ")) }  # from the model's schema\n" + text
    }
}

extension MonitorConfiguration {
    /// The model's inputs that are watched, by name; nil where all are, or where rows are the model's outputs.
    var watchedInputs: [String]? { rowSource == .inputs ? monitor?.columns : nil }
}
