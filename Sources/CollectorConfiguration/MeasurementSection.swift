package import Collecting
package import ConfigurationTypes
internal import Model
package import StrictYAML

/// `collect:` everything that is measured beside health, links and backups.
package enum MeasurementSection {
  package static func read(_ m: MappingReader, _ scope: Scope) -> [any CollectorSettings] {
    let one = YAMLType<(any CollectorSettings)?>.mapping { readOne($0, scope) }
    let all = m.optional("collect", .list(.located(one))) ?? []
    scope.reportDuplicates(
      "collector",
      all.map { ([$0.value?.description.kind ?? "", $0.value?.description.name ?? ""], $0.node) },
      m.problems)
    complainOfServices(all, m.problems)
    return all.compactMap(\.value)
  }

  /// `serving` holds a steering and a marker of its own, whose series bear the service's name as those of the other two
  /// kinds do: with the same labels they would be the same series.
  private static func complainOfServices(
    _ all: [(value: (any CollectorSettings)?, node: YAMLNode)], _ problems: Problems
  ) {
    var known: [(kind: String, labels: Labels, line: Int)] = []
    for (value, node) in all {
      guard let one = value?.description, ["serving", "steering", "marker"].contains(one.kind) else {
        continue
      }
      let other = known.first {
        $0.labels == one.labels && $0.kind != one.kind && ($0.kind == "serving" || one.kind == "serving")
      }
      if let other {
        problems.add(
          "`\(one.kind)` of \"\(one.name)\" writes series that `\(other.kind)` in line \(other.line) writes already",
          at: node)
      }
      known.append((one.kind, one.labels, node.position.line))
    }
  }

  private static func readOne(_ m: MappingReader, _ scope: Scope) -> (any CollectorSettings)? {
    var basics = MeasurementBasics(name: m.required("name", .nonEmptyString))
    basics.region = m.optional("region", scope.region) ?? ""
    basics.labels = m.optional("labels", .labels) ?? .empty
    let interval = m.optional("interval", .duration(.milliseconds(100) ... .seconds(86_400)))
    basics.timeout = m.optional("timeout", .duration(.milliseconds(10) ... .seconds(3600))) ?? basics.timeout
    guard let kind = theKind(of: m, among: MeasurementKinds.table) else { return nil }
    basics.interval = interval ?? MeasurementKinds.intervals[kind.key] ?? basics.interval
    let known = basics
    return m.required(kind.key, YAMLType<(any CollectorSettings)?>.mapping { kind.read($0, known, scope) })
  }
}
