internal import Backups
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import StrictYAML

/// `retention`, `detection_delay`, `restore_test` and `restore_test_every` of every kind of backup job.
enum BackupObjectivesSection {
  static var span: YAMLType<Duration> { .duration(.seconds(1) ... .seconds(3650 * 86_400)) }

  /// - Parameter hasMarker: whether the kind of job has a `restore_marker`.
  static func read(
    _ m: MappingReader, _ basics: BackupBasics, _ scope: Scope, hasMarker: Bool = true
  ) -> BackupObjectives {
    var objectives = BackupObjectives()
    objectives.retention = m.optional("retention", span)
    objectives.detectionDelay = m.optional("detection_delay", span)
    if let delay = objectives.detectionDelay, let retention = objectives.retention, delay >= retention {
      m.problem(
        "must be less than `retention`: damage that is found later than that can no longer be undone",
        at: "detection_delay")
    }
    objectives.restoreTestEvery = m.optional("restore_test_every", span)
    let push = YAMLType<String>.mapping { $0.required("push", pushCheck(of: basics.region, scope)) }
    objectives.restoreTestID = m.optional("restore_test", push)
    if m.has("restore_test"), hasMarker, m.has("restore_marker") {
      m.problem("only one of `restore_test`, `restore_marker` may be given", at: "restore_test")
    }
    if m.has("restore_test_every"), !m.has("restore_test"), !hasMarker || !m.has("restore_marker") {
      let ways = hasMarker ? "`restore_test` or `restore_marker`" : "`restore_test`"
      m.problem("needs \(ways): what tells when a restore was tested", at: "restore_test_every")
    }
    return objectives
  }

  /// `NAME` of a push check in the job's region, or `REGION/NAME`; what is read is the check's id.
  private static func pushCheck(of region: String, _ scope: Scope) -> YAMLType<String> {
    .converted(from: .nonEmptyString, placeholder: "") { (text) throws(UnknownPushCheck) in
      // Where a check could not be read, that is the mistake.
      guard let known = scope.pushIDs else { return "" }
      let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
      let isWhole = parts.count == 2 && scope.regions.contains(parts[0])
      let (region, name) = isWhole ? (parts[0], parts[1]) : (region, text)
      if let id = known["\(region)/\(name)"] { return id }
      let names = known.keys.filter { $0.hasPrefix("\(region)/") }.map {
        String($0.dropFirst(region.count + 1))
      }
      let near = suggestion(for: name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
      throw UnknownPushCheck(description: "region \(region) has no push check \"\(name)\"\(near)")
    }
  }
}

private struct UnknownPushCheck: Error, CustomStringConvertible {
  let description: String
}
