import JSON
import Prediction

/// The lines `key=value` of a LightGBM file, cut into its header and its trees; values are read when they are asked for.
struct LightGBMText {
    /// A stretch of lines: the header, or one tree.
    struct Section {
        /// What messages call it: `the header`, `tree 3`.
        let name: String
        private let bytes: UnsafeRawBufferPointer
        private var values: [String: Range<Int>] = [:]

        init(_ name: String, of bytes: UnsafeRawBufferPointer) {
            self.name = name
            self.bytes = bytes
        }

        /// Adds a line that is no heading; a line without `=` is a key of its own.
        mutating func add(line: Range<Int>) {
            let equals = bytes[line].firstIndex(of: UInt8(ascii: "=")) ?? line.upperBound
            let key = String(decoding: bytes[line.lowerBound..<equals], as: UTF8.self)
            values[key] = min(equals + 1, line.upperBound)..<line.upperBound
        }

        func has(_ key: String) -> Bool { values[key] != nil }

        /// The text of a key, nil where it is absent.
        func text(_ key: String) -> String? {
            values[key].map { String(decoding: bytes[$0], as: UTF8.self) }
        }

        /// A whole number.
        func integer(_ key: String, in range: ClosedRange<Int>, default fallback: Int? = nil) throws(PredictionError)
            -> Int
        {
            guard let text = text(key) else {
                guard let fallback else { throw .invalidModel("\(name) has no \(key)") }
                return fallback
            }
            guard let integer = Int(text), range.contains(integer) else {
                throw .invalidModel(
                    "\(key) of \(name) is \(text.prefix(40)), and a whole number from \(range.lowerBound) to \(range.upperBound) belongs there"
                )
            }
            return integer
        }

        /// The numbers of a key, exactly `count` of them.
        func numbers(_ key: String, count: Int) throws(PredictionError) -> [Double] {
            guard let range = values[key] else { throw .invalidModel("\(name) has no \(key)") }
            // A number and the space before the next take two bytes: a count that is a lie is found out before memory
            // is taken for it.
            guard count <= (range.count + 1) / 2 else {
                throw .invalidModel("\(key) of \(name) has \(range.count) bytes for \(count) numbers")
            }
            var numbers: [Double] = []
            numbers.reserveCapacity(count)
            for token in bytes[range].split(separator: UInt8(ascii: " ")) {
                numbers.append(try number(token, of: key))
            }
            guard numbers.count == count else {
                throw .invalidModel("\(key) of \(name) has \(numbers.count) numbers, and \(count) belong there")
            }
            return numbers
        }

        /// Whole numbers of 32 bits.
        func integers(_ key: String, count: Int) throws(PredictionError) -> [Int] {
            var integers: [Int] = []
            for number in try numbers(key, count: count) {
                guard let integer = Int(exactly: number) else {
                    throw .invalidModel("\(key) of \(name) has \(number), and whole numbers belong there")
                }
                integers.append(integer)
            }
            return integers
        }

        private func number(_ token: Slice<UnsafeRawBufferPointer>, of key: String) throws(PredictionError) -> Double {
            var reader = JSONReader(UnsafeRawBufferPointer(rebasing: token))
            do throws(JSONError) {
                let number = try reader.readDouble()
                try reader.finish()
                return number
            } catch {
                // C++ writes these in its own way.
                switch String(decoding: token, as: UTF8.self) {
                case "inf": return .infinity
                case "-inf": return -.infinity
                case "nan", "-nan": return .nan
                case let text:
                    throw .invalidModel("\(key) of \(name) has \(text.prefix(40)), which is no number", cause: error)
                }
            }
        }
    }

    let header: Section
    let trees: [Section]

    /// - Throws: `.invalidModel` for what is no LightGBM text, and for one that ends before its `end of trees`.
    init(_ bytes: UnsafeRawBufferPointer) throws(PredictionError) {
        var header = Section("the header", of: bytes)
        var trees: [Section] = []
        var isFirst = true
        var ended = false
        for line in Self.lines(of: bytes) where !ended {
            if isFirst {
                guard bytes[line].elementsEqual("tree".utf8) else {
                    throw .invalidModel(
                        "the file is no LightGBM text: its first line is not tree",
                        remedy: "Save it with booster.save_model(\"model.txt\")"
                    )
                }
                isFirst = false
            } else if bytes[line].elementsEqual("end of trees".utf8) {
                ended = true
            } else if bytes[line].starts(with: "Tree=".utf8) {
                trees.append(Section("tree \(trees.count)", of: bytes))
            } else if trees.isEmpty {
                header.add(line: line)
            } else {
                trees[trees.count - 1].add(line: line)
            }
        }
        guard ended else {
            throw .invalidModel("the file stops before \"end of trees\", after \(trees.count) trees")
        }
        self.header = header
        self.trees = trees
    }

    /// The lines that are not empty, without their ends.
    private static func lines(of bytes: UnsafeRawBufferPointer) -> some Sequence<Range<Int>> {
        sequence(state: 0) { (position: inout Int) -> Range<Int>? in
            while position < bytes.count {
                let start = position
                let end = bytes[start...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
                position = end + 1
                if end > start { return start..<end }
            }
            return nil
        }
    }
}
