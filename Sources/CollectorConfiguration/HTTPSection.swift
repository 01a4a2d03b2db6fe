internal import Collecting
internal import ConfigurationTypes
internal import HTTPClient
internal import Model
internal import Probing
internal import RegularExpressions
internal import StrictYAML

/// `http:` of a check: what is asked and what counts as healthy.
enum HTTPSection {
  private enum Version: String, CaseIterable {
    case http11 = "1.1"
    case http2 = "2"
  }

  static func read(_ m: MappingReader, _ basics: CheckBasics, _ scope: Scope) -> any HealthCheckSettings {
    let problemsBefore = m.problems.count
    var check = HTTPCheckSettings(
      name: basics.name, url: m.required("url", .nonEmptyString.validated(httpURLComplaint)))
    check.basics = basics
    check.method = m.optional("method", method) ?? "GET"
    check.body = Array((m.optional("body", .string) ?? "").utf8)
    check.headers = headers(m, scope.paths)
    check.statuses = m.optional("status", .oneOrMore(status)) ?? check.statuses
    if check.statuses.isEmpty, m.node("status")?.content.isEmptyList == true {
      m.problem("needs at least one status", at: "status")
    }
    check.bodyContains = m.optional("contains", .oneOrMore(.nonEmptyString)) ?? []
    check.bodyNotContains = m.optional("not_contains", .oneOrMore(.nonEmptyString)) ?? []
    check.bodyRegex = m.optional("regex", .oneOrMore(pattern)) ?? []
    check.bodyNotRegex = m.optional("not_regex", .oneOrMore(pattern)) ?? []
    check.json = (m.optional("json", .map(jsonValue)) ?? [:]).sorted { $0.key < $1.key }
      .map { JSONCondition(path: $0.key, expected: $0.value) }
    if let follow = m.optional("follow_redirects", .int(0...20)), follow > 0 {
      check.redirects = .upTo(follow)
    }
    check.bodyLimit = m.optional("body_limit", .byteSize) ?? check.bodyLimit
    check.bodyMaximum = m.optional("max_body", .byteSize)
    check.verifyPeer = m.optional("verify", .bool) ?? true
    check.caFile = m.optional("ca_file", scope.paths.existing("the CA file"))
    check.everyAddress = m.optional("every_address", .bool) ?? false
    check.keepAlive = m.optional("keep_alive", .bool) ?? true
    check.connectTimeout = m.optional("connect_timeout", .duration(.milliseconds(10) ... .seconds(300)))
    check.version = m.optional("version", YAMLType<Version>.choice()) == .http2 ? .http2 : .http11
    if check.method == "HEAD" {
      let conditions = ["contains", "not_contains", "regex", "not_regex", "json"]
      for key in conditions where m.has(key) { m.problem("HEAD brings no body to look at", at: key) }
    }
    do {
      try check.validate()
    } catch {
      // What is missing or wrong was said where it stands; this is for what the parts add up to.
      if m.problems.count == problemsBefore { m.problem("\(error)") }
    }
    return check
  }

  private static func headers(_ m: MappingReader, _ paths: FilePaths) -> [HTTPCheckSettings.Header] {
    let (open, files) = Headers.readBoth(m, paths.existing("the file of the header"))
    return open.sorted { $0.key < $1.key }.map { .init($0.key, .text($0.value)) }
      + files.sorted { $0.key < $1.key }.map { .init($0.key, .file($0.value)) }
  }

  private static var method: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { name in
      name.utf8.allSatisfy { (0x41...0x5a).contains($0) }
        ? nil : "must be an HTTP method in upper case, found \"\(name)\""
    }
  }

  /// `200`, `200-299` or `2xx`.
  private static var status: YAMLType<ClosedRange<Int>> {
    .scalar("a status such as 200, 200-299 or 2xx", placeholder: 200...200) { text in
      if text.count == 3, text.hasSuffix("xx"), let hundreds = text.first?.wholeNumberValue,
        (1...5).contains(hundreds)
      {
        return hundreds * 100...hundreds * 100 + 99
      }
      let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard let low = ends[0], (100...599).contains(low), ends.count <= 2 else { return nil }
      guard let high = ends.count == 2 ? ends[1] : low, (low...599).contains(high) else { return nil }
      return low...high
    }
  }

  /// A regular expression in RE2's syntax, checked where it stands.
  private static var pattern: YAMLType<String> {
    .converted(from: .nonEmptyString, placeholder: "") { text in
      _ = try RegularExpression(text, anchoring: .unanchored)
      return text
    }
  }

  /// What YAML calls it is what JSON must have: text, a number, a truth value or null.
  private static var jsonValue: YAMLType<JSONCondition.Scalar> {
    YAMLType(expected: "text, a number, true, false or null", placeholder: .null) { node, problems in
      guard case .scalar(let text, let style) = node.content else {
        problems.add("expected text, a number, true, false or null, found \(node.foundText)", at: node)
        return nil
      }
      if node.isNull { return .null }
      guard style == .plain else { return .string(text) }
      if text == "true" || text == "false" { return .bool(text == "true") }
      return Double(text).map { .number($0) } ?? .string(text)
    }
  }
}
