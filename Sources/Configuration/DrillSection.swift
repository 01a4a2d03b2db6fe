internal import ConfigurationTypes
internal import Drills
internal import Model
internal import StrictYAML

/// `drills:`.
enum DrillSection {
  static func read(_ m: MappingReader, workloads: [String]) -> DrillSettings {
    var settings = DrillSettings()
    settings.calendar = m.optional("calendar", .mapping(calendar)) ?? [:]
    let plans = m.optional("plans", .list(.mapping { plan($0, workloads) })) ?? []
    let names = plans.map(\.workload).filter { !$0.isEmpty }
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      m.problem("workload \"\(twice)\" has two plans", at: "plans")
    }
    if workloads.isEmpty { m.problem("needs `workloads` to be rehearsed: there are none") }
    settings.plans = plans
    return settings
  }

  private static func plan(_ m: MappingReader, _ workloads: [String]) -> DrillPlan {
    let known = YAMLType<String>.nonEmptyString.validated { name in
      if workloads.contains(name) { return nil }
      let near = suggestion(for: name, among: workloads.sorted()).map { "; did you mean \"\($0)\"?" } ?? ""
      return "unknown workload \"\(name)\"\(near)"
    }
    let phases = m.optional("phases", .list(.mapping(phase))) ?? []
    let names = phases.map(\.name).filter { !$0.isEmpty }
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      m.problem("phase \"\(twice)\" is declared twice", at: "phases")
    }
    if phases.count > DrillBook.mostPhases {
      m.problem("has more than \(DrillBook.mostPhases) phases", at: "phases")
    }
    return DrillPlan(
      workload: m.required("workload", known), phases: phases,
      calendar: m.optional("calendar", .mapping(calendar)) ?? [:])
  }

  private static func phase(_ m: MappingReader) -> DrillPhase {
    let name = YAMLType<String>.nonEmptyString.validated {
      $0.utf8.count > DrillBook.longestText ? "is longer than \(DrillBook.longestText) bytes" : nil
    }
    return DrillPhase(
      name: m.required("name", name),
      within: m.optional("within", .duration(.seconds(1)...DrillBook.lengths.upperBound)))
  }

  private static func calendar(_ m: MappingReader) -> [DrillKind: DrillPeriod] {
    var calendar: [DrillKind: DrillPeriod] = [:]
    for kind in DrillKind.allCases { calendar[kind] = m.optional(kind.rawValue, period) }
    return calendar
  }

  private static let words: [String: DrillPeriod] = [
    "weekly": .duration(.seconds(7 * 86_400)), "monthly": .months(1), "quarterly": .months(3),
    "yearly": .months(12),
  ]

  private static var period: YAMLType<DrillPeriod> {
    .scalar(
      "weekly, monthly, quarterly, yearly or a duration from 1h to 5y such as 45d", placeholder: .months(1)
    ) { text in
      if let word = words[text] { return word }
      guard let length = DurationText.parse(text), length >= .seconds(3600),
        length <= .seconds(5 * 366 * 86_400)
      else { return nil }
      return .duration(length)
    }
  }
}
