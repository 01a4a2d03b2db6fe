import Foundation
import Model
import Paging
import Synchronization
import Testing

@testable import AlertmanagerAPI

@Suite struct EndpointTests {
  let paging = ScriptedPaging()
  var ask: Asking { Asking(paging: paging) }

  static let alert =
    #"{"labels":{"alertname":"A","region":"eu","severity":"page"},"annotations":{"summary":"s"},"#
    + #""startsAt":"2026-11-21T07:00:00+00:00","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://x/y"}"#

  static let shown =
    #"{"annotations":{"summary":"s"},"endsAt":"2026-11-21T08:05:00.000Z","fingerprint":"ea54005759c2e067","#
    + #""receivers":[{"name":"pager"},{"name":"eu"}],"startsAt":"2026-11-21T07:00:00.000Z","#
    + #""status":{"inhibitedBy":[],"mutedBy":[],"silencedBy":[],"state":"active"},"#
    + #""updatedAt":"2026-11-21T08:00:00.000Z","generatorURL":"http://x/y","#
    + #""labels":{"alertname":"A","region":"eu","severity":"page"}}"#

  private func alerts(_ query: String = "") throws -> [String] {
    let response = ask("GET", "/api/v2/alerts" + query)
    #expect(response.status == 200, "\(response.json ?? "")")
    let list = try JSONSerialization.jsonObject(with: Data((response.json ?? "").utf8)) as? [[String: Any]]
    return (list ?? []).compactMap { ($0["labels"] as? [String: String])?["alertname"] }.sorted()
  }

  @Test func anAlertIsShownAsAlertmanagerShowsIt() {
    #expect(ask("GET", "/api/v2/alerts").json == "[]\n")
    let posted = ask("POST", "/api/v2/alerts", "[\(Self.alert)]")
    #expect(posted.status == 200 && posted.json == nil)
    #expect(ask("GET", "/api/v2/alerts").json == "[\(Self.shown)]\n")
    #expect(
      ask("GET", "/api/v2/alerts/groups").json
        == #"[{"alerts":[\#(Self.shown)],"labels":{"region":"eu"},"receiver":{"name":"eu"}},"#
        + #"{"alerts":[\#(Self.shown)],"labels":{"alertname":"A"},"receiver":{"name":"pager"}}]"# + "\n")
  }

  @Test func statusAndReceivers() {
    #expect(
      ask("GET", "/api/v2/status").json
        == #"{"cluster":{"name":"taipei","peers":[],"status":"disabled"},"#
        + #""config":{"original":"route:\n  receiver: team-x\nreceivers:\n- name: team-x\n"},"#
        + #""uptime":"2026-11-21T07:59:00.000Z","versionInfo":{"branch":"farwatch","buildDate":"","buildUser":"","#
        + #""goVersion":"","revision":"","version":"0.25.0"}}"# + "\n")
    #expect(
      ask("GET", "/api/v2/receivers").json == #"[{"name":"team-x"},{"name":"pager"},{"name":"eu"}]"# + "\n")
  }

  @Test func oneBadAlertLosesNoOther() throws {
    let body =
      #"[\#(Self.alert),{"labels":{}},{"labels":{"":"c"}},{"labels":{"x":""}},"#
      + #"{"labels":{"alertname":"B"},"startsAt":"2026-11-21T10:00:00Z","endsAt":"2026-11-21T09:00:00Z"},"#
      + #"{"labels":{"alertname":"C"},"unknown":[{"deep":1}]}]"#
    let answer = ask("POST", "/api/v2/alerts", body)
    #expect(answer.status == 400)
    #expect(
      answer.json
        == #""at least one label pair required; invalid label set: invalid name \"\"; at least one label pair required; "#
        + #"start time must be before end time""# + "\n")
    #expect(try alerts() == ["A", "C"])
    // Also what Alertmanager takes for a broken batch.
    let broken = ask(
      "POST", "/api/v2/alerts",
      #"[null,7,{"annotations":{}},{"labels":{"alertname":1}},{"labels":{"a":"b"},"endsAt":"junk"},{"labels":"x"},"#
        + #"{"labels":{"alertname":"D"}}]"#)
    #expect(broken.status == 422)
    #expect(
      broken.json
        == #"{"code":601,"message":"0 in body must be an object; 1 in body must be an object; "#
        + #"2.labels in body is required; 3.labels.alertname in body must be of type string: \"number\"; "#
        + #"4.endsAt in body must be of type date-time: \"junk\"; 5.labels in body must be of type object: \"string\"""#
        + "}\n")
    #expect(try alerts() == ["A", "C", "D"])
  }

