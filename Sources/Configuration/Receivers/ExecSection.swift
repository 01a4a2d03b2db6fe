internal import ConfigurationTypes
internal import Notifying
internal import StrictYAML

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A subscription with `protocol: exec`.
enum ExecSection {
  static func read(_ m: MappingReader, _ paths: FilePaths) -> any ReceiverSettings {
    let command = m.required("command", YAMLType<[String]>.list(.string).validated(commandComplaint(paths)))
    var resolved = command
    if let program = command.first { resolved[0] = paths.resolve(program) }
    var settings = ExecSettings(command: resolved)
    let open = m.optional("environment", .map(.string)) ?? [:]
    let secret = m.optional("environment_files", .map(ReceiverSecret.file(paths))) ?? [:]
    for name in (Array(open.keys) + Array(secret.keys)).sorted() {
      if let complaint = nameComplaint(name) {
        m.problem(complaint, at: open[name] == nil ? "environment_files" : "environment")
      }
    }
    for name in open.keys.sorted() where secret[name] != nil {
      m.problem("\"\(name)\" is also in `environment`", at: "environment_files")
    }
    settings.environment = open.merging(secret) { $1 }
    settings.templates = ReceiverKeys.templates(m)
    return settings
  }

  private static func commandComplaint(_ paths: FilePaths) -> ([String]) -> String? {
    { command in
      guard let program = command.first, !program.isEmpty else {
        return "needs the path of a program, and its arguments"
      }
      if command.contains(where: { $0.utf8.contains(0) }) { return "must not hold a NUL byte" }
      if !program.contains("/") {
        return
          "must begin with a path, as /usr/local/bin/\(program): PATH is not searched, and no shell is run"
      }
      let path = paths.resolve(program)
      if access(path, X_OK) != 0 {
        return "the program \"\(program)\" cannot be run: \(String(cString: strerror(errno)))"
      }
      var facts = stat()
      let isFolder = stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
      return isFolder ? "the program \"\(program)\" is a directory" : nil
    }
  }

  private static func nameComplaint(_ name: String) -> String? {
    if name.hasPrefix("FARWATCH_") { return "\"\(name)\": names that begin with FARWATCH_ are ours" }
    let isGood =
      !name.isEmpty && !name.utf8.contains { !(0x21...0x7e).contains($0) || $0 == UInt8(ascii: "=") }
    return isGood ? nil : "\"\(name)\" is no name of a variable"
  }
}
