internal import FoundationEssentials

/// What the argument parser knows of a command: a part of what `--experimental-dump-help` prints.
struct CommandDescription: Decodable {
  struct Name: Decodable {
    var kind: String
    var name: String
  }

  struct Argument: Decodable {
    /// `positional`, `option` or `flag`.
    var kind: String
    var shouldDisplay: Bool
    var isOptional: Bool
    var isRepeating: Bool
    var names: [Name]?
    var valueName: String?
    var defaultValue: String?
    var allValues: [String]?
    var abstract: String?
    var discussion: String?
  }

  var commandName: String
  var shouldDisplay: Bool?
  var superCommands: [String]?
  var abstract: String?
  var discussion: String?
  var arguments: [Argument]?
  var subcommands: [CommandDescription]?

  private struct Dump: Decodable { var command: CommandDescription }

  /// nil: that is no such description.
  static func read(_ json: String) -> CommandDescription? {
    try? JSONDecoder().decode(Dump.self, from: Data(json.utf8)).command
  }

  /// `farwatch silence add`
  var path: String { ((superCommands ?? []) + [commandName]).joined(separator: " ") }

  var shownArguments: [Argument] {
    (arguments ?? []).filter { $0.shouldDisplay && $0.isOfThisCommand }
  }

  /// The parser adds `help` to the commands by itself.
  var shownSubcommands: [CommandDescription] {
    (subcommands ?? []).filter { ($0.shouldDisplay ?? true) && $0.commandName != "help" }
  }
}

extension CommandDescription.Argument {
  /// Every command has these: they are told of once.
  var isOfThisCommand: Bool {
    !(names ?? []).contains { $0.kind == "long" && ($0.name == "help" || $0.name == "version") }
  }

  /// `-c`, `--config`
  var spellings: [String] {
    (names ?? []).sorted { $0.kind == "short" && $1.kind != "short" }.map {
      $0.kind == "long" ? "--\($0.name)" : "-\($0.name)"
    }
  }

  var value: String { valueName ?? "value" }
}
