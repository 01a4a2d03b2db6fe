internal import Backups
package import Collecting
package import ConfigurationTypes
internal import Model
package import StrictYAML

/// `backups:` jobs.
package enum BackupSection {
  package static func read(_ m: MappingReader, _ scope: Scope) -> [any BackupJobSettings] {
    let job = YAMLType<(any BackupJobSettings)?>.mapping { readJob($0, scope) }
    let jobs = m.optional("backups", .list(.located(job))) ?? []
    scope.reportDuplicates(
      "backup job", jobs.map { ([$0.value?.basics.region ?? "", $0.value?.basics.job ?? ""], $0.node) },
      m.problems)
    return jobs.compactMap(\.value)
  }

  private static func readJob(_ m: MappingReader, _ scope: Scope) -> (any BackupJobSettings)? {
    let job = m.required("job", .namePart)
    let region = m.required("region", scope.region)
    let every = m.required("every", .duration(.seconds(1) ... .seconds(365 * 86_400)))
    let interval = m.optional("interval", .duration(.seconds(1) ... .seconds(86_400)))
    var basics = BackupBasics(
      job: job, region: region, repo: m.optional("repo", .nonEmptyString) ?? "", every: every,
      // Often enough that a missing backup is known within a tenth of its schedule.
      interval: interval ?? min(max(every / 10, .seconds(5)), .seconds(60)))
    basics.timeout = m.optional("timeout", .duration(.seconds(1) ... .seconds(3600))) ?? basics.timeout
    basics.objective = m.optional("objective", .duration(.seconds(1) ... .seconds(3650 * 86_400)))
    basics.minimumSize = UInt64(m.optional("min_size", .byteSize) ?? 1)
    basics.expectedCount = m.optional("expected_count", .int(1...1_000_000))
    if let low = m.optional("min_ratio", .double(0...1)) {
      basics.sizeRatio = low...(m.optional("max_ratio", .double(1...1_000_000)) ?? 1_000_000)
    } else if let high = m.optional("max_ratio", .double(1...1_000_000)) {
      basics.sizeRatio = 0...high
    }
    guard let kind = theKind(of: m, among: BackupKinds.table) else {
      m.allow("verify")
      return nil
    }
    let known = basics
    let verify = m.node("verify")
    let type = YAMLType<(any BackupJobSettings)?>.mapping { kind.read($0, known, scope) }
    let read = m.required(kind.key, type)
    guard verify != nil else { return read }
    guard var verified = read as? any VerifiedBackupSettings else {
      if read != nil { m.problem("`\(kind.key)` has nothing to verify", at: "verify") }
      return read
    }
    verified.verify = m.optional("verify", .mapping(BackupContentSection.read)) ?? verified.verify
    return verified
  }
}
