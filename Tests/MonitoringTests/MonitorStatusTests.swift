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
}
