internal import Backups
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import StrictYAML

/// What all backup tools have in their sections: how the tool is run, and what is expected of its backups.
enum ToolProgramSection {
  /// `program`, `run_as`, `environment`, `environment_files`, `environment_from` and `output_limit`.
  static func read(_ m: MappingReader, _ scope: Scope, usual: String, canRunAs: Bool = true) -> ToolProgram {
    let path = m.optional("program", .nonEmptyString) ?? usual
    var program = ToolProgram(path: scope.paths.resolve(path))
    if canRunAs { program.runAs = m.optional("run_as", ProgramText.command(scope.paths)) ?? [] }
    // Another account may be allowed more than ours.
    if program.runAs.isEmpty, let complaint = ProgramText.complaint(about: path, scope.paths) {
      if m.has("program") {
        m.problem(complaint, at: "program")
      } else {
        m.problem("\(complaint); name it with `program`")
      }
    }
    program.environment = m.optional("environment", .map(.string)) ?? [:]
    let file = scope.paths.existing("the file of the variable")
    for (name, path) in m.optional("environment_files", .map(file)) ?? [:] {
      program.secrets[name] = .file(path)
    }
    for (name, variable) in m.optional("environment_from", .map(.nonEmptyString)) ?? [:] {
      program.secrets[name] = .environment(variable)
    }
    complain(m, program)
    if let limit = m.optional("output_limit", .byteSize) {
      if (65_536...(1 << 30)).contains(limit) {
        program.outputLimit = Int(limit)
      } else {
        m.problem("must be from 64KiB to 1GiB", at: "output_limit")
      }
    }
    return program
  }

  private static func complain(_ m: MappingReader, _ program: ToolProgram) {
    for name in program.environment.keys.sorted() {
      if let complaint = ProgramText.nameComplaint(name) {
        m.problem(complaint, at: "environment")
      } else if isSecret(name) {
        m.problem("\"\(name)\" is a secret: name a file for it under `environment_files`", at: "environment")
      }
    }
    for name in program.secrets.keys.sorted() {
      let key =
        if case .file = program.secrets[name] { "environment_files" } else { "environment_from" }
      if let complaint = ProgramText.nameComplaint(name) { m.problem(complaint, at: key) }
      if program.environment[name] != nil { m.problem("\"\(name)\" is given twice", at: key) }
    }
  }

  /// Variables of backup tools and clouds that hold a secret, not the name of a file or program that does.
  private static func isSecret(_ name: String) -> Bool {
    let upper = name.uppercased()
    if ["_FILE", "_COMMAND", "_PATH", "_ID", "_FD"].contains(where: upper.hasSuffix) { return false }
    return ["PASSWORD", "PASSPHRASE", "SECRET", "TOKEN", "_KEY", "_CIPHER_PASS"].contains(
      where: upper.contains)
  }

  /// `full_every`, `restore_marker`, and what ``BackupObjectivesSection`` has.
  static func rules(
    _ m: MappingReader, _ basics: BackupBasics, _ scope: Scope, hasFull: Bool = true
  ) -> ToolRules {
    var rules = ToolRules()
    if hasFull { rules.fullEvery = m.optional("full_every", BackupObjectivesSection.span) }
    rules.restoreMarker = m.optional("restore_marker", .nonEmptyString).map(scope.paths.resolve)
    rules.objectives = BackupObjectivesSection.read(m, basics, scope)
    return rules
  }

  /// A name that becomes an argument, and must not be taken for an option.
  static var name: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated {
      $0.hasPrefix("-") ? "must not begin with \"-\"" : nil
    }
  }
}
