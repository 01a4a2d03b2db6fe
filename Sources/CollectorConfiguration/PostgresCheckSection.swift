internal import Collecting
internal import ConfigurationTypes
internal import PostgresClient
internal import Probing
internal import StrictYAML

/// `postgres:` of a check: what is asked, what must come back, and whether a row is written.
enum PostgresCheckSection {
  static func read(_ m: MappingReader, _ basics: CheckBasics, _ scope: Scope) -> any HealthCheckSettings {
    let problemsBefore = m.problems.count
    var check = PostgresCheckSettings(name: basics.name, dsn: PostgresLinkSection.readDSN(m, scope))
    check.basics = basics
    check.query = m.optional("query", .nonEmptyString)
    check.expectation = expectation(m)
    check.role = m.optional("role", YAMLType<PostgresCheckSettings.Role>.choice()) ?? .any
    check.maximumConnectionsRatio = m.optional("max_connections_ratio", .double(0...1))
    check.canary = m.optional(
      "write",
      .mapping { m in
        .init(table: m.required("table", table), create: m.optional("create", .bool) ?? false)
      })
    do {
      try check.validate()
    } catch {
      // What is missing or wrong was said where it stands; this is for what the parts add up to.
      if m.problems.count == problemsBefore { m.problem("\(error)", at: error.field) }
    }
    return check
  }

  private static func expectation(_ m: MappingReader) -> PostgresCheckSettings.Expectation {
    let text = m.optional("expect", .string)
    let minimum = m.optional("min", .double)
    let maximum = m.optional("max", .double)
    m.atMostOne(of: "expect", "min")
    m.atMostOne(of: "expect", "max")
    if let text { return .text(text) }
    return minimum == nil && maximum == nil ? .anything : .range(minimum: minimum, maximum: maximum)
  }

  /// A table's name that may stand in a statement.
  static var table: YAMLType<PostgresTable> {
    .scalar(
      "the name of a table, such as beats or farwatch.beats, in lower-case letters, digits and _",
      placeholder: placeholder
    ) { PostgresTable($0) }
  }

  private static var placeholder: PostgresTable {
    guard let table = PostgresTable("placeholder") else { preconditionFailure("the name is plain") }
    return table
  }
}
