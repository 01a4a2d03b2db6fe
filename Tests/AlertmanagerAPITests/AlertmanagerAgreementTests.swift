import AlertmanagerAPI
import FarwatchTesting
import Foundation
import Model
import Testing

/// The same requests asked of Debian's Alertmanager and of ours, and amtool run against both.
@Suite(.serialized) struct AlertmanagerAgreementTests {
  /// Started once for all tests; stopped when the suite goes.
  private let real: RealAlertmanager
  private let ours: ServedAPI

  init() async throws {
    real = try await RealAlertmanager()
    ours = try ServedAPI()
  }

  private static let alerts = """
    [{"labels":{"alertname":"A","severity":"page","region":"eu"},"annotations":{"summary":"it \\"burns\\""},\
    "startsAt":"2026-11-21T07:00:00.123456Z","generatorURL":"http://x/y?z=1"},
    {"labels":{"alertname":"B","region":"eu"},"startsAt":"2026-11-21T07:00:01Z"},
    {"labels":{"alertname":"C","severity":"page","größe":"é"},"startsAt":"2026-11-21T07:00:02.5Z"},
    {"labels":{"alertname":"D"},"startsAt":"2026-11-21T07:00:03Z"},
    {"labels":{}},{"labels":{"x":""}},
    {"labels":{"alertname":"E"},"startsAt":"2026-11-21T10:00:00Z","endsAt":"2026-11-21T09:00:00Z"}]
    """

  @Test func theSameAnswersToTheSameQuestions() async throws {
    // 0.25 refuses names that later versions take; that one is left out.
    let body = Self.alerts.replacingOccurrences(of: ",\"größe\":\"é\"", with: "")
    let silence = { (end: String) in
      #"{"matchers":[{"name":"alertname","value":"B|X","isRegex":true}],"startsAt":"2026-11-21T07:00:00Z","#
        + #""endsAt":"\#(end)","createdBy":"ada","comment":"drill"}"#
    }
    let requests: [(String, String, String)] = [
      ("GET", "/alerts", ""), ("POST", "/alerts", body), ("GET", "/alerts", ""),
      ("GET", "/alerts/groups", ""),
      ("GET", "/receivers", ""), ("POST", "/silences", silence("2099-01-01T00:00:00Z")),
      ("GET", "/silences", ""), ("GET", "/alerts", ""), ("GET", "/alerts?silenced=false", ""),
      ("GET", "/alerts?active=false", ""), ("GET", "/alerts?filter=region%3D%22eu%22", ""),
      ("GET", "/alerts?filter=region%3D~%22e.%22&filter=alertname!%3DA", ""),
      ("GET", "/alerts?filter=region%3D%22%22", ""), ("GET", "/alerts?filter=region!~%22.%2B%22", ""),
      ("GET", "/alerts?receiver=team-x", ""), ("GET", "/alerts?receiver=pag", ""),
      ("GET", "/alerts/groups?receiver=eu", ""), ("GET", "/alerts/groups?filter=alertname%3DD", ""),
      ("GET", "/alerts/groups?silenced=false", ""),
      ("GET", "/silences?filter=alertname%3D~%22B%7CX%22", ""), ("GET", "/silences?filter=alertname%3DB", ""),
      ("GET", "/alerts?filter=bad", ""), ("GET", "/silences?filter=bad", ""), ("GET", "/nothing", ""),
      ("GET", "/silence/junk", ""), ("GET", "/silence/6b5ec6e5-6b5b-4f0a-9b5b-0d5ec6e56b5b", ""),
      ("POST", "/silences", silence("2020-01-01T00:00:00Z")),
      ("POST", "/silences", silence("2099-01-01T00:00:00Z").replacingOccurrences(of: "B|X", with: ".*")),
      ("POST", "/silences", #"{"comment":"c"}"#), ("POST", "/alerts", #"[{"annotations":{}}]"#),
      ("POST", "/alerts", "null"), ("POST", "/alerts", "[]"),
    ]
    for (method, path, body) in requests {
      let theirs = try await real.ask(method, "/api/v2" + path, body)
      let own = ours.ask(method, "/api/v2" + path, body)
      #expect(own.status == theirs.status, "\(method) \(path) \(body): \(own) \(theirs)")
      #expect(try normal(own.body) == normal(theirs.body), "\(method) \(path) \(body)")
    }
    let status = try object(ours.ask("GET", "/api/v2/status").body)
    let theirStatus = try object(try await real.ask("GET", "/api/v2/status").body)
    #expect(Set(status.keys) == Set(theirStatus.keys))
    for part in ["versionInfo", "config"] {
      #expect(
        Set((status[part] as? [String: Any] ?? [:]).keys)
          == Set((theirStatus[part] as? [String: Any] ?? [:]).keys))
    }
  }

