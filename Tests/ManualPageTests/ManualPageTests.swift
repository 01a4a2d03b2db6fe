import FarwatchTesting
import Testing

@testable import ManualPage

@Suite struct ManualPageTests {
  private static let dump = #"""
    {"serializationVersion":0,"command":{"commandName":"farwatch","shouldDisplay":true,"abstract":"Is each region alive?",
    "arguments":[{"kind":"flag","shouldDisplay":true,"isOptional":true,"isRepeating":false,
      "names":[{"kind":"long","name":"help"}]}],
    "subcommands":[
      {"commandName":"check","superCommands":["farwatch"],"abstract":"no","subcommands":[
        {"commandName":"rules","superCommands":["farwatch","check"],"abstract":"Check \\n rules.",
         "discussion":".first\n\n'second` `code -x` — end","arguments":[
          {"kind":"positional","shouldDisplay":true,"isOptional":false,"isRepeating":true,"valueName":"file","abstract":"Files."},
          {"kind":"option","shouldDisplay":true,"isOptional":true,"isRepeating":false,"valueName":"word",
           "names":[{"kind":"long","name":"lint"},{"kind":"short","name":"l"}],"allValues":["all","none"],"defaultValue":"all"},
          {"kind":"flag","shouldDisplay":false,"isOptional":true,"isRepeating":false,"names":[{"kind":"long","name":"hidden"}]}
         ]}]},
      {"commandName":"secret","superCommands":["farwatch"],"shouldDisplay":false},
      {"commandName":"help","superCommands":["farwatch"]}]}}
    """#

  @Test func everyCommandAndOptionIsInIt() throws {
    let page = try #require(ManualPage.text(dump: Self.dump, version: "1.2"))
    #expect(page.contains(".SS \"farwatch check rules\"\n"))
    #expect(
      page.contains(#"\fBfarwatch check rules\fR \fIfile\fR... [\fB\-\-lint\fR \fIword\fR]"#), "\(page)")
    #expect(page.contains(#"\fB\-l\fR, \fB\-\-lint\fR \fIword\fR"#))
    #expect(page.contains(#"One of \fBall\fR, \fBnone\fR. Default: \fBall\fR."#))
    #expect(!page.contains("hidden") && !page.contains("secret") && !page.contains("\"farwatch check\""))
    #expect(page.contains(#"farwatch \- is each region alive?"#))
    for title in ["EXIT STATUS", "ENVIRONMENT", "FILES", "SIGNALS", "EXAMPLES"] {
      #expect(page.contains(".SH \"\(title)\"\n"), "\(title)")
    }
  }

  @Test func whatLooksLikeAMacroIsText() throws {
    let page = try #require(ManualPage.text(dump: Self.dump, version: "1.2"))
    #expect(page.contains("\\&.first\n") && page.contains(#"Check \en rules."#), "\(page)")
    #expect(page.contains(#"\[u2014]"#))
    for line in page.split(separator: "\n") where line.hasPrefix(".") || line.hasPrefix("'") {
      let macro = line.dropFirst().prefix { $0 != " " }
      #expect(["TH", "SH", "SS", "PP", "TP", "RS", "RE", "nf", "fi", "\\\""].contains(macro), "\(line)")
    }
  }

  @Test func manFindsNoFault() async throws {
    let page = try #require(ManualPage.text(dump: Self.dump, version: "1.2"))
    let folder = try TemporaryDirectory()
    let file = try folder.write("farwatch.1", page)
    let said = try await ChildProcess.run(
      [
        "sh", "-c",
        "man --warnings -E UTF-8 -l -Tutf8 -Z \"$0\" 2>&1 >/dev/null; mandoc -T lint -W error \"$0\"", file,
      ],
      environment: ["LC_ALL": "C.UTF-8", "MANWIDTH": "80"])
    #expect(said.isEmpty, "\(said)")
  }

  @Test(arguments: ["", "{}", "[1]", "{\"command\":{}}"]) func whatIsNoDescriptionIsRefused(_ text: String) {
    #expect(ManualPage.text(dump: text, version: "1") == nil)
  }
}
