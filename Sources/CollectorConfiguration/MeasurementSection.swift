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
    return all.compactMap(\.value)
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
