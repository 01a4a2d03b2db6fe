package import HTTPClient
package import StrictYAML

/// `headers:` with values in the open and `header_files:` for secrets.
package enum Headers {
  package static func read(_ m: MappingReader, _ paths: FilePaths) -> [HTTPHeader] {
    let (open, secret) = readBoth(m, secretValue(paths))
    return (open.sorted { $0.key < $1.key } + secret.sorted { $0.key < $1.key })
      .map { HTTPHeader($0.key, $0.value) }
  }

  /// Both keys, the second one as `secret` reads it.
  package static func readBoth<Secret>(
    _ m: MappingReader, _ secret: YAMLType<Secret>
  ) -> (open: [String: String], secret: [String: Secret]) {
    let open = m.optional("headers", .map(.string.validated(valueComplaint))) ?? [:]
    let secret = m.optional("header_files", .map(secret)) ?? [:]
    for name in open.keys.sorted() where isSecret(name) {
      m.problem("\"\(name)\" is a secret: name a file for it under `header_files`", at: "headers")
    }
    for name in open.keys.sorted() + secret.keys.sorted() where !isToken(name) {
      m.problem("\"\(name)\" is no header name", at: open[name] == nil ? "header_files" : "headers")
    }
    return (open, secret)
  }

  /// Read once at load: a rotated secret is taken up by a reload.
  private static func secretValue(_ paths: FilePaths) -> YAMLType<String> {
    paths.contents(of: "the file of the header", placeholder: "") { text, path in
      let value = String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
      if let complaint = valueComplaint(value) { throw YAMLProblem(file: path, at: .start, complaint) }
      return value
    }
  }

  private static func valueComplaint(_ value: String) -> String? {
    value.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f } ? "must not hold control characters" : nil
  }

  package static func isSecret(_ name: String) -> Bool {
    ["authorization", "proxy-authorization", "cookie", "x-api-key"].contains(name.lowercased())
  }

  private static func isToken(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
          || "!#$%&'*+-.^_`|~".utf8.contains(byte)
      }
  }
}
