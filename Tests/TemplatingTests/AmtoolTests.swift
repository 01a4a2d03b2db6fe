import FarwatchTesting
import Model
import Templating
import Testing

/// Alertmanager's own templates, and others of their kind, rendered by us and by amtool from the same data.
@Suite struct AmtoolTests {
  private static let labels: Labels = ["alertname": "LagHigh", "region": "japan", "severity": "page"]

  private static var alerts: [(status: String, labels: Labels)] {
    [
      ("firing", labels.setting("zone", to: "a")), ("firing", labels.setting("zone", to: "b")),
      ("resolved", labels.setting("zone", to: "c")),
    ]
  }

  private static func record(_ alert: (status: String, labels: Labels)) -> TemplateValue {
    .record([
      "Status": .string(alert.status), "Labels": .pairs(alert.labels),
      "Annotations": .pairs(["summary": "bad & <worse>"]),
      "StartsAt": .time(Timestamp(year: 2026, month: 1, day: 2, hour: 3)),
      "EndsAt": .time(
        alert.status == "firing"
          ? Timestamp(year: 1, month: 1, day: 1) : Timestamp(year: 2026, month: 1, day: 2, hour: 4)),
      "GeneratorURL": .string("http://p/g"), "Fingerprint": .string("aa"),
    ])
  }

  static var context: TemplateContext {
    let all = alerts.map(record)
    return TemplateContext(
      labels: .empty, value: 0, externalURL: "http://am.example", now: Timestamp(milliseconds: 0),
      data: [
        "Status": .string("firing"), "Receiver": .string("pager"), "GroupLabels": .pairs(["region": "japan"]),
        "CommonLabels": .pairs(labels), "CommonAnnotations": .pairs(["summary": "bad & <worse>"]),
        "ExternalURL": .string("http://am.example"),
        "Alerts": .collection(
          TemplateCollection(
            all, parts: ["Firing": .list(Array(all[..<2])), "Resolved": .list(Array(all[2...]))])),
      ])
  }

  private static var data: String {
    func object(_ labels: Labels) -> String { OrderedJSON.strings(labels).compact }
    let list = alerts.map { alert in
      "{\"status\":\"\(alert.status)\",\"labels\":\(object(alert.labels)),"
        + "\"annotations\":{\"summary\":\"bad & <worse>\"},\"startsAt\":\"2026-01-02T03:00:00Z\",\"endsAt\":\""
        + (alert.status == "firing" ? "0001-01-01T00:00:00Z" : "2026-01-02T04:00:00Z")
        + "\",\"generatorURL\":\"http://p/g\",\"fingerprint\":\"aa\"}"
    }
    return "{\"receiver\":\"pager\",\"status\":\"firing\",\"alerts\":[\(list.joined(separator: ","))],"
      + "\"groupLabels\":{\"region\":\"japan\"},\"commonLabels\":\(object(labels)),"
      + "\"commonAnnotations\":{\"summary\":\"bad & <worse>\"},\"externalURL\":\"http://am.example\"}"
  }

  static let templates = [
    "[{{ .Status | toUpper }}{{ if eq .Status \"firing\" }}:{{ .Alerts.Firing | len }}{{ end }}] {{ .GroupLabels.SortedPairs.Values | join \" \" }} {{ if gt (len .CommonLabels) (len .GroupLabels) }}({{ with .CommonLabels.Remove .GroupLabels.Names }}{{ .Values | join \" \" }}{{ end }}){{ end }}",
    "{{ range .Alerts }}{{ .Labels.zone }}:{{ .Status }}:{{ .Annotations.summary }};{{ end }}{{ len .Alerts }}",
    "{{ range .Alerts.Resolved }}{{ .EndsAt.Sub .StartsAt }} {{ .StartsAt.Format \"15:04 MST\" }} {{ .StartsAt.Unix }}{{ end }}",
    "{{ range .CommonLabels.SortedPairs }}- {{ .Name }} = {{ .Value }}\n{{ end }}",
    "{{ with index .Alerts 0 }}{{ .Labels.SortedPairs.Names | join \",\" }} {{ .Labels.nope }}|{{ .EndsAt.IsZero }}{{ end }}",
    "{{ (index .Alerts 1).Labels.zone }} {{ .CommonLabels.alertname | title }} {{ \"HELLO wORLD\" | title }}",
    "{{ join \"-\" (stringSlice \"a\" \"b\") }} {{ reReplaceAll \"a(.)\" \"$1\" \"axay\" }} {{ match \"^a\" \"ab\" }} {{ safeHtml \"<b>\" }}",
    "{{ define \"one\" }}<{{ .Labels.zone }}>{{ end }}{{ range .Alerts.Firing }}{{ template \"one\" . }}{{ end }}",
    "{{ if .CommonLabels.region }}yes{{ end }}{{ if (.CommonLabels.Remove (stringSlice \"region\")).region }}no{{ end }}",
    "{{ range $i, $a := .Alerts }}{{ if $i }}, {{ end }}{{ $a.Labels.zone }}{{ end }} {{ .Receiver }} {{ .ExternalURL }}",
    "{{ range $k, $v := .CommonLabels }}{{ $k }}={{ $v }} {{ end }}{{ .CommonAnnotations.SortedPairs | len }}",
  ]

  @Test func amtoolAgrees() async throws {
    let directory = try TemporaryDirectory("farwatch-amtool")
    let data = try directory.write("data.json", Self.data)
    let glob = try directory.write("empty.tmpl", "{{ define \"empty\" }}{{ end }}")
    for text in Self.templates {
      let theirs = try await ChildProcess.run([
        "amtool", "template", "render", "--template.glob=\(glob)", "--template.data=\(data)",
        "--template.text=\(text)",
      ])
      let ours = try Template(text, name: "t", dialect: .messages).render(Self.context)
      #expect(ours + "\n" == theirs || ours == theirs, "\(text)")
    }
  }

  @Test func functionsThatAmtoolLacksYet() throws {
    func rendered(_ text: String) throws -> String {
      try Template(text, name: "t", dialect: .messages).render(Self.context)
    }
    #expect(try rendered("{{ trimSpace \" a b \\n\" }}|{{ urlUnescape \"a%20b+c\" }}") == "a b|a b c")
    #expect(try rendered("{{ date \"2006-01-02\" (index .Alerts 0).StartsAt }}") == "2026-01-02")
    #expect(
      try rendered("{{ toJson .GroupLabels }} {{ toJson 1.5 }} {{ toJson true }}")
        == "{\"region\":\"japan\"} 1.5 true")
    #expect(try rendered("{{ (index .Alerts 0).StartsAt | tz \"UTC\" | date \"15\" }}") == "03")
    #expect(throws: TemplateError.self) { try rendered("{{ urlUnescape \"%zz\" }}") }
    #expect(throws: TemplateError.self) { try rendered("{{ tz \"Mars/Base\" (index .Alerts 0).StartsAt }}") }
    #expect(throws: TemplateError.self, "rules stay promtool's") {
      try Template("{{ join \"a\" }}", name: "t")
    }
  }
}
