import Model
import Templating
import Testing

@Suite struct ErrorTests {
  @Test(arguments: [
    ("{{", "1:3: unclosed action"),
    ("a\nb {{ $x }}", "2:6: undefined variable \"$x\""),
    ("{{ nope 1 }}", "1:4: function \"nope\" not defined"),
    ("{{ if }}x{{ end }}", "1:7: missing value for if"),
    ("{{ if true }}x", "1:15: unexpected EOF"),
    ("{{ end }}", "1:4: unexpected <end> in template"),
    ("{{ \"abc }}", "1:4: unterminated quoted string"),
    ("{{ `abc }}", "1:4: unterminated raw quoted string"),
    ("{{/* x }}", "1:1: unclosed comment"),
    ("{{ 1 | 2 }}", "1:8: non executable command in pipeline stage 2"),
    ("{{ 1 | }}", "1:6: missing value for command"),
    ("{{ (1 }}", "1:7: unexpected }} in parenthesized pipeline"),
    ("{{ 3x }}", "1:4: bad number syntax: \"3x\""),
    ("{{ 99999999999999999999 }}", "1:4: bad number syntax: \"99999999999999999999\""),
    ("{{ break }}", "1:4: {{break}} outside {{range}}"),
    ("{{ % }}", "1:4: unrecognized character in action: \"%\""),
    ("{{ if true }}{{ define \"x\" }}{{ end }}{{ end }}", "1:17: unexpected <define> in command"),
    ("{{ define \"x\" }}{{ $labels }}{{ end }}", "1:20: undefined variable \"$labels\""),
    ("{{ if true }}{{ $y := 1 }}{{ end }}{{ $y }}", "1:39: undefined variable \"$y\""),
  ])
  func saysWhereParsingStopped(_ template: String, _ expected: String) {
    #expect(failure(template) == "template: test:" + expected)
  }

  @Test(arguments: [
    ("\n\n  {{ gt $value 5 }}", "3:6: error calling gt: incompatible types for comparison"),
    ("{{ .Foo }}", "1:4: can't evaluate field Foo in type struct"),
    ("{{ $labels.job.x }}", "1:4: can't evaluate field x in type string"),
    (
      "{{ humanize $labels.job }}",
      "1:4: error calling humanize: strconv.ParseFloat: parsing \"node\": invalid syntax"
    ),
    ("{{ toUpper 1 }}", "1:4: error calling toUpper: wrong type for value; expected string; got int"),
    ("{{ toUpper }}", "1:4: wrong number of args for toUpper: want 1 got 0"),
    ("{{ query \"up\" }}", "1:4: error calling query: queries are not available here"),
    ("{{ nil }}", "1:4: nil is not a command"),
    ("{{ 1 2 }}", "1:4: can't give argument to non-function 1"),
    ("{{ template \"x\" }}", "1:13: template \"x\" not defined"),
    ("{{ index \"abc\" 3 }}", "1:4: error calling index: index out of range: 3"),
    ("{{ slice \"abc\" 2 1 }}", "1:4: error calling slice: invalid slice index: 2 > 1"),
    ("{{ range 1.5 }}{{ end }}", "1:10: range can't iterate over 1.5"),
    ("{{ eq $labels $labels }}", "1:4: error calling eq: non-comparable type map[string]string"),
    ("{{ toTime \"NaN\" }}", "1:4: error calling toTime: value is NaN or Inf"),
    ("{{ call 1 }}", "1:4: error calling call: there are no function values to call"),
    ("{{ $labels.job 1 }}", "1:4: job has arguments but cannot be invoked as function"),
  ])
  func saysWhereRenderingStopped(_ template: String, _ expected: String) {
    #expect(failure(template) == "template: test:" + expected)
  }

  @Test func anInvalidPatternIsAnError() {
    #expect(
      failure("{{ match \"(\" \"x\" }}")?.contains("error calling match: invalid regular expression") == true)
  }

  @Test func aQueryFailureReachesTheMessage() {
    var context = exampleContext()
    context.query = { _ throws(TemplateFailure) in throw TemplateFailure("too many samples") }
    #expect(
      failure("{{ query \"x\" }}", context) == "template: test:1:4: error calling query: too many samples")
    context.query = { _ throws(TemplateFailure) in [] }
    #expect(
      failure("{{ query \"x\" | first }}", context)?.contains("first() called on vector with no elements")
        == true)
  }
}