  @Test func amtoolWorksTheSame() async throws {
    let id = "00000000-0000-4000-8000-000000000000"
    let commands: [[String]] = [
      [
        "alert", "add", "alertname=Foo", "node=bar", "--start=2026-11-21T07:00:00Z",
        "--annotation=summary=it hurts",
      ],
      ["alert", "add", "Quiet", "node=\"b z\"", "--start=2026-11-21T07:00:00Z", "--generator-url=http://g/"],
      ["alert", "query"], ["alert", "query", "Foo"], ["alert", "query", "node=~b.*"],
      ["alert", "query", "nothing=1"],
      ["alert", "query", "-o", "extended", "Foo"],
      ["silence", "add", "alertname=Quiet", "-c", "planned", "-a", "ada", "--end=2099-01-01T00:00:00Z"],
      ["silence", "query"], ["silence", "query", "-q"], ["silence", "query", "alertname=Quiet"],
      ["alert", "query"], ["alert", "query", "--silenced"], ["alert", "query", "--receiver=team-x"],
      ["silence", "update", "-c", "longer", "-e", "2098-01-01T00:00:00Z", "SILENCE"], ["silence", "query"],
      ["silence", "expire", "SILENCE"], ["silence", "query"], ["silence", "query", "--expired"],
      ["silence", "expire", id], ["silence", "add", "alertname=~.*", "-c", "x"], ["silence", "add", "a=b"],
      ["alert", "query"], ["cluster", "show"], ["config", "show"],
    ]
    for command in commands {
      let theirs = try await amtool(real.url, command)
      let own = try await amtool(ours.url, command)
      let name = command.joined(separator: " ")
      #expect((own.exit == .code(0)) == (theirs.exit == .code(0)), "\(name): \(own) \(theirs)")
      // What is configured, and who is in the cluster, is each one's own; of what fails, the numbers of errors differ.
      if ["cluster", "config"].contains(command[0]) {
        #expect(own.exit == .code(0) && !own.output.isEmpty, "\(name): \(own)")
      } else if theirs.exit == .code(0) {
        #expect(own.output == theirs.output, "\(name)")
      }
    }
    #expect(try await amtool(ours.url, ["config", "show"]).output.contains("receiver: team-x"))
  }

  @Test func fingerprintsAreThoseOfAlertmanager() async throws {
    let sets: [Labels] = [
      ["alertname": "A"], ["alertname": "A", "b": "1", "B": "2", "_": "3"],
      ["alertname": "é \"quoted\" \\ \n", "z": "😀"],
    ]
    let body = sets.map { "{\"labels\":\(OrderedJSON.strings($0).compact)}" }.joined(separator: ",")
    #expect(try await real.ask("POST", "/api/v2/alerts", "[\(body)]").status == 200)
    let answer = try await real.ask("GET", "/api/v2/alerts").body
    for set in sets {
      let digits = String(set.fingerprint, radix: 16)
      let fingerprint = String(repeating: "0", count: 16 - digits.count) + digits
      #expect(answer.contains("\"fingerprint\":\"\(fingerprint)\""), "\(set)")
    }
  }

  // MARK: Comparing

  private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  /// JSON in one order, without what must differ: identifiers, the present, and what only later versions have.
  private func normal(_ text: String) throws -> String {
    if text.isEmpty { return "" }
    let value = try JSONSerialization.jsonObject(with: Data(text.utf8), options: [.fragmentsAllowed])
    let data = try JSONSerialization.data(
      withJSONObject: [Self.normal(value)], options: [.sortedKeys, .prettyPrinted])
    return String(decoding: data, as: UTF8.self)
  }

  private static func normal(_ value: Any) -> Any {
    switch value {
    case let list as [Any]: return list.map { normal($0) }
    case let members as [String: Any]:
      var out: [String: Any] = [:]
      for (name, value) in members where name != "mutedBy" {
        switch name {
        case "updatedAt", "id", "silenceID": out[name] = "text"
        case "startsAt", "endsAt":
          // Given times are kept to the millisecond; those that follow from the present differ.
          let time = DateTimeText.parse(value as? String ?? "")
          let isNear = time.map { abs(($0 - SystemTime().now).milliseconds) < 600_000 } ?? false
          out[name] = isNear ? "now" : time?.iso8601 ?? "none"
        case "silencedBy": out[name] = (value as? [Any])?.count ?? -1
        case "receivers":
          let names = (value as? [[String: String]] ?? []).compactMap { $0["name"] }
          out[name] = names.sorted()
        default: out[name] = normal(value)
        }
      }
      return out
    default: return value
    }
  }

