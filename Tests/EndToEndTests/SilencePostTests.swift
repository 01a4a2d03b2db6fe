import FarwatchTesting
import Foundation
import Testing

/// Silences as a browser posts them and as programs do: what is right, what is wrong, who may, and whose page it is.
@Suite(.serialized) struct SilencePostTests {
  private struct Answer: CustomStringConvertible {
    var status: Int
    var location: String
    var body: String
    var description: String { "\(status) \(location) \(body.prefix(2000))" }
  }

  /// A daemon that is asked by curl.
  private struct Bench {
    let world: PagingWorld
    let daemon: FarwatchProcess

    init(_ more: String = "") async throws {
      world = try PagingWorld("taiwan")
      try world.configure("routes: [{topic: pager, match: {severity: page}}]\n\(more)")
      daemon = try await world.run()
    }

    func curl(_ path: String, _ arguments: [String], headers: [String] = []) async throws -> Answer {
      let output = try await ChildProcess.run(
        ["curl", "-s", "-g", "-m", "20", "-w", "\n%{http_code} %{redirect_url}"]
          + headers.flatMap { ["-H", $0] } + arguments + [world.url + path])
      let end = try #require(output.lastIndex(of: "\n"))
      let words = output[output.index(after: end)...].split(separator: " ")
      let location = words.count > 1 ? words[1].dropFirst(world.url.count) : ""
      return Answer(
        status: Int(words[0]) ?? -1, location: String(location), body: String(output[..<end]))
    }

    /// As a browser sends the form.
    func form(_ fields: [String: String], headers: [String] = []) async throws -> Answer {
      try await curl(
        "/silences", fields.flatMap { ["--data-urlencode", "\($0.key)=\($0.value)"] }, headers: headers)
    }

    /// As amtool sends it.
    func json(_ text: String, headers: [String] = []) async throws -> Answer {
      try await curl(
        "/api/v2/silences", ["-d", text], headers: ["Content-Type: application/json"] + headers)
    }

