package import StrictYAML

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Paths as a configuration file writes them.
package struct FilePaths: Sendable {
  package let directory: String

  package init(directory: String) { self.directory = directory }

  /// In the directory where the program runs a path stays as it was written.
  package func resolve(_ path: String) -> String {
    path.hasPrefix("/") || directory == "." ? path : "\(directory)/\(path)"
  }

  /// The files that a shell pattern names, in order of name.
  package func matching(_ pattern: String) -> [String] {
    var result = glob_t()
    defer { globfree(&result) }
    guard glob(pattern, 0, nil, &result) == 0 else { return [] }
    return (0..<Int(result.gl_pathc)).compactMap { result.gl_pathv[$0].map { String(cString: $0) } }
  }

  /// A file that must be there to be read later.
  package func existing(_ what: String) -> YAMLType<String> {
    let readable = YAMLType<String>.nonEmptyString.validated { path in
      let complaint = { "\(what) \"\(path)\" cannot be read: \(String(cString: strerror($0)))" }
      if access(resolve(path), R_OK) != 0 { return complaint(errno) }
      var facts = stat()
      return stat(resolve(path), &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR ? complaint(EISDIR) : nil
    }
    return .converted(from: readable, placeholder: "") { resolve($0) }
  }
}

extension YAMLNode.Content {
  package var isEmptyList: Bool {
    if case .sequence(let items) = self { items.isEmpty } else { false }
  }
}
