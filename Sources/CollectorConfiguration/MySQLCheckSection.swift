internal import Collecting
internal import ConfigurationTypes
internal import Probing
internal import StrictYAML

/// `mysql:` of a check: which server, and what it must be able to do.
enum MySQLCheckSection {
  static func read(_ m: MappingReader, _ basics: CheckBasics, _ scope: Scope) -> any HealthCheckSettings {
    let problemsBefore = m.problems.count
    var check = MySQLCheckSettings(name: basics.name, source: MySQLSourceSection.read(m, scope))
    check.basics = basics
    check.role = m.optional("role", YAMLType<MySQLCheckSettings.Role>.choice()) ?? .any
    check.query = m.optional("query", .nonEmptyString)
    check.expected = m.optional("expect", .string)
    check.canary = m.optional("canary", MySQLSourceSection.table) ?? nil
    check.reusesConnection = m.optional("reuse_connection", .bool) ?? true
    do {
      try check.validate()
    } catch {
      // What is missing or wrong was said where it stands; this is for what the parts add up to.
      if m.problems.count == problemsBefore { m.problem("\(error)") }
    }
    return check
  }
}
