import Collecting
import FarwatchTesting
import Model
import MySQLClient
import Replication
import Testing

/// Addresses of a link that lead to one server.
@Suite struct MySQLSameServerTests {
  private let start = Timestamp(year: 2026, month: 11, day: 21)
  private let uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562"

  /// What a server that accepts writes says; its clock is exact, its uptime in whole seconds.
  private func server(
    id: Int = 1, uuid: String? = nil, host: String? = "db1", port: String? = "3306", uptime: String? = "5000",
    at seconds: Int64 = 0
  ) throws -> MySQLLinkState.Answer {
    let names = ["server_id", "server_uuid", "hostname", "port", "read_only", "log_bin", "clock"]
    let values = ["\(id)", uuid, host, port, "0", "1", "2026-11-21 00:00:00"]
    let status = MySQLRows(columns: ["Variable_name", "Value"], rows: [["Uptime", uptime]])
    let reply = MySQLReply(
      identity: MySQLIdentity(version: 101_119, isMariaDB: uuid == nil), sentAt: start + .seconds(seconds),
      receivedAt: start + .seconds(seconds),
      results: [
        .success(MySQLRows(columns: names, rows: [values])), .success(MySQLRows(columns: [], rows: [])),
        .success(MySQLRows(columns: [], rows: [])), .success(status),
      ])
    return .success(try MySQLQueries.read(reply))
  }

  private func pass(
    _ answers: [String: MySQLLinkState.Answer], targets: [String] = ["west"]
  ) throws -> LinkPass {
    let settings = try MySQLLinkSettings(
      link: "orders", source: .init(region: "east", source: MySQLSource(host: "a", user: "u")),
      targets: targets.map { .init(region: $0, source: MySQLSource(host: $0, user: "u")) },
      rpo: .seconds(30))
    var state = MySQLLinkState(settings)
    return state.observe(answers, at: start)
  }

  private func failure(_ pass: LinkPass) -> String {
    if case .failure(let reason, let detail) = pass.verdict { "\(reason.rawValue) \(detail)" } else { "none" }
  }

  private func isSplit(_ pass: LinkPass) -> Double? {
    pass.readings.first { $0.family.name == ReplicationFamilies.splitBrain.name }?.value
  }

  private let told = "leads to the server that east leads to: compare their addresses, names and proxies"

  @Test func aTargetThatIsTheSourceIsSaidToBeAndSplitsNothing() throws {
    for uuid in [nil, uuid] {
      let same = try pass(["east": server(uuid: uuid), "west": server(uuid: uuid, uptime: "5001")])
      #expect(failure(same) == "same_server west: \(told)")
      #expect(isSplit(same) == nil, "the other one was not seen: nothing is known")
    }
  }

  @Test func twoTargetsThatAreOneAreNoSplitEither() throws {
    let both = try pass(
      ["east": server(), "west": server(id: 2, host: "db2"), "south": server(id: 2, host: "db2")],
      targets: ["west", "south"])
    let telling =
      "unexpected_status west: replicates from nowhere; south: leads to the server that west leads to"
    #expect(failure(both).hasPrefix(telling))
    #expect(isSplit(both) == 1, "east and west are two servers, and both accept writes")
    let one = try pass(
      ["west": server(id: 2, host: "db2"), "south": server(id: 2, host: "db2")], targets: ["west", "south"])
    #expect(isSplit(one) != 1, "one server is no two halves")
  }

  @Test func idsAloneMakeNoServersTheSame() throws {
    // Machines that were copied, or never given ids: another host, another port, another start.
    for other in try [server(host: "db2"), server(port: "3307"), server(uptime: "90")] {
      let copied = try pass(["east": server(), "west": other])
      #expect(
        failure(copied)
          == "wrong_cluster west: has the source's server_id 1: it is the source itself, or must be given one of its own"
      )
    }
    // Told by nobody is the same as nothing.
    let silent = try pass(["east": server(host: nil), "west": server(host: nil)])
    #expect(failure(silent).hasPrefix("wrong_cluster"))
    let other = try pass(["east": server(uuid: uuid), "west": server(uuid: uuid.uppercased(), port: "99999")])
    #expect(failure(other).hasPrefix("wrong_cluster"))
    let strange = try pass(["east": server(uptime: "-5"), "west": server(uptime: "99999999999999999999")])
    #expect(failure(strange).hasPrefix("same_server"), "an uptime that says nothing")
  }
}
