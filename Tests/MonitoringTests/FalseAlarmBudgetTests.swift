import CloudEvents
import Foundation
import Methods
import Monitoring
import Statistics
import Testing

@Suite struct `Budget of false alarms` {
    static func second(_ seconds: Double) -> Timestamp { Timestamp(nanoseconds: Int64(seconds * 1e9)) }
    static let day = 86_400.0

    @Test func `gives each look of a steady flow its share`() throws {
        // One alarm in 30 days, a look an hour: 1 / 720 each, once the balance has settled.
        var budget = FalseAlarmBudget(try #require(AlarmBudget("1 per 30d")), ceiling: 0.05)
        var level = 0.0
        for hour in 0..<100 {
            budget.earn(until: Self.second(Double(hour) * 3600))
            level = budget.level
            budget.spend(level)
        }
        #expect(abs(level - 1.0 / 720) < 1e-9)  // the balance halves its distance at each look: 2^-100 is left
    }

    @Test func `never gives more than p_val, nor more than it has earned`() throws {
        var budget = FalseAlarmBudget(try #require(AlarmBudget("1 per 1h")), ceiling: 0.05)
        budget.earn(until: Self.second(0))
        #expect(budget.level == 0)
        var spent = 0.0
        for look in 1...1000 {
            budget.earn(until: Self.second(Double(look * look) / 1000))  // looks become rarer
            #expect(budget.level <= 0.05)
            spent += budget.level
            budget.spend(budget.level)
        }
        #expect(spent <= 1000.0 / 3600)
    }

    @Test func `leaves every look of one instant something`() throws {
        var budget = FalseAlarmBudget(try #require(AlarmBudget("1 per 30d")), ceiling: 0.05)
        budget.earn(until: Self.second(0))
        budget.earn(until: Self.second(60))
        var levels: [Double] = []
        for _ in 0..<5 {
            budget.earn(until: Self.second(60))
            levels.append(budget.level)
            budget.spend(budget.level)
        }
        #expect(levels.allSatisfy { $0 > 0 })
        #expect(levels == levels.sorted(by: >))
    }

    @Test func `is not earned twice by events that come out of order`() throws {
        var budget = FalseAlarmBudget(try #require(AlarmBudget("1 per 1h")), ceiling: 1)
        for second in [0.0, 100, 50, 100, 20, 100] { budget.earn(until: Self.second(second)) }
        #expect(abs(budget.level - 100.0 / 3600 / 2) < 1e-12)
    }

    @Test func `keeps its promise over overlapping looks at clean traffic`() throws {
        // 400 runs of 30 days, a look every 4 hours at the newest 8 values of a normal stream, half of them seen before.
        // Alarms are counted when the two-sided p-value of the mean is at or below the level. Promised: 1 in 30 days at
        // most, so 400 in all; the bound is that mean and four standard deviations of a clumped count.
        var generator = SeededGenerator(seed: 11)
        var alarms = 0
        let runs = 400
        for _ in 0..<runs {
            var budget = FalseAlarmBudget(try #require(AlarmBudget("1 per 30d")), ceiling: 0.05)
            var window: [Double] = []
            budget.earn(until: Self.second(0))
            for look in 1...180 {
                window.append(contentsOf: (0..<4).map { _ in generator.normal() })
                window = Array(window.suffix(8))
                budget.earn(until: Self.second(Double(look) * 4 * 3600))
                let z = window.reduce(0, +) / Double(window.count).squareRoot()
                if erfc(abs(z) / 2.0.squareRoot()) <= budget.level { alarms += 1 }
                budget.spend(budget.level)
            }
        }
        #expect(alarms > runs / 4, "a test that never fires would keep any promise")
        #expect(Double(alarms) < Double(runs) + 4 * (2 * Double(runs)).squareRoot())
    }
}
