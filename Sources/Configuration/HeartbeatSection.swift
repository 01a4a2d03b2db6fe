internal import ConfigurationTypes
internal import HTTPClient
internal import Model
internal import Notifying
internal import StrictYAML

/// `heartbeats:`.
enum HeartbeatSection {
  static func list(_ paths: FilePaths) -> YAMLType<[HeartbeatSettings]> {
    let one = YAMLType<[(value: HeartbeatSettings, node: YAMLNode)]>.list(
      .located(.mapping { read($0, paths) }))
    return YAMLType(expected: one.expected, placeholder: []) { node, problems in
      guard let found = one.read(node, problems) else { return nil }
      var lines: [String: Int] = [:]
      for (beat, node) in found where !beat.name.isEmpty {
        if let line = lines[beat.name] {
          problems.add(
            "heartbeat \"\(beat.name)\" is declared a second time; first in line \(line)", at: node)
        } else {
          lines[beat.name] = node.position.line
        }
      }
      return found.map(\.value)
    }
  }

  private static func read(_ m: MappingReader, _ paths: FilePaths) -> HeartbeatSettings {
    let name = m.required("name", .namePart)
    var beat = HeartbeatSettings(name: name, url: url(m, paths))
    beat.method = m.optional("method", method) ?? beat.method
    beat.interval = m.optional("interval", .duration(.seconds(1) ... .seconds(86_400))) ?? beat.interval
    let timeout = m.optional("timeout", .duration(.milliseconds(100) ... .seconds(300)))
    beat.timeout = timeout ?? min(beat.timeout, beat.interval)
    if beat.timeout > beat.interval { m.problem("timeout is longer than interval", at: "timeout") }
    beat.caFile = m.optional("ca_file", paths.existing("the CA file"))
    beat.headers = Headers.read(m, paths)
    return beat
  }

  /// The address of a dead man's switch is often all that protects it.
  private static func url(_ m: MappingReader, _ paths: FilePaths) -> String {
    m.atMostOne(of: "url", "url_file")
    let open = m.optional("url", .nonEmptyString.validated(httpURLComplaint))
    let secret = m.optional("url_file", secretURL(paths))
    if !m.has("url"), !m.has("url_file") { m.problem("needs `url` or `url_file`") }
    return open ?? secret ?? ""
  }

  private static func secretURL(_ paths: FilePaths) -> YAMLType<String> {
    paths.contents(of: "the file of the URL", placeholder: "") { text, path in
      let url = String(text.drop(while: \.isWhitespace).prefix { !$0.isNewline })
      let trimmed = String(url.reversed().drop(while: \.isWhitespace).reversed())
      // What stands there is not repeated: it may be a secret.
      guard httpURLComplaint(trimmed) == nil else {
        throw YAMLProblem(
          file: path, at: .start, "does not hold an http:// or https:// URL without user and password")
      }
      return trimmed
    }
  }

  private static var method: YAMLType<HeartbeatSettings.Method> {
    .converted(from: YAMLType<HeartbeatSettings.Method>.choice(), placeholder: .post) { $0 }
  }
}
