import JSON
import Tensors

/// One walk through a body that redacts tensors and columns.
///
/// It keeps account of what it came across, so that at the end it is known whether a rule may have missed its value.
struct TensorPass {
    let rules: [RedactionRule]
    let keyedHash: KeyedHash
    /// The JSON that is walked through; it outlives the pass.
    var text = UnsafeRawBufferPointer(start: nil, count: 0)
    var edits = ByteEdits()
    /// For each rule, how many values it took.
    var counts: [Int]
    /// The rules whose tensor or column was found.
    private var located: Set<Int> = []
    /// Tensors that the body does not name: the model knows what they are.
    private var unnamedTensors = false
    /// The tensors with several columns that nothing names.
    private var unnamedColumns: [String] = []

    init(rules: [RedactionRule], keyedHash: @escaping KeyedHash) {
        self.rules = rules
        self.keyedHash = keyedHash
        counts = [Int](repeating: 0, count: rules.count)
    }

    /// What happens to one tensor.
    struct Plan {
        /// The rule for all of it.
        var whole: Int?
        /// The rules for some of its columns.
        var columns: [Int: Int] = [:]
        var isEmpty: Bool { whole == nil && columns.isEmpty }
    }

    /// What the rules want of a tensor.
    ///
    /// - Parameters:
    ///   - table: The table that it is a column of, where the body has it so.
    ///   - place: Which column of the table it is.
    ///   - columns: The names of its columns, where the body gives them.
    mutating func plan(
        for name: String,
        in table: String? = nil,
        at place: Int? = nil,
        columns: [String]? = nil
    ) -> Plan {
        var plan = Plan()
        for (rule, value) in rules.enumerated() {
            switch value.target {
            case .path: continue
            case .tensor(let pattern):
                if pattern.matches(name) || table.map(pattern.matches) ?? false {
                    plan.whole = stricter(plan.whole, rule)
                    located.insert(rule)
                } else {
                    for (column, columnName) in (columns ?? []).enumerated() where pattern.matches(columnName) {
                        plan.columns[column] = stricter(plan.columns[column], rule)
                        located.insert(rule)
                    }
                }
            case .column(.index(let column), let tensor):
                if column == place, tensor.map({ tensor in table.map(tensor.matches) ?? false }) ?? true {
                    plan.whole = stricter(plan.whole, rule)
                    located.insert(rule)
                }
                // The only element of a cell of a table is its column, which is counted above.
                let isCell = column == 0 && place != nil && tensor == nil
                if !isCell, tensor?.matches(name) ?? true {
                    plan.columns[column] = stricter(plan.columns[column], rule)
                    located.insert(rule)
                }
                // A column of a table is a tensor with one column.
                for (place, columnName) in (columns ?? []).enumerated() where column == 0 {
                    guard let tensor, tensor.matches(columnName) else { continue }
                    plan.columns[place] = stricter(plan.columns[place], rule)
                    located.insert(rule)
                }
            case .column(.name(let wanted), let tensor):
                if wanted == name, tensor == nil || table.map({ tensor?.matches($0) ?? true }) ?? false {
                    plan.whole = stricter(plan.whole, rule)
                    located.insert(rule)
                }
                guard tensor?.matches(name) ?? true else { continue }
                for (column, columnName) in (columns ?? []).enumerated() where columnName == wanted {
                    plan.columns[column] = stricter(plan.columns[column], rule)
                    located.insert(rule)
                }
            }
        }
        return plan
    }

    private func stricter(_ one: Int?, _ other: Int) -> Int {
        guard let one else { return other }
        return rules[one].action < rules[other].action ? other : one
    }

    /// Takes note of a tensor that has no name of its own, and of how many columns it has.
    mutating func noteUnnamed(tensor name: String, columns: Int, hasColumnNames: Bool) {
        unnamedTensors = true
        if !hasColumnNames { noteUnnamedColumns(of: name, columns) }
    }

    /// Takes note of a tensor whose columns have no names.
    mutating func noteUnnamedColumns(of name: String, _ columns: Int) {
        if columns > 1 { unnamedColumns.append(name) }
    }

    /// Refuses a body in which a rule's value may be without having been found.
    func checkLocated() throws {
        for (rule, value) in rules.enumerated() where !located.contains(rule) {
            let isLost =
                switch value.target {
                case .path: false
                case .tensor, .column(.index, of: .some): unnamedTensors
                case .column(.index, of: nil): false
                case .column(.name, let tensor): unnamedColumns.contains { tensor?.matches($0) ?? true }
                }
            if isLost { throw RedactionRefusal.unlocatable }
        }
    }

    /// How many elements a row of a tensor has: its columns.
    static func width(of shape: [Int]) throws -> Int { max(1, try Shape.count(Array(shape.dropFirst()))) }

    func standIn(_ rule: Int) -> StandIn { StandIn(action: rules[rule].action, keyedHash: keyedHash) }

    // MARK: JSON values

    /// Covers all of the next value for a rule.
    mutating func cover(_ reader: inout JSONReader, _ rule: Int, _ datatype: ElementType? = nil) throws {
        counts[rule] += try JSONCover(standIn: standIn(rule), datatype: datatype).cover(&reader, &edits)
    }

    /// The width of a value that is one row.
    static let oneRow = Int.max

