#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// The entrance: text or file in, values or problems out. How to use it: ``MappingReader``.
package enum YAML {
  /// What a document may cost. At a limit reading stops with a problem.
  package struct Limits: Sendable {
    package var bytes = 4 << 20
    /// Of mappings and lists within each other.
    package var depth = 64
    /// Values in the tree after aliases were expanded.
    package var nodes = 200_000

    package init() {}
  }

  /// The one document of `text`; an empty text gives an empty mapping. nil when a problem of syntax was added:
  /// then the problems are those up to the first error of syntax.
  ///
  /// - Parameter keepsTags: tags of one's own (`!Ref`) are handed on as ``YAMLNode/tag``; otherwise they are a problem.
  package static func parse(
    _ text: String, _ problems: Problems, limits: Limits = Limits(), keepsTags: Bool = false
  ) -> YAMLNode? {
    guard let documents = parseAll(text, problems, limits: limits, keepsTags: keepsTags) else { return nil }
    if documents.count > 1 {
      problems.add("only one document is allowed in this file; this is a second one", at: documents[1])
      return nil
    }
    let root = documents.first ?? .empty()
    return root.isNull ? .empty(at: root.position) : root
  }

  /// Every document of `text`.
  package static func parseAll(
    _ text: String, _ problems: Problems, limits: Limits = Limits(), keepsTags: Bool = false
  ) -> [YAMLNode]? {
    guard text.utf8.count <= limits.bytes else {
      problems.add("larger than \(limits.bytes) bytes", at: .start)
      return nil
    }
    let composer = Composer(text: text, problems: problems, limits: limits, keepsTags: keepsTags)
    return composer.documents()
  }

  /// The one document of `text` as a value; a placeholder when there are problems.
  package static func read<Value>(
    _ text: String, as type: YAMLType<Value>, _ problems: Problems, limits: Limits = Limits()
  ) -> Value {
    parse(text, problems, limits: limits).flatMap { type.read($0, problems) } ?? type.placeholder()
  }

  /// The text of a file in UTF-8; nil when a problem was added. Blocks: for start, reload and command line.
  package static func text(ofFile path: String, _ problems: Problems, limits: Limits = Limits()) -> String? {
    func fail(_ message: String) -> String? {
      problems.add(message, at: .start)
      return nil
    }
    // Without waiting for the other end of a pipe, and nothing but a regular file: a device never ends.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return fail("cannot open: \(String(cString: strerror(errno)))") }
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG,
      let file = fdopen(descriptor, "r")
    else {
      close(descriptor)
      return fail("is not a regular file")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      bytes += buffer[..<count]
      if bytes.count > limits.bytes { return fail("larger than \(limits.bytes) bytes") }
      if count == buffer.count { continue }
      if ferror(file) != 0 { return fail("cannot read: \(String(cString: strerror(errno)))") }
      break
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { return fail("is not UTF-8") }
    return text
  }
}
