package import StrictYAML

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Paths as a configuration file writes them.
package struct FilePaths: Sendable {
  package let directory: String
  /// Whether the files, programs and variables that are named need not be there and are not read: only the form of the
  /// configuration itself counts then.
  package let isFormOnly: Bool

  package init(directory: String, isFormOnly: Bool = false) {
    self.directory = directory
    self.isFormOnly = isFormOnly
  }

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
      if isFormOnly { return nil }
      let complaint = { "\(what) \"\(path)\" cannot be read: \(String(cString: strerror($0)))" }
      if access(resolve(path), R_OK) != 0 { return complaint(errno) }
      var facts = stat()
      return stat(resolve(path), &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR ? complaint(EISDIR) : nil
    }
    return .converted(from: readable, placeholder: "") { resolve($0) }
  }

  /// What a file holds that is read at once: its text and its path, as `read` understands them.
  ///
  /// - Parameter placeholder: what it is taken for where it cannot be had or only the form counts.
  package func contents<Value>(
    of what: String, placeholder: Value, read: @escaping (_ text: String, _ path: String) throws -> Value
  ) -> YAMLType<Value> {
    .converted(from: existing(what), placeholder: placeholder) { path in
      if isFormOnly { return placeholder }
      let problems = Problems(file: path)
      let text = YAML.text(ofFile: path, problems) ?? ""
      try problems.throwIfAny()
      return try read(text, path)
    }
  }
}

extension YAMLNode.Content {
  package var isEmptyList: Bool {
    if case .sequence(let items) = self { items.isEmpty } else { false }
  }
}
