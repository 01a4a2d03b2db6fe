import Foundation
import Model
import Templating
import Testing

/// Our rendering is written down as promtool's expectation, and promtool must agree with every one.
@Suite struct PromtoolTests {
  private static let promtool = "/usr/bin/promtool"

  static let templates = [
    "{{ $labels.instance }} {{ $value }} {{ $labels.missing }}|",
    "{{ .Labels.job }} {{ .Value }} {{ $.Labels.instance }}",
    "{{ $labels }} {{ $externalLabels }}|{{ $externalURL }}|",
    "a {{- /* gone */ -}} b {{- 3 -}} c {{ -3 }}\n {{- \" x \" -}} \n d",
    "{{ if $labels.missing }}y{{ else if gt $value 100.0 }}big{{ else if eq $labels.job \"node\" }}node{{ end }}",
    "{{ if eq $labels.job \"a\" \"b\" \"node\" }}one of{{ end }} {{ ne 1 2 }} {{ lt 1 2 }} {{ le 2 2 }} {{ ge \"b\" \"a\" }}",
    "{{ and 1 0 2 }} {{ and 1 2 }} {{ or 0 \"\" \"x\" }} {{ or 0 \"\" }}| {{ not 0 }} {{ not $labels.missing }}",
    "{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $y := 3 }}{{ $y }}{{ end }}{{ $x }}",
    "{{ range $k, $v := $labels }}{{ $k }}={{ $v }};{{ end }}",
    "{{ range $labels }}<{{ . }}>{{ else }}none{{ end }}{{ range $externalLabels }}x{{ else }}none{{ end }}",
    "{{ range $i, $s := query \"m\" }}{{ $i }}:{{ $s.Labels.job }}={{ .Value }}{{ $.Value }};{{ end }}",
    "{{ range query \"m\" }}{{ if true }}{{ break }}{{ end }}x{{ end }}{{ range $labels }}{{ continue }}y{{ end }}",
    "{{ with $labels.job }}[{{ . }}]{{ end }}{{ with $labels.nope }}x{{ else }}no{{ end }}",
    "{{ with $x := query \"m\" }}{{ len $x }} {{ $x | first | value }} {{ first $x | label \"job\" }}{{ end }}",
    "{{ query \"m\" | sortByLabel \"instance\" | len }} {{ with query \"nope\" }}x{{ else }}empty{{ end }}",
    "{{ define \"t\" }}({{ . }}|{{ $ }}){{ end }}{{ template \"t\" $value }}{{ template \"t\" \"x\" }}",
    "{{ define \"u\" }}{{ .arg0 }}-{{ .arg1 }}{{ end }}{{ template \"u\" (args 1 \"two\") }}",
    "{{ block \"b\" 7 }}<{{ . }}>{{ end }}",
    "{{ len $labels.job }} {{ len \"é\" }} {{ len $labels }} {{ index $labels \"job\" }} {{ index \"abc\" 1 }}",
    "{{ slice \"abcdef\" 1 3 }} {{ slice \"abcdef\" 2 }} {{ index $labels \"nope\" }}|",
    "{{ print 1 2 \"a\" \"b\" 3 4.5 true nil }}|{{ println 1 \"a\" }}|{{ print }}|",
    "{{ printf \"%v %s %d %t %q\" $value \"s\" 42 true \"q\\\"\\n\" }}",
    "{{ printf \"%5d|%-5d|%05d|%+d|% d|%x|%X|%o|%b|%c|%U|%#x\" 42 42 42 42 42 255 255 8 5 65 65 255 }}",
    "{{ printf \"%.2f|%8.3f|%-8.1f|%08.3f|%+.1f|% .1f\" 3.14159 3.14159 3.14159 3.14159 3.14159 3.14159 }}|",
    "{{ printf \"%e|%E|%g|%G|%.3g|%.3e|%10.2e\" 123456.789 123456.789 1e21 1e-7 123456.789 123456.789 0.000123 }}",
    "{{ printf \"%10s|%-10s|%.2s|%5.1s|%x|%X|% x|%q\" \"abc\" \"abc\" \"abc\" \"abc\" \"abc\" \"xyz\" \"abc\" \"tab\\t\" }}",
    "{{ printf \"%T %T %T %T %T\" 1 1.5 \"s\" true $labels }}",
    "{{ printf \"%d %s %t %f\" \"x\" 1 2 \"y\" }} {{ printf \"%d\" 1.5 }} {{ printf \"%s\" true }}",
    "{{ printf \"%d %d\" 1 }} {{ printf \"%d\" 1 2 \"x\" }} {{ printf \"%\" }} {{ printf \"%z\" 3 }} {{ printf \"100%%\" }}",
    "{{ printf \"%[2]d %[1]d\" 1 2 }} {{ printf \"%[3]d\" 1 }} {{ printf \"%*d|%-*d|\" 5 1 5 2 }} {{ printf \"%.*f\" 2 1.239 }}",
    "{{ printf \"%6.2f\" 1 }} {{ printf \"%v %d\" nil nil }} {{ printf \"%s\" nil }}",
    "{{ printf \"%v %s %d\" $labels $labels $labels }}",
    "{{ printf \"%x %X %.2x\" 7.0 0.1 1.999 }}",
    "{{ humanize 0.0 }} {{ humanize 1.0 }} {{ humanize 1234567.0 }} {{ humanize 0.12 }} {{ humanize -999 }} {{ humanize 1e30 }}",
    "{{ humanize \"1e-9\" }} {{ humanize .00001 }} {{ humanize 999.95 }} {{ humanize 999999 }} {{ humanize \"NaN\" }} {{ humanize \"+Inf\" }}",
    "{{ humanize1024 0.0 }} {{ humanize1024 1.0 }} {{ humanize1024 1048576.0 }} {{ humanize1024 .12 }} {{ humanize1024 -5000 }}",
    "{{ humanizeDuration 0 }} {{ humanizeDuration 1 }} {{ humanizeDuration 60 }} {{ humanizeDuration 3600 }} {{ humanizeDuration 86400 }}",
    "{{ humanizeDuration 94384.1 }} {{ humanizeDuration -91 }} {{ humanizeDuration .1 }} {{ humanizeDuration .0000123 }} {{ humanizeDuration 899.99 }} {{ humanizeDuration 12345678 }}",
    "{{ humanizeDuration \"NaN\" }} {{ humanizeDuration \"-Inf\" }} {{ humanizeDuration 1.23456 }} {{ humanizeDuration -0.5 }}",
    "{{ humanizePercentage -0.22222 }} {{ humanizePercentage 0.0 }} {{ humanizePercentage 0.1234567 }} {{ humanizePercentage 1.23456 }} {{ humanizePercentage 1e9 }}",
    "{{ humanizeTimestamp 0 }} {{ humanizeTimestamp 1435065584.128 }} {{ humanizeTimestamp -1.5 }} {{ humanizeTimestamp \"NaN\" }}",
    "{{ toTime 1435065584.128 }} {{ (toTime $value).Year }} {{ (1435065584 | toTime).Format \"2006-01-02T15:04:05Z07:00 Mon Jan 2 3:04PM\" }}",
    "{{ title \"hello big-world it's o_k 9a\" }} {{ toUpper \"aé\" }} {{ toLower \"AÉ\" }}",
    "{{ match \"a.*b\" \"xxaccb\" }} {{ match \"^a\" \"ba\" }} {{ reReplaceAll \"(a+)b\" \"<$1>\" \"aab ab b\" }}",
    "{{ reReplaceAll \"(.*):.*\" \"${1}-$1x\" \"localhost:9090\" }} {{ \"a-b\" | reReplaceAll \"-\" \"_\" }} {{ reReplaceAll \"\" \"-\" \"abc\" }}",
    "{{ stripPort \"a.b:80\" }} {{ stripPort \"a.b\" }} {{ stripPort \"[::1]:80\" }} {{ stripPort \"::1\" }} {{ stripPort \"[::1]\" }} {{ stripPort \"a:\" }}",
    "{{ stripDomain \"a.b.c:80\" }} {{ stripDomain \"a.b\" }} {{ stripDomain \"10.0.0.1:80\" }} {{ stripDomain \"[::1]:80\" }} {{ stripDomain \"host\" }} {{ stripDomain \"1.2.3\" }}",
    "{{ parseDuration \"1h30m\" }} {{ parseDuration \"1y2w3d\" | humanizeDuration }} {{ parseDuration \"500ms\" }}",
    "{{ graphLink \"up{a=\\\"b c\\\"} + 1\" }} {{ tableLink \"a&b\" }}",
    "{{ html \"<a href='x'>&\\\"\" }} {{ js \"it's <b>\\n\" }} {{ urlquery \"a b&c/ü\" }} {{ safeHtml \"<b>\" }}",
    "{{ 0x1F }} {{ 017 }} {{ 1_000 }} {{ 0b11 }} {{ 'a' }} {{ '\\n' }} {{ 1e3 }} {{ .5 }} {{ 1.5e-7 }} {{ 100000.0 }} {{ 1000000.0 }} {{ 12345678.9 }}",
    "{{ `raw \\n {{ }}` }} {{ \"q\\t\\u00e9\\x41\\101\" }} {{ true }} {{ false }}",
    "{{ ($value) }} {{ (printf \"%d\" 1) | len }} {{ 1 | printf \"%d-%d\" 2 }} {{ (index (query \"m\") 0).Value }}",
    "{{ $value | printf \"%.1f\" | toUpper | printf \"%5s|\" }}",
    "{{ $v := $labels.missing | or \"dflt\" }}{{ $v }} {{ $labels.missing | or $labels.job }}",
    "{{ if not (match \"x\" $labels.job) }}no{{ end }}{{ if and (eq 1 1) (or false (ge $value 7.0)) }}yes{{ end }}",
    "{{ range $i, $c := query \"n\" | sortByLabel \"x\" }}{{ if $i }}, {{ end }}{{ $c.Labels.x }}={{ $c.Value | humanize }}{{ end }}",
    "{{ $n := 0 }}{{ range $labels }}{{ $n = len . }}{{ end }}{{ $n }}",
    "{{ range $x := $labels }}{{ with $x }}{{ $x }}{{ end }}{{ end }}{{ $x := 5 }}{{ $x }}",
    "{{ strvalue (first (query \"m\")) }}|{{ (query \"m\" | first).Labels.instance }}",
    "{{ eq $labels.missing \"\" }} {{ eq (index $labels \"job\") \"node\" }} {{ gt 2.5 $value }} {{ eq 'a' 97 }}",
    "{{ printf \"%s %v %q\" (toTime 7) (toTime 7.5) \"a\" }} {{ printf \"%q %#v\" \"é\\u200b\" \"x\" }} {{ printf \"%c%c\" 0x263a 97 }}",
    "é ünï → {{ \"→\" }} {{ printf \"%5s|%-5s|\" \"é\" \"→\" }}",
    "{{ 7.0 }} {{ 1e100 }} {{ -0.0 }} {{ 1e-5 }} {{ 0.0001 }} {{ 123456.0 }} {{ 1234567.0 }} {{ 3.0e2 }}",
  ]