  private func amtool(
    _ url: String, _ arguments: [String]
  ) async throws -> (exit: ChildProcess.Exit, output: String) {
    var arguments = arguments
    if let place = arguments.firstIndex(of: "SILENCE") {
      let listed = try await run(["--alertmanager.url=\(url)", "silence", "query", "-q"]).output
      arguments[place] = listed.trimmingCharacters(in: .whitespacesAndNewlines)
    }
    var (exit, output) = try await run(["--alertmanager.url=\(url)"] + arguments)
    output = output.replacing(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, with: "ID")
    // The end that an alert without one is given.
    output = output.replacing(/20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC/) { match in
      let time = DateTimeText.parse(String(match.output.dropLast(4)))
      return abs(((time ?? testStart) - SystemTime().now).milliseconds) < 600_000
        ? "SOON" : String(match.output)
    }
    return (exit, output.replacing(/[ ]+/, with: " "))
  }

  private func run(_ arguments: [String]) async throws -> (exit: ChildProcess.Exit, output: String) {
    // Without a configuration file of whoever runs the test.
    let child = try ChildProcess(
      ["amtool", "--no-version-check"] + arguments, environment: ["HOME": "/nonexistent"])
    return (try await child.wait(), child.output)
  }
}

/// Debian's Alertmanager on a free port.
private final class RealAlertmanager: Sendable {
  let url: String
  private let process: ChildProcess
  private let directory: TemporaryDirectory

  init() async throws {
    directory = try TemporaryDirectory("farwatch-alertmanager")
    let file = try directory.write(
      "alertmanager.yml",
      """
      route:
        receiver: team-x
        group_by: [alertname]
        group_wait: 10ms
        routes:
        - {matchers: [severity="page"], receiver: pager, continue: true}
        - {matchers: [region="eu"], receiver: eu, group_by: [region]}
      receivers: [{name: team-x}, {name: pager}, {name: eu}]
      """)
    let port = try freeLoopbackPort()
    url = "http://127.0.0.1:\(port)"
    process = try ChildProcess([
      "prometheus-alertmanager", "--config.file=\(file)", "--storage.path=\(directory.file("data"))",
      "--web.listen-address=127.0.0.1:\(port)", "--cluster.listen-address=",
    ])
    try await waitUntil("Alertmanager answers") {
      (try? await self.ask("GET", "/-/ready").status) == 200
    }
  }

  func ask(_ method: String, _ target: String, _ body: String = "") async throws -> (
    status: Int, body: String
  ) {
    let arguments =
      ["curl", "-s", "-X", method, "-w", "\n%{http_code}", "-H", "Content-Type: application/json"]
      + (method == "POST" ? ["--data-binary", body] : []) + [url + target]
    let output = try await ChildProcess.run(arguments)
    let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
    return (
      Int(lines.last ?? "") ?? 0,
      lines.dropLast().joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
    )
  }
}

/// Our API behind a small server, so that programs can ask it.
private final class ServedAPI: Sendable {
  private let server: LoopbackServer
  private let answer: @Sendable (String, String, String?, [UInt8]) -> APIResponse
  var url: String { "http://127.0.0.1:\(server.port)" }

  init() throws {
    let paging = ScriptedPaging { SystemTime().now }
    let api = AlertmanagerAPI(paging, now: paging.clock)
    let answer: @Sendable (String, String, String?, [UInt8]) -> APIResponse = { method, target, type, body in
      api.answer(APIRequest(method: method, target: target, type: type, body: body))
    }
    self.answer = answer
    server = try LoopbackServer { request in
      let response = answer(request.method, request.target, request.header("Content-Type"), request.body)
      return LoopbackServer.answer(
        response.status, response.json ?? "",
        headers: response.json == nil ? [] : [("Content-Type", "application/json")])
    }
  }

  func ask(_ method: String, _ target: String, _ body: String = "") -> (status: Int, body: String) {
    let response = answer(method, target, "application/json", Array(body.utf8))
    return (response.status, (response.json ?? "").trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
