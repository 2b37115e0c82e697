import Methods

/// The capital of gamblers who bet against the reference, one account a bet, moved on by the factors that bets pay.
///
/// A gambler starts after every row, since a change may come at any: the account that bets from row `k` on has the
/// weight `1 / (k (k + 1))`, and what is promised to later rows stays in reserve. The whole is a convex mixture of
/// martingales, and so a martingale that starts at 1 and never falls far below what a fresh gambler brings. A part of
/// each account moves to the others at each row, so a bet that stopped to pay is left.
///
/// With `.detector` each row brings a whole unit: the sum is then an e-detector, whose expectation at any stopping time
/// is at most the expected time.
///
/// Sources: J. Ville (1939), "Étude critique de la notion de collectif"; V. Vovk et al. (2021), "Retrain or not
/// retrain", COPA, for the jumping bets; J. Shin, A. Ramdas and A. Rinaldo (2024), "E-detectors", New England Journal of
/// Statistics in Data Science 2, arXiv:2203.03532.
struct Capital: Sendable {
    /// What the sum is.
    enum Rule: Sendable {
        /// A martingale: it passes `1 / α` ever with chance at most α.
        case martingale
        /// An e-detector: rows until it passes `threshold` are at least so many, in expectation.
        case detector
    }

    /// The share of an account that moves to all accounts alike at each row.
    private static let jump = 0.01
    /// Where betting ends: a martingale that is stopped is one, and nothing overflows.
    private static let enough = 1e100

    let rule: Rule
    let groups: Int
    let bets: Int
    private var accounts: [Double]
    private(set) var rows = 0
    private(set) var largest = 0.0

    /// - Parameters:
    ///   - groups: Families of bets that share the capital alike: columns, and what is asked of each.
    ///   - bets: Bets of a family; the first pays 1 always.
    init(_ rule: Rule, groups: Int, bets: Int) {
        self.rule = rule
        self.groups = groups
        self.bets = bets
        accounts = Array(repeating: 0, count: groups * bets)
    }

    /// What is there now, reserve included.
    private(set) var total = 1.0

    /// Moves all accounts on by one row.
    ///
    /// - Parameter pay: What a bet of a family pays: at least 0, with mean 1 under the reference given all before.
    mutating func bet(_ pay: (_ group: Int, _ bets: UnsafeMutableBufferPointer<Double>) -> Void) {
        rows += 1
        guard total < Self.enough else { return }
        let n = Double(rows)
        let fresh = (rule == .martingale ? 1 / (n * (n + 1)) : 1) / Double(groups * bets)
        let reserve = rule == .martingale ? 1 / (n + 1) : 0
        var sum = 0.0
        withUnsafeTemporaryAllocation(of: Double.self, capacity: bets) { factors in
            accounts.withUnsafeMutableBufferPointer { accounts in
                for group in 0..<groups {
                    let family = accounts[group * bets..<(group + 1) * bets]
                    pay(group, factors)
                    let moved = family.reduce(0, +) * Self.jump / Double(bets)
                    for bet in 0..<bets {
                        let stake = accounts[group * bets + bet] * (1 - Self.jump) + moved + fresh
                        accounts[group * bets + bet] = stake * factors[bet]
                        sum += accounts[group * bets + bet]
                    }
                }
            }
        }
        total = sum + reserve
        largest = max(largest, total)
    }

    /// What would be there now if only these families had been bet on: of a martingale one too.
    ///
    /// - Parameter families: At least one.
    func total(of families: Range<Int>) -> Double {
        let sum = accounts[families.lowerBound * bets..<families.upperBound * bets].reduce(0, +)
        let reserve = rule == .martingale ? 1 / (Double(rows) + 1) : 0
        return sum * Double(groups) / Double(families.count) + reserve
    }

    func write(to words: inout StateWords) {
        words.append(accounts)
        words.append(rows)
        words.append(total)
        words.append(largest)
    }

    mutating func restore(from words: inout StateWordReader) throws(MethodError) {
        let read = try words.numbers(atMost: groups * bets)
        guard read.count == groups * bets else { throw StateWordReader.foreign("it has \(read.count) accounts") }
        accounts = read
        rows = try words.integer()
        total = try words.number()
        largest = try words.number()
    }
}

/// Bets on a number that is uniform on `0...1` under the reference.
enum UniformBets {
    static let count = 9

    /// Densities on `0...1`: none, slopes, parabolas and roots, each and its mirror.
    static func pay(_ p: Double, _ factors: UnsafeMutableBufferPointer<Double>) {
        let q = 1 - p
        factors[0] = 1
        factors[1] = 0.5 + p
        factors[2] = 0.5 + q
        factors[3] = 2 * p
        factors[4] = 2 * q
        factors[5] = 3 * p * p
        factors[6] = 3 * q * q
        // Numbers that are drawn are at least 2^-53 apart; the bound keeps a 0 from paying without limit.
        factors[7] = 0.5 / max(p, 0x1p-60).squareRoot()
        factors[8] = 0.5 / max(q, 0x1p-60).squareRoot()
    }
}

/// Bets on a number in `−1...1` whose mean is 0 under the reference.
enum BoundedBets {
    /// The shares that are staked, both ways.
    static let twoSided: [Double] = [0, 0.2, -0.2, 0.5, -0.5, 0.9, -0.9]
    /// The shares that are staked on a rise.
    static let rising: [Double] = [0, 0.1, 0.25, 0.5, 0.75, 0.95]

    static func pay(_ value: Double, _ shares: [Double], _ factors: UnsafeMutableBufferPointer<Double>) {
        for (place, share) in shares.enumerated() { factors[place] = 1 + share * value }
    }
}