    /// Those that hold, as `creator: matchers`.
    func held(headers: [String] = []) async throws -> [(id: String, words: String)] {
      let answer = try await curl("/api/v2/silences", [], headers: headers)
      let all = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [[String: Any]]
      return try #require(all, "\(answer)").compactMap { silence in
        guard (silence["status"] as? [String: String])?["state"] == "active" else { return nil }
        let matchers = (silence["matchers"] as? [[String: Any]] ?? []).map { "\($0["name"] ?? "")" }
        let by = silence["createdBy"] as? String ?? ""
        return (silence["id"] as? String ?? "", "\(by): \(matchers.sorted().joined(separator: ","))")
      }
    }
  }

  private static let good = [
    "matchers": "alertname=RegionDown\nregion=~\"t.*\"", "duration": "90m", "by": "ada", "comment": "drill",
  ]

  private static func document(_ change: [String: Any] = [:]) throws -> String {
    let format = Date.ISO8601FormatStyle()
    var silence: [String: Any] = [
      "matchers": [["name": "alertname", "value": "RegionDown", "isRegex": false, "isEqual": true]],
      "startsAt": format.format(Date(timeIntervalSinceNow: -5)),
      "endsAt": format.format(Date(timeIntervalSinceNow: 3600)), "createdBy": "grace", "comment": "drill",
    ]
    silence.merge(change) { $1 }
    return String(decoding: try JSONSerialization.data(withJSONObject: silence), as: UTF8.self)
  }

  @Test(.timeLimit(.minutes(3))) func theFormSaysWhatIsWrongAndKeepsWhatWasTyped() async throws {
    let bench = try await Bench()
    defer { bench.daemon.child.stop() }
    for (field, value, problem) in [
      ("matchers", "", "At least one matcher is needed."),
      ("matchers", "region=~\"(\"", "id=\"matchers-error\""),
      ("matchers", "no matcher", "id=\"matchers-error\""), ("matchers", "a=~\".*\"", "silence everything"),
      ("duration", "soon", "This is no duration"), ("duration", "0s", "This is no duration"),
      ("duration", "-1h", "This is no duration"), ("duration", "366d", "This is no duration"),
      ("by", " ", "A name is needed."), ("comment", "", "A reason is needed."),
    ] {
      var fields = Self.good
      fields["by"] = "<i>ada</i>"
      fields[field] = value
      let answer = try await bench.form(fields)
      #expect(answer.status == 400 && answer.body.contains(problem), "\(field) \(value): \(answer)")
      #expect(answer.body.components(separatedBy: "class=\"error\"").count == 2, "only that: \(answer)")
      #expect(field == "by" || answer.body.contains("&lt;i&gt;ada"), "\(field): \(answer)")
      #expect(!answer.body.contains("<i>"))
    }
    for (type, body) in [("application/json", try Self.document()), ("text/plain", "by=ada"), ("", "by=ada")]
    {
      let answer = try await bench.curl("/silences", ["-d", body], headers: ["Content-Type: \(type)"])
      #expect(answer.status == 400, "\(type): \(answer)")
    }
    #expect(try await bench.form(["expire": "00000000-0000-4000-8000-000000000000"]).status == 404)
    #expect(try await bench.curl("/silences", ["-X", "PUT", "-d", "x"]).status == 405)
    #expect(try await bench.held().isEmpty)

    let made = try await bench.form(Self.good)
    #expect(made.status == 303 && made.location.hasPrefix("/silences?done=made&id="), "\(made)")
    let held = try await bench.held()
    #expect(held.map(\.words) == ["ada: alertname,region"])
    let page = try await bench.curl(made.location, [])
    #expect(page.body.contains("The silence is in force.") && page.body.contains(held[0].id), "\(page)")
    let over = try await bench.form(["expire": held[0].id])
    #expect(over.status == 303 && over.location.hasPrefix("/silences?done=expired&id="), "\(over)")
    #expect(try await bench.held().isEmpty)
  }

  @Test(.timeLimit(.minutes(3))) func programsGetAlertmanagersAnswers() async throws {
    let bench = try await Bench()
    defer { bench.daemon.child.stop() }
    for (wrong, status) in [
      ("", 400), ("[]", 400), ("{", 400), ("{}", 400), (try Self.document(["matchers": []]), 400),
      (try Self.document(["endsAt": "2020-01-01T00:00:00Z"]), 400),
      (try Self.document(["endsAt": "soon"]), 400),
      (try Self.document(["matchers": [["name": "a", "value": "(", "isRegex": true]]]), 400),
      (try Self.document(["id": "00000000-0000-4000-8000-000000000000"]), 404),
    ] {
      let answer = try await bench.json(wrong)
      #expect(answer.status == status || answer.status == 422, "\(wrong): \(answer)")
      #expect(answer.body.count > 2, "it says why: \(wrong)")
    }
    // A page of another site can have a browser send these three without asking us before.
    for type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
      let answer = try await bench.curl(
        "/api/v2/silences", ["-d", try Self.document()], headers: ["Content-Type: \(type)"])
      #expect(answer.status == 415, "\(type): \(answer)")
    }
    #expect(try await bench.held().isEmpty)
    let made = try await bench.json(try Self.document())
    let id =
      (try JSONSerialization.jsonObject(with: Data(made.body.utf8)) as? [String: String])?["silenceID"] ?? ""
    #expect(made.status == 200 && UUID(uuidString: id) != nil, "\(made)")
    #expect(try await bench.held().map(\.words) == ["grace: alertname"])
    #expect(try await bench.curl("/api/v2/silence/\(id)", ["-X", "DELETE"]).status == 200)
    #expect(try await bench.held().isEmpty)
    let unknown = "/api/v2/silence/00000000-0000-4000-8000-000000000000"
    #expect(try await bench.curl(unknown, ["-X", "DELETE"]).status == 404)
  }

  /// Every way to change something, sent as a page of another site would have it sent.
  @Test(.timeLimit(.minutes(3))) func otherSitesPagesChangeNothing() async throws {
    let bench = try await Bench(
      "external_url: https://watch.example/\ntrusted_clients: [127.0.0.1]\n")
    defer { bench.daemon.child.stop() }
    #expect(try await bench.form(Self.good).status == 303)
    let id = try #require(try await bench.held().first?.id)
    let changes: [(String, ([String]) async throws -> Answer)] = [
      ("form", { try await bench.form(Self.good, headers: $0) }),
      ("expiry", { try await bench.form(["expire": id], headers: $0) }),
      ("json", { try await bench.json(try Self.document(), headers: $0) }),
      ("delete", { try await bench.curl("/api/v2/silence/\(id)", ["-X", "DELETE"], headers: $0) }),
      (
        "acknowledgement",
        {
          try await bench.curl(
            "/api/farwatch/acknowledgements", ["-d", "{}"], headers: ["Content-Type: application/json"] + $0)
        }
      ),
      ("reload", { try await bench.curl("/-/reload", ["-X", "POST"], headers: $0) }),
    ]
    let own = bench.world.url
    let foreign = [
      ["Origin: https://evil.example"], ["Origin: null"], ["Origin: \(own).evil.example"],
      ["Origin: http://127.0.0.1:1"],
      ["Sec-Fetch-Site: cross-site"], ["Sec-Fetch-Site: same-site"],
      ["Origin: \(own)", "Sec-Fetch-Site: cross-site"],
      // A name of the attacker's that was pointed here.
      ["Origin: http://evil.example", "Host: evil.example", "Sec-Fetch-Site: same-origin"],
    ]
    for headers in foreign {
      for (name, change) in changes {
        let answer = try await change(headers)
        #expect(answer.status == 403 && answer.body.contains("another site"), "\(name) \(headers): \(answer)")
      }
    }
    #expect(try await bench.held().map(\.id) == [id], "nothing was made, nothing ended")
    let refused = Double(foreign.count * changes.count)
    try await waitUntil(timeout: .seconds(30), every: .milliseconds(200), "they are counted") {
      await bench.daemon.series("farwatch_http_requests_refused_total", ["reason": "origin"]) == refused
    }
    // Ours, under each of our names; and programs, which say nothing of a page.
    for headers in [
      [], ["Origin: \(own)", "Sec-Fetch-Site: same-origin"], ["Sec-Fetch-Site: none"],
      ["Origin: https://watch.example", "Host: watch.example"],
    ] {
      let answer = try await bench.form(Self.good, headers: headers)
      #expect(answer.status == 303, "\(headers): \(answer)")
    }
    #expect(try await bench.form(["expire": id], headers: ["Origin: \(own)"]).status == 303)
  }

  @Test(.timeLimit(.minutes(3))) func onlyWhoOperatesSilences() async throws {
    let open = try await Bench()
    defer { open.daemon.child.stop() }
    let proxied = try await open.form(Self.good, headers: ["X-Forwarded-For: 192.0.2.1"])
    #expect(proxied.status == 403 && proxied.body.contains("role operate"), "\(proxied)")
    #expect(try await open.held().isEmpty)

    let roles = ["metrics", "read", "ingest", "operate"]
    let secrets = try TemporaryDirectory("farwatch-secrets")
    for role in roles { try secrets.write(role, "t0ken-\(role)\n") }
    let tokens = roles.map { "    - {name: \($0), token_file: \"\(secrets.file($0))\", roles: [\($0)]}" }
    let bench = try await Bench("access:\n  tokens:\n\(tokens.joined(separator: "\n"))\n")
    defer { bench.daemon.child.stop() }
    func login(_ role: String?) -> [String] { role.map { ["Authorization: Bearer t0ken-\($0)"] } ?? [] }
    #expect(try await bench.form(Self.good, headers: login("operate")).status == 303)
    let held = try await bench.held(headers: login("read"))
    try #require(held.count == 1)
    for role in [nil, "nonsense", "metrics", "read", "ingest"] {
      let expected = role == nil || role == "nonsense" ? 401 : 403
      for answer in [
        try await bench.form(Self.good, headers: login(role)),
        try await bench.form(["expire": held[0].id], headers: login(role)),
        try await bench.json(try Self.document(), headers: login(role)),
        try await bench.curl("/api/v2/silence/\(held[0].id)", ["-X", "DELETE"], headers: login(role)),
      ] { #expect(answer.status == expected, "\(role ?? "nobody"): \(answer)") }
    }
    #expect(try await bench.held(headers: login("read")).map(\.id) == held.map(\.id))
    #expect(try await bench.json(try Self.document(), headers: login("operate")).status == 200)
    #expect(try await bench.form(["expire": held[0].id], headers: login("operate")).status == 303)
    #expect(try await bench.held(headers: login("operate")).map(\.words) == ["grace: alertname"])
  }
}