  @Test func aBrokenDocumentIsNotTakenAtAll() throws {
    for body in ["[\(Self.alert)", "[\(Self.alert)]x", "{\"a\":1}", "["] {
      let answer = ask("POST", "/api/v2/alerts", body)
      #expect(answer.status == 400 && answer.json?.contains("parsing alerts body failed") == true)
    }
    #expect(ask("POST", "/api/v2/alerts").status == 422)
    #expect(ask("POST", "/api/v2/alerts", "[]", type: "text/plain").status == 415)
    #expect(ask("POST", "/api/v2/alerts", "[]", type: nil).status == 415)
    #expect(ask("POST", "/api/v2/alerts", "[]", type: "Application/JSON; charset=utf-8").status == 200)
    #expect(ask("POST", "/api/v2/alerts", "null").status == 200)
    #expect(paging.state.withLock { $0.posts } == 0)
  }

  @Test func limitsOfABatch() {
    let many = (0..<300).map { "\"l\($0)\":\"v\"" }.joined(separator: ",")
    let answer = ask("POST", "/api/v2/alerts", "[{\"labels\":{\(many)}}]")
    #expect(answer.status == 400 && answer.json?.contains("at most 256 members") == true)
    let empty = ask(
      "POST", "/api/v2/alerts", "[" + (0..<100).map { _ in "{\"labels\":{}}" }.joined(separator: ",") + "]")
    #expect(empty.json?.hasSuffix("; and 80 more\"\n") == true)
  }

  @Test func filters() throws {
    let names = [("A", "eu", "page"), ("B", "us", "page"), ("C", "eu", "info"), ("D", "jp", "info")]
    let body = names.map {
      #"{"labels":{"alertname":"\#($0.0)","region":"\#($0.1)","severity":"\#($0.2)"}}"#
    }.joined(separator: ",")
    #expect(ask("POST", "/api/v2/alerts", "[\(body)]").status == 200)
    #expect(try alerts("?filter=region%3D%22eu%22") == ["A", "C"])
    #expect(try alerts("?filter=region%3Deu&filter=severity!%3Dinfo") == ["A"])
    #expect(try alerts("?filter=region%3D~%22e.%7Cj.%22") == ["A", "C", "D"])
    #expect(try alerts("?filter=nothing%3D%22%22") == ["A", "B", "C", "D"])
    #expect(try alerts("?receiver=pag.*") == ["A", "B"])
    #expect(try alerts("?receiver=pag") == [])
    paging.state.withLock { state in
      state.alerts[0].silencedBy = ["s"]
      state.alerts[1].inhibitedBy = ["f"]
      state.alerts[2].mutedBy = ["night"]
    }
    #expect(try alerts("?silenced=false") == ["B", "C", "D"])
    #expect(try alerts("?inhibited=false") == ["A", "C", "D"])
    #expect(try alerts("?muted=no") == ["A", "B", "D"])
    #expect(try alerts("?active=false") == ["A", "B", "C"])
    #expect(try alerts("?active=&silenced=1") == ["A", "B", "C", "D"])
    paging.state.withLock { $0.alerts[3].endsAt = testStart - .seconds(1) }
    #expect(try alerts() == ["A", "B", "C"], "what is over is not listed")
    for (query, words) in [
      ("?filter=region", #""bad matcher format: region""#),
      ("?filter=a%3D%3D%22", #""bad matcher format: a==\"""#),
      ("?filter=a%3D~(", "invalid regular expression"), ("?receiver=%5B", "failed to parse receiver param: "),
    ] {
      let answer = ask("GET", "/api/v2/alerts" + query)
      #expect(answer.status == 400 && answer.json?.contains(words) == true, "\(answer.json ?? "")")
    }
  }

  @Test func pathsAndMethods() {
    #expect(
      ask("GET", "/api/v2/nothing").json == #"{"code":404,"message":"path /api/v2/nothing was not found"}"#
        + "\n")
    for path in ["/api/v2", "/api/v2/", "/api/v2/silence", "/api/v2/silence/a/b", "/api/farwatch/status"] {
      #expect(ask("GET", path).status == 404, "\(path)")
    }
    let refused = ask("PUT", "/api/v2/alerts")
    #expect(refused.status == 405 && refused.headers.first?.value == "GET,POST")
    #expect(refused.json == #"{"code":405,"message":"method PUT is not allowed, but [GET,POST] are"}"# + "\n")
    #expect(ask("POST", "/api/v2/status").status == 405 && ask("HEAD", "/api/v2/status").status == 200)
    #expect(
      AlertmanagerAPI.owns("/api/v2/x") && !AlertmanagerAPI.owns("/api/v20") && !AlertmanagerAPI.owns("/api"))
  }