  static var context: TemplateContext {
    let m = TemplateSample(
      labels: ["__name__": "m", "instance": "db1.example.com:9100", "job": "node"], value: 7)
    let n = ["a": 1.0, "b": 2000, "c": 0.001].sorted { $0.key > $1.key }.map {
      TemplateSample(labels: ["__name__": "n", "x": $0.key], value: $0.value)
    }
    return TemplateContext(
      labels: m.labels, value: 7, now: Timestamp(milliseconds: 60_000),
      query: { expression throws(TemplateFailure) in expression == "m" ? [m] : expression == "n" ? n : [] })
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: promtool)))
  func promtoolAgrees() throws {
    var rules = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: m > 0\n    annotations:\n"
    var expected = ""
    for (number, template) in Self.templates.enumerated() {
      let name = "a" + padded(number, 2)
      rules += "      \(name): \(quoted(template))\n"
      let text = try Template(template, name: name).render(Self.context)
      expected += "        \(name): \(quoted(text))\n"
    }
    let tests = """
      rule_files: [rules.yml]
      evaluation_interval: 1m
      tests:
      - interval: 1m
        input_series:
        - {series: 'm{instance="db1.example.com:9100",job="node"}', values: '7 7 7'}
        - {series: 'n{x="c"}', values: '0.001 0.001'}
        - {series: 'n{x="a"}', values: '1 1'}
        - {series: 'n{x="b"}', values: '2000 2000'}
        alert_rule_test:
        - eval_time: 1m
          alertname: A
          exp_alerts:
          - exp_labels: {instance: "db1.example.com:9100", job: node}
            exp_annotations:

      """
    let folder = FileManager.default.temporaryDirectory.appending(path: "templating-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(rules.utf8).write(to: folder.appending(path: "rules.yml"))
    try Data((tests + expected).utf8).write(to: folder.appending(path: "tests.yml"))
    let (status, output) = try run(["test", "rules", "tests.yml"], in: folder)
    #expect(status == 0, "\(output)")
  }

  private func run(_ arguments: [String], in folder: URL) throws -> (Int32, String) {
    let process = Process()
    process.executableURL = URL(filePath: Self.promtool)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
