internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import Probing
internal import RegularExpressions
internal import StrictYAML

/// `tcp:` of a check: where to connect and what is said there.
enum TCPSection {
  static func read(_ m: MappingReader, _ basics: CheckBasics, _ scope: Scope) -> any HealthCheckSettings {
    let problemsBefore = m.problems.count
    let endpoint = EndpointSection.read(m)
    var check = TCPCheckSettings(name: basics.name, endpoint: endpoint)
    check.basics = basics
    check.conversation = m.optional("conversation", .list(.mapping(step))) ?? []
    if m.node("conversation")?.content.isEmptyList == true {
      m.problem("needs at least one step", at: "conversation")
    }
    check.readLimit = m.optional("read_limit", readLimit) ?? check.readLimit
    let fromStart = m.optional("tls", .bool) ?? false
    let startsLater = check.conversation.contains(where: \.startTLS)
    if fromStart, startsLater {
      m.problem("TLS from the start and a step with `starttls` exclude each other", at: "tls")
    }
    if fromStart || startsLater {
      check.tls = TLSOptionsSection.read(m, scope.paths, host: endpoint.host)
    } else {
      TLSOptionsSection.refuse(m, "with `tls: true` or a step with `starttls: true`")
    }
    do {
      try check.validate()
    } catch {
      // What is missing or wrong was said where it stands; this is for what the parts add up to.
      if m.problems.count == problemsBefore { m.problem("\(error)") }
    }
    return check
  }

  private static func step(_ m: MappingReader) -> TCPCheckSettings.Step {
    var step = TCPCheckSettings.Step()
    m.atMostOne(of: "expect", "expect_bytes")
    m.atMostOne(of: "send", "send_raw")
    if let pattern = m.optional("expect", pattern) { step.expect = .line(pattern) }
    if let pattern = m.optional("expect_bytes", pattern) { step.expect = .bytes(pattern) }
    // As blackbox_exporter does, which ends what it sends with a line feed.
    step.send = m.optional("send", .string).map { $0 + "\n" }
    step.send = m.optional("send_raw", .nonEmptyString) ?? step.send
    step.startTLS = m.optional("starttls", .bool) ?? false
    if step == TCPCheckSettings.Step(),
      !["expect", "expect_bytes", "send", "send_raw"].contains(where: m.has)
    {
      m.problem("a step needs `expect`, `expect_bytes`, `send`, `send_raw` or `starttls`")
    }
    return step
  }

  /// A regular expression in RE2's syntax, checked where it stands.
  private static var pattern: YAMLType<String> {
    .converted(from: .nonEmptyString, placeholder: "") { text in
      _ = try RegularExpression(text, anchoring: .unanchored)
      return text
    }
  }

  private static var readLimit: YAMLType<Int> {
    YAMLType<Int>.byteSize.validated {
      (1...(64 << 20)).contains($0) ? nil : "must be between 1 byte and 64MiB"
    }
  }
}