  @Test func aBusyCoreIsSaid() {
    paging.state.withLock { ($0.isBusy, $0.refusal) = (true, .busy) }
    for path in ["alerts", "alerts/groups", "silences"] {
      #expect(ask("GET", "/api/v2/\(path)").status == 503, "\(path)")
    }
    #expect(ask("POST", "/api/v2/alerts", "[\(Self.alert)]").status == 503)
    paging.state.withLock { $0.refusal = .full("no room for 3 alerts") }
    #expect(ask("POST", "/api/v2/alerts", "[\(Self.alert)]").json == "\"no room for 3 alerts\"\n")
    paging.state.withLock { $0.refusal = .notDurable }
    #expect(ask("POST", "/api/v2/alerts", "[\(Self.alert)]").status == 500)
  }
}

@Suite struct SilenceEndpointTests {
  let paging = ScriptedPaging()
  var ask: Asking { Asking(paging: paging) }

  static let silence =
    #"{"matchers":[{"name":"region","value":"e.*","isRegex":true},{"name":"a","value":"b","isRegex":false,"#
    + #""isEqual":false}],"startsAt":"2026-11-21T08:00:00Z","endsAt":"2027-11-21T10:00:00.5Z","createdBy":"me","#
    + #""comment":"c"}"#

  private func post(_ change: (String) -> String = { $0 }) -> APIResponse {
    ask("POST", "/api/v2/silences", change(Self.silence))
  }

  @Test func theLifeOfASilence() throws {
    let made = post()
    #expect(made.status == 200)
    let id = try #require(paging.state.withLock { $0.silences.first?.id })
    #expect(made.json == "{\"silenceID\":\"\(id)\"}\n")
    let shown =
      #"{"id":"\#(id)","status":{"state":"active"},"updatedAt":"2026-11-21T08:00:00.000Z","comment":"c","#
      + #""createdBy":"me","endsAt":"2027-11-21T10:00:00.500Z","matchers":[{"isEqual":true,"isRegex":true,"#
      + #""name":"region","value":"e.*"},{"isEqual":false,"isRegex":false,"name":"a","value":"b"}],"#
      + #""startsAt":"2026-11-21T08:00:00.000Z"}"#
    #expect(ask("GET", "/api/v2/silence/\(id.uppercased())").json == shown + "\n")
    #expect(ask("GET", "/api/v2/silences").json == "[\(shown)]\n")
    #expect(ask("GET", "/api/v2/silences?filter=region%3D~%22e.*%22").json == "[\(shown)]\n")
    #expect(ask("GET", "/api/v2/silences?filter=region%3Deu").json == "[]\n")
    #expect(ask("GET", "/api/v2/silences?creator=you").json == "[]\n")
    #expect(
      post { $0.replacingOccurrences(of: "{\"matchers\"", with: "{\"id\":\"\(id)\",\"matchers\"") }.status
        == 200)
    #expect(paging.state.withLock { $0.silences.count } == 1)
    let ended = ask("DELETE", "/api/v2/silence/\(id)")
    #expect(ended.status == 200 && ended.json == nil)
    #expect(ask("GET", "/api/v2/silence/\(id)").json?.contains(#""state":"expired""#) == true)
  }

  @Test func whatIsWrongIsSaidAsAlertmanagerSaysIt() {
    func expect(_ status: Int, _ json: String, _ old: String, _ new: String, line: Int = #line) {
      let answer = post { $0.replacingOccurrences(of: old, with: new) }
      #expect(answer.status == status && answer.json == json + "\n", "line \(line): \(answer.json ?? "")")
    }
    func fault(_ code: Int, _ message: String) -> String { "{\"code\":\(code),\"message\":\"\(message)\"}" }
    expect(422, fault(602, "comment in body is required"), "\"comment\"", "\"x\"")
    expect(422, fault(602, "createdBy in body is required"), "\"createdBy\"", "\"x\"")
    expect(422, fault(602, "matchers in body is required"), "\"matchers\"", "\"x\"")
    expect(422, fault(602, "startsAt in body is required"), "\"startsAt\"", "\"x\"")
    expect(422, fault(602, "matchers.0.name in body is required"), "\"name\":\"region\",", "")
    expect(
      400, "\"Failed to create silence: start time must be before end time\"", "2027-11-21", "2020-11-21")
    expect(
      400, "\"Failed to create silence: end time can't be in the past\"",
      "\"2026-11-21T08:00:00Z\",\"endsAt\":\"2027", "\"2019-11-21T08:00:00Z\",\"endsAt\":\"2020")
    let everything = post {
      $0.replacingOccurrences(of: "e.*", with: ".*").replacingOccurrences(
        of: "\"isEqual\":false", with: "\"isEqual\":true"
      ).replacingOccurrences(of: "\"value\":\"b\"", with: "\"value\":\"\"")
    }
    #expect(
      everything.json == "\"silence invalid: at least one matcher must not match the empty string\"\n")
    expect(
      400,
      #""silence invalid: invalid label matcher 0: invalid regular expression \"(\": missing ): (""#, "e.*",
      "(")
    #expect(
      ask(
        "POST", "/api/v2/silences",
        #"{"matchers":[],"startsAt":"","endsAt":"2027-11-21T10:00:00Z","#
          + #""createdBy":"","comment":""}"#
      ).json == fault(612, "matchers in body should have at least 1 items") + "\n")
    let absent = "6b5ec6e5-6b5b-4f0a-9b5b-0d5ec6e56b5b"
    expect(404, "\"silence not found\"", "{\"matchers\"", "{\"id\":\"\(absent)\",\"matchers\"")
    #expect(ask("GET", "/api/v2/silence/\(absent)").status == 404)
    #expect(ask("DELETE", "/api/v2/silence/\(absent)").status == 404)
    #expect(
      ask("GET", "/api/v2/silence/junk").json
        == #"{"code":601,"message":"silenceID in path must be of type uuid: \"junk\""}"# + "\n")
    #expect(ask("POST", "/api/v2/silences", "[]").status == 400)
    #expect(ask("PATCH", "/api/v2/silence/junk").status == 405)
  }

  @Test func silencesAreOrderedByUrgency() {
    func silence(_ id: String, _ from: Int64, _ to: Int64) -> Silence {
      Silence(
        id: id, matchers: [], startsAt: testStart + .seconds(from), endsAt: testStart + .seconds(to),
        updatedAt: testStart, createdBy: "", comment: "")
    }
    let list = [
      silence("over-long", -900, -800), silence("later", 600, 900), silence("over", -900, -10),
      silence("soon", 60, 1000), silence("long", -10, 500), silence("short", -20, 100),
    ]
    let sorted = list.sorted { AlertJSON.silenceOrder($0, $1, now: testStart) }.map(\.id)
    #expect(sorted == ["short", "long", "soon", "later", "over", "over-long"])
  }
}

