internal import CheckIns
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import StrictYAML

/// `push:` of a check: a job that visits `/ping/<id>`.
enum CheckInSection {
  static func read(_ m: MappingReader, _ basics: CheckBasics, _ scope: Scope) -> any HealthCheckSettings {
    m.atMostOne(of: "id", "id_file")
    let open = m.optional("id", identifier)
    let secret = m.optional("id_file", secretIdentifier(scope.paths))
    if open == nil, secret == nil, m.node("id") == nil, m.node("id_file") == nil {
      m.problem("missing key `id_file` (or `id`)")
    }
    let schedule = CheckInSchedule(
      period: m.required("period", .duration(.seconds(1) ... .seconds(366 * 86_400))),
      grace: m.optional("grace", .duration(.seconds(1) ... .seconds(366 * 86_400))) ?? .seconds(60))
    return CheckInSettings(basics, id: secret ?? open ?? "", schedule: schedule)
  }

  private static var identifier: YAMLType<String> { .nonEmptyString.validated(complaint) }

  /// The first line of a file, read at load.
  private static func secretIdentifier(_ paths: FilePaths) -> YAMLType<String> {
    .converted(from: paths.existing("the file of the id"), placeholder: "") { path in
      let problems = Problems(file: path)
      let text = YAML.text(ofFile: path, problems) ?? ""
      try problems.throwIfAny()
      let id = String(text.prefix { !$0.isNewline })
      if let complaint = complaint(id) { throw YAMLProblem(file: path, at: .start, complaint) }
      return id
    }
  }

  private static func complaint(_ id: String) -> String? {
    let isGood =
      (1...200).contains(id.utf8.count)
      && id.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
          || "-_.~".utf8.contains($0)
      }
    return isGood ? nil : "must be 1 to 200 letters, digits and -_.~, because it is part of an address"
  }
}
