internal import CollectorConfiguration
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import Readiness
internal import StrictYAML

/// `workloads:`.
enum WorkloadSection {
  /// What the rest of the file declares, that a workload may name.
  struct Known {
    var links: [any ReplicationLinkSettings]
    var jobs: Set<String>
    /// Names of collectors that tell where people are sent.
    var traffic: Set<String>
    /// Regions by check.
    var checks: [String: Set<String>]

    init(_ settings: Settings) {
      links = settings.links
      jobs = Set(settings.backups.map(\.basics.job))
      traffic = Set(
        settings.measurements.map(\.description).filter { WorkloadSection.trafficKinds.contains($0.kind) }
          .map(\.name))
      checks = [:]
      for check in settings.checks { checks[check.basics.name, default: []].insert(check.basics.region) }
      for check in settings.calculated { checks[check.name, default: []].insert(check.region) }
    }

    var linkNames: [String] { links.map(\.basics.link) }
  }

  static let trafficKinds: Set<String> = ["steering", "marker", "serving"]

  static func list(_ scope: Scope, _ known: Known) -> YAMLType<[Workload]> {
    let one = YAMLType<[(value: Workload, node: YAMLNode)]>.list(
      .located(.mapping { read($0, scope, known) }))
    return YAMLType(expected: one.expected, placeholder: []) { node, problems in
      guard let found = one.read(node, problems) else { return nil }
      scope.reportDuplicates("workload", found.map { ([$0.value.name], $0.node) }, problems)
      return found.map(\.value)
    }
  }

  private static func read(_ m: MappingReader, _ scope: Scope, _ known: Known) -> Workload {
    var workload = Workload(
      name: m.required("name", .namePart), regions: m.required("regions", .list(scope.region)))
    let regions = workload.regions
    if m.node("regions")?.content.isEmptyList == true {
      m.problem("needs at least one region", at: "regions")
    } else if Set(regions).count < regions.count {
      m.problem("names a region twice", at: "regions")
    }
    workload.writer = m.optional("writer", name("link", among: known.linkNames))
    workload.traffic = m.optional("traffic", name("collector of traffic", among: Array(known.traffic)))
    workload.check = m.optional("check", name("check", among: Array(known.checks.keys)))
    if let check = workload.check, let there = known.checks[check],
      let region = regions.first(where: { !there.contains($0) })
    {
      m.problem("region \(region) has no check \"\(check)\"", at: "check")
    }
    workload.data = m.optional("data", .list(.mapping { data($0, regions, known) })) ?? []
    let names = workload.data.map(\.name).filter { !$0.isEmpty }
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      m.problem("data set \"\(twice)\" is declared twice", at: "data")
    }
    workload.objectives = m.optional("objectives", .mapping(objectives)) ?? Workload.Objectives()
    if workload.objectives.availability != nil, !m.has("check") {
      m.problem("`availability` needs `check`: the health check that shows it", at: "objectives")
    }
    return workload
  }

  private static func data(_ m: MappingReader, _ regions: [String], _ known: Known) -> Workload.DataSet {
    let link = m.optional("link", name("link", among: known.linkNames))
    let backups = m.optional("backups", .list(name("backup job", among: Array(known.jobs)))) ?? []
    if !m.has("link"), !m.has("backups") {
      m.problem("needs `link` or `backups`: without them nothing is known of the data")
    }
    let ends = known.links.filter { $0.basics.link == link }.flatMap {
      $0.basics.targetRegions + [$0.basics.sourceRegion]
    }
    if let link, !ends.isEmpty, !regions.contains(where: ends.contains) {
      m.problem("link \"\(link)\" leads to none of the workload's regions", at: "link")
    }
    let named = m.optional("name", .nonEmptyString)
    return Workload.DataSet(name: named ?? link ?? backups.first ?? "", link: link, backups: backups)
  }

  private static func objectives(_ m: MappingReader) -> Workload.Objectives {
    let range = Duration.milliseconds(1) ... .seconds(366 * 86_400)
    return Workload.Objectives(
      recoveryPoint: m.optional("rpo", .duration(range)), recoveryTime: m.optional("rto", .duration(range)),
      availability: m.optional("availability", share) ?? nil)
  }

  /// `99.95%`.
  private static var share: YAMLType<Double?> {
    .scalar("a share below 100% such as 99.95%", placeholder: nil) { text in
      guard text.hasSuffix("%"), let percent = Double(text.dropLast()), percent > 0, percent < 100 else {
        return nil
      }
      // In decimal places that were written: 99.9% is 0.999.
      return .some(.some((percent * 1e9).rounded() / 1e11))
    }
  }

  private static func name(_ kind: String, among names: [String]) -> YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { name in
      if names.contains(name) { return nil }
      let near = suggestion(for: name, among: names.sorted()).map { "; did you mean \"\($0)\"?" } ?? ""
      return "unknown \(kind) \"\(name)\"\(near)"
    }
  }
}
