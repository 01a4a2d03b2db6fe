internal import CheckIns
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import Secrets
internal import StrictYAML

/// `push:` of a check: a job that visits `/ping/<id>` or `/ping/<ping key>/<slug>`.
enum CheckInSection {
  static func read(_ m: MappingReader, _ basics: CheckBasics, _ scope: Scope) -> any HealthCheckSettings {
    m.atMostOne(of: "id", "id_file")
    let open = m.optional("id", identifier)
    let secret = m.optional("id_file", secretIdentifier(scope.paths))
    let slug = slug(m, scope)
    let hasID = m.node("id") != nil || m.node("id_file") != nil
    if !hasID, !m.has("slug") { m.problem("missing key `id_file` (or `id`, or `slug`)") }
    let schedule = CheckInSchedule(
      period: m.required("period", .duration(.seconds(1) ... .seconds(366 * 86_400))),
      grace: m.optional("grace", .duration(.seconds(1) ... .seconds(366 * 86_400))) ?? .seconds(60))
    // An id has no slash: nobody can visit this one.
    let id = secret ?? open ?? (hasID ? "" : "\(basics.region)/\(basics.name)")
    var settings = CheckInSettings(basics, id: id, schedule: schedule)
    settings.slug = slug
    return settings
  }

  /// `slug` with `ping_key_file` or `ping_key_env`, which are read at load.
  private static func slug(_ m: MappingReader, _ scope: Scope) -> CheckInSlug? {
    let slug = m.optional("slug", YAMLType<String>.nonEmptyString.validated(CheckInSlug.complaint))
    let source = StoreSecret.read("ping_key", m, scope)
    let name = m.has("ping_key_env") ? "ping_key_env" : "ping_key_file"
    guard StoreSecret.isGiven("ping_key", m) else {
      if m.has("slug") { m.problem("needs `ping_key_file` (or `ping_key_env`)", at: "slug") }
      return nil
    }
    if !m.has("slug") { m.problem("needs `slug`: the job's name behind the key", at: name) }
    guard let source else { return nil }
    do throws(SecretSource.Failure) {
      let key = try source.readFirstLine()
      if let complaint = complaint(key) {
        m.problem("the key \(complaint)", at: name)
        return nil
      }
      return slug.map { CheckInSlug(key: key, slug: $0) }
    } catch {
      m.problem("\(error)", at: name)
      return nil
    }
  }

  private static var identifier: YAMLType<String> { .nonEmptyString.validated(complaint) }

  /// The first line of a file, read at load.
  private static func secretIdentifier(_ paths: FilePaths) -> YAMLType<String> {
    paths.contents(of: "the file of the id", placeholder: "") { text, path in
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