@Suite struct AcknowledgementEndpointTests {
  let paging = ScriptedPaging()
  var ask: Asking { Asking(paging: paging) }
  private let path = "/api/farwatch/acknowledgements"

  @Test func takingOnAndGivingBack() {
    #expect(ask("POST", "/api/v2/alerts", "[\(EndpointTests.alert)]").status == 200)
    #expect(ask("GET", path).json == "[]\n")
    let taken = ask(
      "POST", path, #"{"fingerprints":["EA54005759C2E067","0000000000000000"],"by":"ada","comment":"on it"}"#)
    #expect(taken.json == #"{"changed":["ea54005759c2e067"],"unknown":["0000000000000000"]}"# + "\n")
    let detailed =
      EndpointTests.shown.dropLast() + #","source":"posted","toldReceivers":[],"tellings":[],"#
      + #""acknowledgement":{"by":"ada","comment":"on it","at":"2026-11-21T08:00:00.000Z"}}"#
    #expect(ask("GET", path).json == "[\(detailed)]\n")
    #expect(ask("GET", "/api/farwatch/alerts").json == "[\(detailed)]\n")
    #expect(
      ask("GET", "/api/v2/alerts").json == "[\(EndpointTests.shown)]\n", "Alertmanager's own stays as it is")
    let back = ask("DELETE", path + "?fingerprint=ea54005759c2e067&by=ada")
    #expect(back.json == #"{"changed":["ea54005759c2e067"],"unknown":[]}"# + "\n")
    #expect(ask("GET", path).json == "[]\n")
  }

  @Test func whatIsWrong() {
    #expect(ask("POST", path, #"{"fingerprints":["a"]}"#).status == 422)
    #expect(ask("POST", path, #"{"by":"a"}"#).status == 422)
    #expect(ask("POST", path, #"{"by":1}"#).status == 400)
    #expect(ask("POST", path, "{}", type: "text/plain").status == 415)
    #expect(ask("DELETE", path + "?fingerprint=a").status == 422)
    #expect(ask("DELETE", path + "?by=a").status == 422)
    #expect(ask("PUT", path).status == 405)
  }
}
