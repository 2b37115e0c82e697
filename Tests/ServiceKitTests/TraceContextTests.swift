import ServiceKit
import Testing

@Suite struct `Trace context` {
    static let example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"  // W3C Trace Context, 3.2.2.5

    @Test func `continues a trace with a parent of its own`() throws {
        var generator = SystemRandomNumberGenerator()
        let trace = try #require(TraceContext(traceparent: Self.example, tracestate: "congo=t61rcWkgMzE"))
        let child = trace.child(using: &generator)
        #expect(trace.traceparent == Self.example)
        #expect(child.traceID == trace.traceID && child.parentID != trace.parentID)
        #expect(child.isSampled && child.state == "congo=t61rcWkgMzE")
        #expect(TraceContext(traceparent: child.traceparent) != nil)
    }

    @Test func `begins one that others can read`() {
        var generator = SystemRandomNumberGenerator()
        let trace = TraceContext(using: &generator)
        #expect(TraceContext(traceparent: trace.traceparent) == trace)
    }

    @Test func `reads later versions by their beginning`() {
        #expect(
            TraceContext(traceparent: "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-follows") != nil
        )
    }

    @Test(arguments: [
        "", "00", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
    ])
    func `takes no header that breaks a rule`(header: String) {
        #expect(TraceContext(traceparent: header) == nil)
    }
}
