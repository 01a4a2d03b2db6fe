import Collecting
import FarwatchTesting
import Model
import PostgresClient
import Replication
import Testing

/// Regions whose names lead to one and the same real server; some five seconds.
@Suite struct PostgresSameServerTests {
  @Test func oneServerIsNoSplitBrain() async throws {
    let east = try await PostgresServer.primary()
    let west = try await east.standby(slot: "west")
    let client = try PostgresClient()
    // By another name.
    let alias = east.dsn().replacing("host=127.0.0.1", with: "host=localhost")
    let link = try WatchedLink(client, source: east.dsn(), targets: [("west", alias)])
    let same = await link.pass()
    #expect(same.why("west") == "same_server" && same.why("east") == nil)
    #expect(same.detail.hasPrefix("west: leads to the server that east leads to:"), "\(same.detail)")
    #expect(same.value(ReplicationFamilies.splitBrain) == nil, "the region's own server was not asked")
    #expect(same.isReplicating == 0 && same.recoveryPoint == nil)
    #expect(same.value(PostgresMetrics.up, ["region": "east"]) == 1)
    #expect(same.value(PostgresMetrics.up, ["region": "west"]) == 0)

    // A source whose address has moved to the standby: it is the source that is not the source.
    let moved = try WatchedLink(client, source: west.dsn(), targets: [("west", west.dsn())])
    #expect((await moved.pass()).detail.hasPrefix("east: leads to the server that west leads to:"))

    // Two servers of one cluster, both primaries, are two.
    let fine = try WatchedLink(client, source: east.dsn(), targets: [("west", west.dsn())])
    _ = try await fine.pass(until: "it streams") { $0.succeeded && $0.isReplicating == 1 }
    try await west.promote()
    let split = try await fine.pass(until: "two writers") { $0.value(ReplicationFamilies.splitBrain) == 1 }
    #expect(split.why("west") == "unexpected_status")
  }
}
