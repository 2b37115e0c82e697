import Foundation
import JSON
import TestSupport
import Testing

/// Control routes of processes that share traffic: a change of monitors reaches all of them.
@Suite(.serialized) struct `Replicas that are told to change` {
    @Test func `all take in, reset and let go a monitor by whichever is told, and say who was not reached`()
        async throws
    {
        let fixture = try DetectorFixture(.drift)
        let fleet = try await `Replicas of a detector`.Fleet(fixture, count: 3)
        let archive = try TarCommand.archive(fixture.monitors, "watch")
        func tell(_ place: Int, _ method: String, _ path: String, body: [UInt8]? = nil) async throws
            -> DetectorClient.Answer
        {
            let process = try #require(fleet.processes[place])
            return try await DetectorClient(base: process.base).send(method, path, body: body)
        }

        let put = try await tell(1, "PUT", "/v1/monitors/brought", body: archive)
        #expect(put.status == 200)
        #expect(put.json["replicas"]?.array?.map { $0["status"]?.int } == [200, 200])
        for place in 0..<3 { #expect(try await tell(place, "GET", "/v1/monitors/brought").status == 200) }
        let reset = try await tell(2, "POST", "/v1/monitors/brought/reset")
        #expect(reset.status == 200 && reset.json["replicas"]?.array?.count == 2)

        // One is gone: the others do it, the answer says who did not, and the same call does the rest.
        #expect(fleet.processes[0]?.terminate() == 0)
        fleet.processes[0] = nil
        let partly = try await tell(1, "DELETE", "/v1/monitors/brought")
        #expect(partly.status == 502 && partly.json["error"]?.string?.contains("\(fleet.ports[0])") == true)
        #expect(try await tell(2, "GET", "/v1/monitors/brought").status == 404)
        fleet.processes[0] = try await fleet.start(0)
        #expect(try await tell(0, "GET", "/v1/monitors/brought").status == 200)
        let again = try await tell(1, "DELETE", "/v1/monitors/brought")
        #expect(again.status == 200, "\(again.json.text)")
        for place in 0..<3 { #expect(try await tell(place, "GET", "/v1/monitors/brought").status == 404) }
        #expect(try await tell(1, "DELETE", "/v1/monitors/brought").status == 404)
        for process in fleet.processes { #expect(process?.terminate() == 0) }
    }

}
