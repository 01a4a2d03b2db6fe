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

  /// What is made of tags of one's own (`!Ref`) and of the `%YAML` directive.
  package enum Dialect: Sendable {
    /// Tags are a problem.
    case strict
    /// Tags are handed on as ``YAMLNode/tag``.
    case keepsTags
    /// As Prometheus reads: tags say nothing, and a directive of another version than 1.1 is refused.
    case prometheus
  }

  /// The one document of `text`; an empty text gives an empty mapping. nil when a problem of syntax was added:
  /// then the problems are those up to the first error of syntax.
  package static func parse(
    _ text: String, _ problems: Problems, limits: Limits = Limits(), dialect: Dialect = .strict
  ) -> YAMLNode? {
    guard let documents = parseAll(text, problems, limits: limits, dialect: dialect) else { return nil }
    if documents.count > 1 {
      problems.add("only one document is allowed in this file; this is a second one", at: documents[1])
      return nil
    }
    let root = documents.first ?? .empty()
    return root.isNull ? .empty(at: root.position) : root
  }

  /// Every document of `text`.
  package static func parseAll(
    _ text: String, _ problems: Problems, limits: Limits = Limits(), dialect: Dialect = .strict
  ) -> [YAMLNode]? {
    guard text.utf8.count <= limits.bytes else {
      problems.add("larger than \(limits.bytes) bytes", at: .wholeFile)
      return nil
    }
    let composer = Composer(text: text, problems: problems, limits: limits, dialect: dialect)
    return composer.documents()
  }

  /// The one document of `text` as a value; a placeholder when there are problems.
  package static func read<Value>(
    _ text: String, as type: YAMLType<Value>, _ problems: Problems, limits: Limits = Limits(),
    dialect: Dialect = .strict
  ) -> Value {
    parse(text, problems, limits: limits, dialect: dialect).flatMap { type.read($0, problems) }
      ?? type.placeholder()
  }

  /// The text of a file; nil when a problem was added. Blocks: for start, reload and command line.
  ///
  /// - Parameter acceptsPipes: for what a person names on the command line: a pipe is read to its end, a device as far
  ///   as the limit goes. Otherwise nothing but a regular file is, so that no start waits for somebody to write.
  package static func text(
    ofFile path: String, _ problems: Problems, limits: Limits = Limits(), acceptsPipes: Bool = false
  ) -> String? {
    func fail(_ message: String) -> String? {
      problems.add(message, at: .wholeFile)
      return nil
    }
    // Without waiting for the other end of a pipe, unless one is welcome.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | (acceptsPipes ? 0 : O_NONBLOCK))
    guard descriptor >= 0 else { return fail("cannot open: \(String(cString: strerror(errno)))") }
    var information = stat()
    let kind = fstat(descriptor, &information) == 0 ? information.st_mode & S_IFMT : 0
    guard kind == S_IFREG || acceptsPipes && (kind == S_IFIFO || kind == S_IFCHR),
      let file = fdopen(descriptor, "r")
    else {
      close(descriptor)
      return fail(kind == S_IFDIR ? "is a directory" : "is not a regular file")
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
    return text(of: bytes) ?? fail("is not UTF-8")
  }

  /// The text that `bytes` encode: UTF-8, or UTF-16 with the byte order mark that tells it. The mark is no part of the
  /// text. nil when they are neither.
  package static func text(of bytes: [UInt8]) -> String? {
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { return String(validating: bytes[3...], as: UTF8.self) }
    let isLittle = bytes.starts(with: [0xff, 0xfe])
    guard isLittle || bytes.starts(with: [0xfe, 0xff]) else {
      return String(validating: bytes, as: UTF8.self)
    }
    guard bytes.count % 2 == 0 else { return nil }
    let (low, high) = isLittle ? (0, 1) : (1, 0)
    let units = stride(from: 2, to: bytes.count, by: 2).map {
      UInt16(bytes[$0 + low]) | UInt16(bytes[$0 + high]) << 8
    }
    return String(validating: units, as: UTF16.self)
  }
}
