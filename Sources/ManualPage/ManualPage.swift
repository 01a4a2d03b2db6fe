/// `farwatch(1)`: every command and option as the argument parser has them, and what no parser knows.
package enum ManualPage {
  /// Roff, or nil when `dump` is not what `--experimental-dump-help` prints.
  package static func text(dump: String, version: String) -> String? {
    guard let root = CommandDescription.read(dump) else { return nil }
    var page = Roff()
    page.comment("Made by `farwatch manual` from the commands themselves.")
    page.macro("TH", "FARWATCH", "1", "", "farwatch \(version)", "User Commands")
    page.macro("SH", "NAME")
    page.raw("farwatch \\- \(Roff.escaped(lowercasedFirst(root.abstract ?? "")))")
    page.macro("SH", "SYNOPSIS")
    page.raw("\\fBfarwatch\\fR \\fIcommand\\fR [\\fIoptions\\fR]")
    page.macro("SH", "DESCRIPTION")
    page.paragraphs(ManualSections.description)
    page.macro("SH", "COMMANDS")
    describe(root, &page)
    page.macro("SH", "OPTIONS OF EVERY COMMAND")
    tagged(
      [
        ("\\fB\\-h\\fR, \\fB\\-\\-help\\fR", "Say what a command does and takes."),
        ("\\fB\\-\\-version\\fR", "Say which version this is."),
      ], &page)
    for section in ManualSections.all {
      page.macro("SH", section.title)
      if !section.text.isEmpty { page.paragraphs(section.text) }
      tagged(section.items.map { ("\\fB\(Roff.escaped($0.name))\\fR", $0.text) }, &page)
      for example in section.examples {
        page.macro("PP")
        page.line(example.text)
        page.example(example.lines)
      }
    }
    return page.text
  }

  /// A command that has others is told of by them.
  private static func describe(_ command: CommandDescription, _ page: inout Roff) {
    let subcommands = command.shownSubcommands
    if subcommands.isEmpty {
      page.macro("SS", command.path)
      page.raw(synopsis(command))
      page.macro("PP")
      page.paragraphs(command.abstract ?? "")
      if let discussion = command.discussion, !discussion.isEmpty {
        page.macro("PP")
        page.paragraphs(discussion)
      }
      tagged(command.shownArguments.map { (tag($0), explanation($0)) }, &page)
    }
    for subcommand in subcommands { describe(subcommand, &page) }
  }

  private static func synopsis(_ command: CommandDescription) -> String {
    var parts = ["\\fB\(Roff.escaped(command.path))\\fR"]
    for argument in command.shownArguments {
      var part: String
      if argument.kind == "positional" {
        part = "\\fI\(Roff.escaped(argument.value))\\fR"
      } else {
        part = "\\fB\(Roff.escaped(argument.spellings.last ?? ""))\\fR"
        if argument.kind == "option" { part += " \\fI\(Roff.escaped(argument.value))\\fR" }
      }
      if argument.isRepeating { part += "..." }
      parts.append(argument.isOptional ? "[\(part)]" : part)
    }
    return parts.joined(separator: " ")
  }

  private static func tag(_ argument: CommandDescription.Argument) -> String {
    if argument.kind == "positional" { return "\\fI\(Roff.escaped(argument.value))\\fR" }
    let names = argument.spellings.map { "\\fB\(Roff.escaped($0))\\fR" }.joined(separator: ", ")
    return argument.kind == "option" ? "\(names) \\fI\(Roff.escaped(argument.value))\\fR" : names
  }

  private static func explanation(_ argument: CommandDescription.Argument) -> String {
    var parts = [argument.abstract ?? "", argument.discussion ?? ""].filter { !$0.isEmpty }
    if let values = argument.allValues, !values.isEmpty {
      parts.append("One of \(values.map { "`\($0)`" }.joined(separator: ", ")).")
    }
    if let value = argument.defaultValue, !value.isEmpty { parts.append("Default: `\(value)`.") }
    return parts.joined(separator: " ")
  }

  private static func tagged(_ items: [(tag: String, text: String)], _ page: inout Roff) {
    for item in items {
      page.macro("TP")
      page.raw(item.tag)
      page.line(item.text.isEmpty ? "As its name says." : item.text)
    }
  }

  private static func lowercasedFirst(_ text: String) -> String {
    text.prefix(1).lowercased() + text.dropFirst()
  }
}
