/// The code in which strings of header blocks may be written.
///
/// It is canonical: codes of one length follow each other in the order of their symbols, so the lengths say all.
/// Source: RFC 7541, section 5.2 and Appendix B.
enum HuffmanCode {
    /// Decodes `bytes` into `target`, which needs room for 8/5 of them.
    ///
    /// - Returns: How many bytes came out; nil for bytes that are no such code: the end symbol, padding that is no
    ///   beginning of it or longer than seven bits.
    static func decode(_ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableBufferPointer<UInt8>) -> Int? {
        var step = Step(mayEnd: true)
        var count = 0
        func take(_ bits: UInt8) {
            step = steps[Int(step.next) << 4 | Int(bits)]
            guard step.emits else { return }
            target[count] = step.symbol
            count += 1
        }
        for byte in bytes {
            take(byte >> 4)
            if step.fails { return nil }
            take(byte & 0xF)
            if step.fails { return nil }
        }
        return step.mayEnd ? count : nil
    }

    /// What four bits do: no symbol is shorter than five, so that they complete one at most.
    private struct Step {
        var next: UInt16 = 0
        var symbol: UInt8 = 0
        var emits = false
        /// Whether the input may end here: fewer than eight bits, all ones, since the last symbol.
        var mayEnd = false
        var fails = false
    }

    /// Steps by state and four bits; a state is an inner node of the tree of codes, the root first.
    private static let steps: [Step] = {
        let tree = codeTree()
        let endings = possibleEndings(of: tree)
        return tree.indices.flatMap { node in
            (0..<16).map { bits in
                var step = Step()
                var at = node
                for shift in [3, 2, 1, 0] {
                    switch tree[at][bits >> shift & 1] {
                    case .node(let next): at = next
                    case .symbol(256), .none: step.fails = true
                    case .symbol(let symbol):
                        step.symbol = UInt8(symbol)
                        step.emits = true
                        at = 0
                    }
                }
                step.next = UInt16(at)
                step.mayEnd = endings.contains(at)
                return step
            }
        }
    }()

    private enum Branch {
        case none
        case node(Int)
        case symbol(Int)
    }

    private static func codeTree() -> [[Branch]] {
        var tree: [[Branch]] = [[.none, .none]]
        var code = 0
        var previous = 0
        for symbol in lengths.indices.sorted(by: { (lengths[$0], $0) < (lengths[$1], $1) }) {
            let length = lengths[symbol]
            code <<= length - previous
            previous = length
            var at = 0
            for shift in stride(from: length - 1, through: 1, by: -1) {
                let bit = code >> shift & 1
                if case .node(let next) = tree[at][bit] {
                    at = next
                } else {
                    tree.append([.none, .none])
                    tree[at][bit] = .node(tree.count - 1)
                    at = tree.count - 1
                }
            }
            tree[at][code & 1] = .symbol(symbol)
            code += 1
        }
        return tree
    }

    /// The root and the nodes that one to seven ones lead to.
    private static func possibleEndings(of tree: [[Branch]]) -> Set<Int> {
        var found: Set = [0]
        var at = 0
        for _ in 1...7 {
            guard case .node(let next) = tree[at][1] else { break }
            at = next
            found.insert(at)
        }
        return found
    }

    /// Bits of the code of each byte, and of the end symbol.
    private static let lengths = [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28,
        28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15,
        6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22,
        20,
        20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23,
        24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22,
        22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27,
        24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26,
        26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
    ]
}
