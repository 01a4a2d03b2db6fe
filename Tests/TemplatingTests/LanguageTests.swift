import Model
import Templating
import Testing

@Suite struct LanguageTests {
  @Test(arguments: [
    ("{{ $labels.instance }} is {{ $value }}", "db1.example.com:9100 is 0.25"),
    ("{{ $externalLabels.region }} {{ .ExternalURL }}", "eu-1 http://farwatch.example:9090/watch"),
    (
      "{{ externalURL }} {{ pathPrefix }} {{ now }}",
      "http://farwatch.example:9090/watch /watch 1.435065584128e+09"
    ),
    ("{{ $labels.missing }}|{{ index $labels \"missing\" }}|", "||"),
    ("", ""), ("no action", "no action"), ("{{/* gone */}}x", "x"), ("a }} b", "a }} b"),
    ("{{ if $labels.nope }}a{{ else if false }}b{{ else if 1 }}c{{ else }}d{{ end }}", "c"),
    ("{{ with $labels.nope }}a{{ else with $labels.job }}b {{ . }}{{ end }}", "b node"),
    ("{{ range 3 }}{{ . }},{{ end }}", "0,1,2,"),
    ("{{ range $i, $v := 2 }}{{ $i }}{{ $v }} {{ end }}", "00 11 "),
    ("{{ define \"r\" }}{{ . }}{{ end }}[{{ tmpl \"r\" 5 | printf \"%3s\" }}]", "[  5]"),
    ("{{ toDuration 3661.5 }} {{ toDuration 0.00025 }} {{ toDuration 0 }}", "1h1m1.5s 250µs 0s"),
    ("{{ urlQueryEscape \"a b&c\" }}", "a+b%26c"),
    ("{{ printf \"%-6s|\" (humanizePercentage $value) }}", "25%   |"),
  ])
  func renders(_ template: String, _ expected: String) throws {
    #expect(try rendered(template) == expected)
  }

  @Test func furtherDataOfTheRoot() throws {
    var context = exampleContext()
    context.data = [
      "Status": .string("firing"),
      "Alerts": .list([.map(["Name": .string("A")]), .map(["Name": .string("B")])]),
    ]
    let text = "{{ .Status }}{{ range .Alerts }} {{ .Name }}{{ .Nope }}{{ end }}"
    #expect(try rendered(text, context) == "firing A<no value> B<no value>")
  }

  @Test func oneTemplateRendersOftenWithoutMemory() throws {
    let template = try Template("{{ $x := $value }}{{ $x = 7 }}{{ $x }}{{ $labels.job }}", name: "t")
    for _ in 0..<3 { #expect(try template.render(exampleContext()) == "7node") }
  }
}
