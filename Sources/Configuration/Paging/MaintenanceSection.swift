internal import ConfigurationTypes
internal import Model
internal import Paging
internal import StrictYAML

/// `maintenance:`: work that is known beforehand.
enum MaintenanceSection {
  static func read(_ m: MappingReader, _ scope: Scope) -> [MaintenanceWindow] {
    let windows =
      m.optional("maintenance", .list(.located(YAMLType<MaintenanceWindow>.mapping(readWindow)))) ?? []
    scope.reportDuplicates("maintenance window", windows.map { ([$0.value.name], $0.node) }, m.problems)
    return windows.map(\.value)
  }

  private static func readWindow(_ m: MappingReader) -> MaintenanceWindow {
    let window = MaintenanceWindow(
      name: m.required("name", .nonEmptyString), from: m.required("from", .moment),
      to: m.required("to", .moment),
      matchers: m.required("matchers", .matchers), comment: m.optional("comment", .string) ?? "")
    if window.from >= window.to, window.from != .never, window.to != .never {
      m.problem("the end is not after the start", at: "to")
    }
    // As for a silence.
    if m.has("matchers"), LabelMatcher.takeEverything(window.matchers),
      m.node("matchers")?.content.isEmptyList == true || !window.matchers.isEmpty
    {
      m.problem(
        "would take every alert: at least one matcher must not match the empty string", at: "matchers")
    }
    return window
  }
}

extension Timestamp {
  /// Stands for a time that could not be read.
  fileprivate static let never = Timestamp(milliseconds: .min)
}

extension YAMLType where Value == Timestamp {
  fileprivate static var moment: YAMLType {
    .scalar("a time such as 2026-12-01T22:00:00+01:00", placeholder: .never) { Timestamp(rfc3339: $0) }
  }
}
