package import StrictYAML

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A program as a configuration names it: a path and its arguments, never a shell's line.
package enum ProgramText {
  /// The path resolved, and the arguments.
  package static func command(_ paths: FilePaths) -> YAMLType<[String]> {
    .converted(from: YAMLType<[String]>.list(.string).validated(complaint(paths)), placeholder: []) {
      command in
      command.first.map { [paths.resolve($0)] + command.dropFirst() } ?? []
    }
  }

  /// Why `program`, without arguments, cannot be run; nil: it can.
  package static func complaint(about program: String, _ paths: FilePaths) -> String? {
    complaint(paths)([program])
  }

  private static func complaint(_ paths: FilePaths) -> ([String]) -> String? {
    { command in
      guard let program = command.first, !program.isEmpty else {
        return "needs the path of a program, and its arguments"
      }
      if command.contains(where: { $0.utf8.contains(0) }) { return "must not hold a NUL byte" }
      if !program.contains("/") {
        return
          "must begin with a path, as /usr/local/bin/\(program): PATH is not searched, and no shell is run"
      }
      if paths.isFormOnly { return nil }
      let path = paths.resolve(program)
      if access(path, X_OK) != 0 {
        return "the program \"\(program)\" cannot be run: \(String(cString: strerror(errno)))"
      }
      var facts = stat()
      let isFolder = stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
      return isFolder ? "the program \"\(program)\" is a directory" : nil
    }
  }

  /// Why `name` cannot be a variable of a program; nil: it can.
  package static func nameComplaint(_ name: String) -> String? {
    if name.hasPrefix("FARWATCH_") { return "\"\(name)\": names that begin with FARWATCH_ are ours" }
    let isGood =
      !name.isEmpty && !name.utf8.contains { !(0x21...0x7e).contains($0) || $0 == UInt8(ascii: "=") }
    return isGood ? nil : "\"\(name)\" is no name of a variable"
  }
}