    /// Covers columns of the next value, whose elements are counted row by row.
    ///
    /// - Parameters:
    ///   - width: How many elements a row has, ``oneRow`` where all of them are one; nil where each element of the array
    ///     is a row.
    /// - Returns: How many elements there are in all, and in the widest row.
    mutating func coverColumns(
        _ reader: inout JSONReader,
        _ plan: Plan,
        width: Int?,
        _ datatype: ElementType? = nil
    ) throws -> (elements: Int, width: Int) {
        var index = 0
        guard try reader.peek() == .array, width == nil else {
            try coverElements(&reader, plan, &index, width: width, datatype)
            return (index, width ?? index)
        }
        var total = 0
        var widest = 0
        try reader.beginArray()
        while try reader.nextElement() {
            index = 0
            try coverElements(&reader, plan, &index, width: nil, datatype)
            total += index
            widest = max(widest, index)
        }
        return (total, widest)
    }

    private mutating func coverElements(
        _ reader: inout JSONReader,
        _ plan: Plan,
        _ index: inout Int,
        width: Int?,
        _ datatype: ElementType?
    ) throws {
        switch try reader.peek() {
        case .array:
            try reader.beginArray()
            while try reader.nextElement() { try coverElements(&reader, plan, &index, width: width, datatype) }
        case .object where !Base64Object.isNext(reader):
            // Which of a row's elements its members are is anybody's guess.
            throw RedactionRefusal.unlocatable
        default:
            let column = width.map { index % max($0, 1) } ?? index
            index += 1
            if let rule = plan.columns[column] {
                try cover(&reader, rule, datatype)
            } else {
                try reader.skipValue()
            }
        }
    }

    // MARK: Elements in bytes

    /// The elements of a tensor as the binary extension and gRPC's raw contents have them, redacted.
    mutating func redacted(
        _ bytes: UnsafeRawBufferPointer,
        _ plan: Plan,
        _ datatype: ElementType,
        _ shape: [Int]
    ) throws -> [UInt8] {
        let count = try Shape.count(shape)
        let width = try Self.width(of: shape)
        guard let size = datatype.byteWidth else {
            let strings = try BinaryTensors.strings(shape, bytes, "a tensor")
            var result: [UInt8] = []
            for (index, string) in strings.enumerated() {
                let element = redacted(string, plan.whole ?? plan.columns[index % width])
                withUnsafeBytes(of: UInt32(clamping: element.count).littleEndian) { result.append(contentsOf: $0) }
                result.append(contentsOf: element)
            }
            return result
        }
        let (needed, overflows) = count.multipliedReportingOverflow(by: size)
        guard !overflows, needed == bytes.count else { throw RedactionRefusal.unreadable }
        var result = [UInt8](bytes)
        result.withUnsafeMutableBytes { result in
            for index in 0..<count {
                guard let rule = plan.whole ?? plan.columns[index % width] else { continue }
                let element = UnsafeMutableRawBufferPointer(rebasing: result[index * size..<(index + 1) * size])
                standIn(rule).write(CanonicalNumber(UnsafeRawBufferPointer(element), datatype), datatype, to: element)
                counts[rule] += 1
            }
        }
        return result
    }

    /// One element of BYTES, redacted where there is a rule.
    mutating func redacted(_ element: [UInt8], _ rule: Int?) -> [UInt8] {
        guard let rule else { return element }
        counts[rule] += 1
        return standIn(rule).text(element)
    }

    // MARK: CSV

    /// A table redacted by its columns; one that is dropped leaves it.
    ///
    /// That its first row is one of names is only certain where a rule's name is among them. Where it is not, rules with
    /// names refuse the table, and others cover the first row too.
    mutating func redacted(_ table: TensorTable) throws -> TensorTable {
        var columns: [TensorTable.Column] = []
        let plan = plan(for: "", columns: table.names)
        let named = rules.indices.filter { rules[$0].namesValues }
        let hasNames = named.contains { located.contains($0) }
        guard named.isEmpty || hasNames else { throw RedactionRefusal.unlocatable }
        for (index, column) in table.columns.enumerated() {
            guard let rule = plan.columns[index].map({ stricter(plan.whole, $0) }) ?? plan.whole else {
                columns.append(column)
                continue
            }
            counts[rule] += column.values.count
            if rules[rule].action == .drop { continue }
            var redacted = redacted(column, standIn(rule))
            if !hasNames {
                redacted.name = String(decoding: standIn(rule).text(Array(column.name.utf8)), as: UTF8.self)
            }
            columns.append(redacted)
        }
        return try TensorTable(columns: columns)
    }

    private func redacted(_ column: TensorTable.Column, _ standIn: StandIn) -> TensorTable.Column {
        var column = column
        switch column.values {
        case .numbers(let numbers) where standIn.action == .mask:
            column.values = .numbers(numbers.map { $0.isNaN ? $0 : 0 })
        case .numbers(let numbers):
            column.values = .texts(
                numbers.map { $0.isNaN ? "" : String(decoding: standIn.text(CanonicalNumber($0).text), as: UTF8.self) }
            )
        case .texts(let texts):
            column.values = .texts(texts.map { String(decoding: standIn.text(Array($0.utf8)), as: UTF8.self) })
        }
        return column
    }
}

extension RedactionRule {
    /// Whether it says by a name where its values are.
    fileprivate var namesValues: Bool {
        switch target {
        case .tensor(let pattern): !pattern.matchesAll
        case .column(.name, _): true
        case .column(.index, let tensor): tensor.map { !$0.matchesAll } ?? false
        case .path: false
        }
    }
}
