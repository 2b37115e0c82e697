import CloudEvents
import Methods
import Monitoring
import Testing

@Suite struct `Monitor status` {
    @Test func `learns until the first look`() {
        var status = MonitorStatus()
        #expect(status.shown == .learning)
        status.judge(isDrift: false, isAlarm: false)
        #expect(status.shown == .ok)
    }

    @Test func `does not alarm for drift that the budget does not allow`() {
        var status = MonitorStatus()
        #expect(status.judge(isDrift: true, isAlarm: false) == false)
        #expect(status.shown == .ok)
    }

    @Test func `says once that an alarm begins`() {
        var status = MonitorStatus()
        #expect(status.judge(isDrift: true, isAlarm: true) == true)
        #expect(status.judge(isDrift: true, isAlarm: true) == false)
        #expect(status.shown == .alarm)
    }

    @Test func `stays in alarm while there is drift, and recovers over two clean looks`() {
        var status = MonitorStatus()
        status.judge(isDrift: true, isAlarm: true)
        status.judge(isDrift: true, isAlarm: false)
        #expect(status.shown == .alarm)
        status.judge(isDrift: false, isAlarm: false)
        #expect(status.shown == .recovering)
        status.judge(isDrift: true, isAlarm: false)
        #expect(status.shown == .recovering, "drift starts the count of clean looks again")
        status.judge(isDrift: false, isAlarm: false)
        #expect(status.shown == .recovering)
        status.judge(isDrift: false, isAlarm: false)
        #expect(status.shown == .ok)
    }

    @Test func `alarms again out of recovery, and says that it begins`() {
        var status = MonitorStatus()
        status.judge(isDrift: true, isAlarm: true)
        status.judge(isDrift: false, isAlarm: false)
        #expect(status.judge(isDrift: true, isAlarm: true) == true)
    }

    @Test func `is not ended by a window that could not be read`() {
        var status = MonitorStatus()
        status.judge(isDrift: true, isAlarm: true)
        status.lackRows()
        #expect(status.shown == .insufficient)
        status.judge(isDrift: true, isAlarm: false)
        #expect(status.shown == .alarm)
        status.fail()
        #expect(status.shown == .error)
    }

    @Test func `is the same after it was written and read`() throws {
        var status = MonitorStatus()
        status.judge(isDrift: true, isAlarm: true)
        status.judge(isDrift: false, isAlarm: false)
        status.lackRows()
        var writer = StateWriter()
        status.write(to: &writer)
        var reader = StateReader(writer.bytes)
        #expect(try MonitorStatus(from: &reader) == status)
    }

    @Test func `recovers after as many clean looks as it is told to`() throws {
        for looks in [1, 2, 5] {
            var rules = AlertConfiguration.standard
            rules.recoverAfter = looks
            var status = MonitorStatus()
            status.judge(isDrift: true, isAlarm: true, at: Self.second(0), by: rules)
            for look in 1...looks {
                #expect(status.shown != .ok)
                status.judge(isDrift: false, isAlarm: false, at: Self.second(look), by: rules)
                #expect((status.shown == .ok) == (look == looks))
            }
        }
    }

    @Test func `begins no alarm while it cools down, and alarms for drift that lasts`() {
        var rules = AlertConfiguration.standard
        rules.recoverAfter = 1
        rules.coolDown = .seconds(100)
        var status = MonitorStatus()
        var begins = status.judge(isDrift: true, isAlarm: true, at: Self.second(0), by: rules)
        #expect(begins)
        status.judge(isDrift: false, isAlarm: false, at: Self.second(10), by: rules)
        #expect(status.shown == .ok)
        for time in [20, 109] {
            begins = status.judge(isDrift: true, isAlarm: true, at: Self.second(time), by: rules)
            #expect(!begins && status.shown == .recovering)
        }
        begins = status.judge(isDrift: true, isAlarm: true, at: Self.second(110), by: rules)
        #expect(begins)
        #expect(status.shown == .alarm)
    }

    private static func second(_ seconds: Int) -> Timestamp { Timestamp(nanoseconds: Int64(seconds) * 1_000_000_000) }
}
