import Testing

@testable import CollectorConfiguration

/// A file with one fault and what is said about it.
struct Fault: CustomTestStringConvertible, Sendable {
  var text: String
  var said: [String]
  init(_ text: String, _ said: String...) {
    self.text = text
    self.said = said
  }
  var testDescription: String { said.first ?? text }
}

/// Every kind of check, as messages list them.
let checkKinds = CheckKinds.table.map { "`\($0.key)`" }.joined(separator: ", ")
/// Every engine of links, as messages list them.
let replicationEngines = ReplicationEngines.table.map { "`\($0.key)`" }.joined(separator: ", ")
/// What is said of a collector of no kind.
let missingMeasurement =
  "missing key `scrape` (or "
  + MeasurementKinds.table.dropFirst().map { "`\($0.key)`" }.joined(separator: ", ") + ")"
/// What is said of a check of no kind.
let missingKind =
  "missing key `http` (or "
  + CheckKinds.table.dropFirst().map { "`\($0.key)`" }.joined(separator: ", ") + ")"

let region = "regions: {r: {}}\n"

func check(_ http: String, _ more: String = "") -> String {
  region + "health: {checks: [{name: c, region: r, \(more)http: {\(http)}}]}\n"
}
func asked(_ more: String) -> String { check("url: 'http://h', \(more)") }
func link(_ more: String, _ source: String = "dsn_env: A") -> String {
  "regions: {r: {}, s: {}}\nreplication:\n"
    + "- {link: l, engine: postgres, source: {region: r, \(source)}, targets: [{region: s, dsn_env: B}], \(more)}\n"
}
func backup(_ more: String, _ directory: String = "match: '*'") -> String {
  region + "backups:\n- {job: j, region: r, every: 1d, directory: {path: p, \(directory)}, \(more)}\n"
}
func subscription(_ more: String) -> String {
  region + "topics: {t: {subscriptions: [{protocol: http, \(more)}]}}\nroutes: [{topic: t}]\n"
}
func hook(_ more: String) -> String { subscription("endpoint: 'http://h/', \(more)") }
func routes(_ routes: String) -> String {
  region + "topics: {pager: {subscriptions: [{protocol: http, endpoint: 'http://h/'}]}}\nroutes: \(routes)\n"
}
