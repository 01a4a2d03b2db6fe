/// Reads the keys of one mapping strictly: each key that is asked for is known, every other one is a problem.
///
/// A settings type has an initializer that takes a reader and asks for its keys:
///
///     struct Listener {
///       var address: String
///       var port: Int
///       var timeout: Duration
///       var headers: [String: String]
///       var tls: TLS?                      // another type with init(_: MappingReader)
///       var checks: [Check]
///
///       init(_ m: MappingReader) {
///         address = m.required("address", .string)
///         port = m.optional("port", .int(1...65535)) ?? 9713
///         timeout = m.optional("timeout", .duration(.seconds(1) ... .seconds(60))) ?? .seconds(10)
///         headers = m.optional("headers", .map(.string)) ?? [:]
///         tls = m.optional("tls", .mapping(TLS.init))
///         checks = m.required("checks", .list(.mapping(Check.init)))
///         if checks.isEmpty { m.problem("needs at least one check", at: "checks") }
///       }
///     }
///
///     let problems = Problems(file: path)
///     let listener = YAML.read(text, as: .mapping(Listener.init), problems)
///     try problems.throwIfAny()            // all of them, in the order of the text
///
/// Initializers cannot fail: a value that is missing or wrong is a problem in the collector and a placeholder in the
/// result, and the caller throws the result away when there are problems. A key whose value is null counts as absent.
package final class MappingReader {
  private let entries: [YAMLNode.Entry]
  /// Where the mapping starts.
  package let position: YAMLPosition
  package let problems: Problems
  /// In the order of asking, which is the order that messages list them in.
  private var known: [String] = []
  private var allowsUnknownKeys = false

  init(entries: [YAMLNode.Entry], at position: YAMLPosition, problems: Problems) {
    self.entries = entries
    self.position = position
    self.problems = problems
  }

  /// The value of `key`; when it is absent or null that is a problem.
  package func required<Value>(_ key: String, _ type: YAMLType<Value>) -> Value {
    guard let node = node(key) else {
      if let entry = entries.first(where: { $0.key == key }) {
        problems.add("`\(key)` must not be empty: expected \(type.expected)", at: entry.keyPosition)
      } else {
        problems.add("missing key `\(key)`", at: position)
      }
      return type.placeholder()
    }
    return type.read(node, problems) ?? type.placeholder()
  }

  /// The value of `key`; nil when it is absent, null or (with a problem) wrong.
  package func optional<Value>(_ key: String, _ type: YAMLType<Value>) -> Value? {
    node(key).flatMap { type.read($0, problems) }
  }

  /// The raw value of `key`, which is known from now on; nil when it is absent or null.
  package func node(_ key: String) -> YAMLNode? {
    if !known.contains(key) { known.append(key) }
    return entries.first { $0.key == key && !$0.value.isNull }?.value
  }

  /// Whether `key` is written, even with a null value. Does not make it known.
  package func has(_ key: String) -> Bool { entries.contains { $0.key == key } }

  /// All entries, known or not, in the order of the text.
  package var allEntries: [YAMLNode.Entry] { entries }

  /// Makes keys known without reading them.
  package func allow(_ keys: String...) {
    for key in keys where !known.contains(key) { known.append(key) }
  }

  /// Makes every key known: for who asked that unknown ones be passed over.
  package func allowUnknownKeys() { allowsUnknownKeys = true }

  /// Adds a problem at the value of `key`, or at the mapping when there is no such key.
  package func problem(_ message: String, at key: String? = nil) {
    let entry = entries.first { $0.key == key }
    problems.add(message, at: entry.map { $0.value.isNull ? $0.keyPosition : $0.value.position } ?? position)
  }

  /// A problem when more than one of `keys` is written: they exclude each other.
  package func atMostOne(of keys: String...) {
    let written = entries.filter { keys.contains($0.key) }
    guard written.count > 1, let second = written.dropFirst().first else { return }
    problems.add(
      "only one of " + keys.map { "`\($0)`" }.joined(separator: ", ") + " may be given",
      at: second.keyPosition)
  }

  func complainAboutUnknownKeys() {
    for entry in entries where !allowsUnknownKeys && !known.contains(entry.key) {
      // A key that is already written is not what was meant.
      let absent = known.filter { !has($0) }
      let near = suggestion(for: entry.key, among: absent)
      problems.add(
        "unknown key `\(entry.key)`" + hint(for: entry.key, among: near == nil ? known : absent),
        at: entry.keyPosition)
    }
  }
}
