internal import Collecting
internal import ConfigurationTypes
internal import DNSClient
internal import Model
internal import Probing
internal import RegularExpressions
internal import StrictYAML

/// `dns:` of a check: what is asked, whom, and what counts as healthy.
enum DNSSection {
  static func read(_ m: MappingReader, _ basics: CheckBasics, _ scope: Scope) -> any HealthCheckSettings {
    let problemsBefore = m.problems.count
    let type = m.optional("type", DNSTypes.recordType(among: DNSRecordType.names)) ?? .a
    let question = DNSQuestion(name: m.required("query", DNSTypes.name), type: type)
    var check = DNSCheckSettings(basics: basics, question: question)
    DNSTypes.readPanel(m, &check.panel)
    check.quorum = m.optional("quorum", .int(1...DNSPanelQuestion.serverLimit))
    var expected = DNSExpectation()
    expected.codes = m.optional("code", .oneOrMore(DNSTypes.responseCode)) ?? expected.codes
    if expected.codes.isEmpty, m.node("code")?.content.isEmptyList == true {
      m.problem("needs at least one code", at: "code")
    }
    let data = DNSTypes.data(type)
    expected.exactly = m.optional("answers", .oneOrMore(data))
    if expected.exactly?.isEmpty == true { expected.minimumAnswers = 0 }
    expected.include = m.optional("include", .oneOrMore(data)) ?? []
    expected.among = m.optional("among", .oneOrMore(data)) ?? []
    expected.within = m.optional("within", .oneOrMore(DNSTypes.range)) ?? []
    expected.regex = m.optional("regex", .oneOrMore(DNSTypes.pattern)) ?? []
    expected.notRegex = m.optional("not_regex", .oneOrMore(DNSTypes.pattern)) ?? []
    expected.minimumAnswers = m.optional("min_answers", .int(0...10_000)) ?? expected.minimumAnswers
    let time = YAMLType<Duration>.duration(.zero ... .seconds(Int64(Int32.max)))
    expected.minimumTimeToLive = m.optional("min_ttl", time)
    expected.maximumTimeToLive = m.optional("max_ttl", time)
    expected.authoritative = m.optional("authoritative", .bool) ?? false
    expected.authenticated = m.optional("authenticated", .bool) ?? false
    expected.serialDrift = m.optional("serial_drift", .int(0...Int(UInt32.max))).map { UInt32(clamping: $0) }
    check.expectation = expected
    do throws(InvalidSettings) {
      try check.validate()
    } catch {
      // What is missing or wrong was said where it stands; this is for what the parts add up to.
      if m.problems.count == problemsBefore { m.problem(error.problem, at: error.field) }
    }
    return check
  }
}

/// What sections about DNS have in common.
enum DNSTypes {
  /// `resolvers`, `transport`, `recursion` and `edns`.
  static func readPanel(_ m: MappingReader, _ panel: inout DNSPanelQuestion) {
    panel.servers = m.optional("resolvers", .oneOrMore(server)) ?? []
    if panel.servers.isEmpty, m.node("resolvers")?.content.isEmptyList == true {
      m.problem("needs at least one resolver; without the key those of the system are asked", at: "resolvers")
    }
    panel.transport = m.optional("transport", YAMLType<DNSQuery.Transport>.choice()) ?? .udp
    panel.recursion = m.optional("recursion", .bool) ?? true
    panel.edns = m.optional("edns", .bool) ?? true
  }

  static var name: YAMLType<String> {
    .converted(from: .nonEmptyString, placeholder: "") { text in
      guard let name = DNSName.canonical(text) else { throw Complaint("\(quoted(text)) is no DNS name") }
      return name
    }
  }

  static func recordType(among names: [String]) -> YAMLType<DNSRecordType> {
    .converted(from: .choice(among: names), placeholder: .a) { DNSRecordType($0) ?? .a }
  }

  static var responseCode: YAMLType<DNSResponseCode> {
    .converted(from: .choice(among: DNSResponseCode.names), placeholder: .noError) {
      DNSResponseCode($0) ?? .noError
    }
  }

  /// What a record of `type` says.
  static func data(_ type: DNSRecordType) -> YAMLType<String> {
    .converted(from: .nonEmptyString, placeholder: "") { text in
      guard let data = DNSExpectation.canonical(text, type) else {
        throw Complaint("\(quoted(text)) is nothing that a record of type \(type.name) says")
      }
      return data
    }
  }

  static var range: YAMLType<AddressRange> {
    .scalar("an address or a range such as 203.0.113.0/24", placeholder: anyAddress) { AddressRange($0) }
  }

  private static var anyAddress: AddressRange {
    guard let range = AddressRange("0.0.0.0/0") else { preconditionFailure("0.0.0.0/0 is a range") }
    return range
  }

  /// A regular expression in RE2's syntax, checked where it stands.
  static var pattern: YAMLType<String> {
    .converted(from: .nonEmptyString, placeholder: "") { text in
      _ = try RegularExpression(text, anchoring: .unanchored)
      return text
    }
  }

  /// `192.0.2.53`, or a mapping with `address` and `client_subnet`.
  private static var server: YAMLType<DNSServer> {
    let plain = YAMLType<DNSServer>.converted(from: .nonEmptyString, placeholder: anyServer) { text in
      guard let server = DNSServer(text) else {
        throw Complaint(
          "\(quoted(text)) is no server: an address or a name, with a port behind a colon if need be")
      }
      return server
    }
    let subnet = YAMLType<ClientSubnet?>.scalar("a network such as 203.0.113.0/24", placeholder: nil) {
      ClientSubnet($0).map(Optional.some)
    }
    let full = YAMLType<DNSServer>.mapping { m in
      var server = m.required("address", plain)
      server.clientSubnet = m.required("client_subnet", subnet)
      return server
    }
    return YAMLType(expected: "a server", placeholder: anyServer) { node, problems in
      if case .mapping = node.content { return full.read(node, problems) }
      return plain.read(node, problems)
    }
  }

  private static var anyServer: DNSServer {
    guard let server = DNSServer("127.0.0.1") else { preconditionFailure("127.0.0.1 is a server") }
    return server
  }
}

/// What is wrong with a value, as a sentence.
private struct Complaint: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
