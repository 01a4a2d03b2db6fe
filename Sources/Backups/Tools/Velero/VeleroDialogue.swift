internal import Collecting
internal import Model

/// What is asked of Kubernetes: Velero's Backup objects.
struct VeleroDialogue: ToolDialogue {
  private let settings: VeleroSettings
  private var answer: Result<OrderedJSON, ToolTrouble>?

  init(_ settings: VeleroSettings) { self.settings = settings }

  mutating func begin(at now: Timestamp) { answer = nil }

  mutating func next() -> ToolQuestion? {
    guard answer == nil else { return nil }
    var arguments: [String] = []
    if let file = settings.kubeconfig { arguments += ["--kubeconfig", file] }
    if let context = settings.context { arguments += ["--context", context] }
    // The full name: other things in a cluster are called backups, too.
    arguments += ["get", "backups.velero.io", "--namespace", settings.namespace, "--output", "json"]
    if let schedule = settings.schedule {
      arguments += ["--selector", "\(VeleroBackup.scheduleLabel)=\(schedule)"]
    }
    return ToolQuestion(name: "list", arguments: arguments)
  }

  mutating func heard(_ reply: Result<ToolReply, ToolTrouble>, to question: ToolQuestion) {
    answer = reply.flatMap { reply in
      guard reply.status == 0 else { return .failure(Self.trouble(reply)) }
      do throws(JSONText.Malformed) { return .success(try JSONText.parse(reply.output)) } catch {
        return .failure(ToolTrouble(.body, "the list of backups is \(error)"))
      }
    }
  }

  mutating func findings(
    _ basics: BackupBasics, at now: Timestamp
  ) -> Result<ToolFindings, ToolTrouble> {
    guard let answer else { return .failure(ToolTrouble(.other, "Kubernetes was not asked")) }
    return answer.flatMap { Self.read($0, settings, at: now) }
  }

  static func read(
    _ document: OrderedJSON, _ settings: VeleroSettings, at now: Timestamp
  ) -> Result<ToolFindings, ToolTrouble> {
    guard let items = document["items"]?.items else {
      return .failure(ToolTrouble(.body, "the list of backups has no items"))
    }
    let found = items.compactMap { VeleroBackup($0) }
    guard found.count == items.count else {
      return .failure(
        ToolTrouble(.body, "the list of backups has \(items.count - found.count) without name or time"))
    }
    let wanted = found.filter { backup in
      settings.storageLocation.map { backup.storageLocation == $0 } ?? true
    }
    var findings = ToolFindings(wanted.map { $0.snapshot(acceptsPartial: settings.acceptsPartial, at: now) })
    findings.isRunning = wanted.contains { $0.isRunning }
    let expired = findings.snapshots.count { $0.rejection == .expired }
    findings.readings.append(Reading(BackupToolFamilies.expired, Double(expired)))
    return .success(findings)
  }

  private static func trouble(_ reply: ToolReply) -> ToolTrouble {
    let words = reply.complaint()
    let known: [(String, FailureReason, String)] = [
      ("doesn't have a resource type", .missing, "the cluster has no Velero"),
      ("Forbidden", .permission, "the account may not list backups.velero.io"),
      ("forbidden", .permission, "the account may not list backups.velero.io"),
      ("Unauthorized", .authentication, "the cluster does not accept the credentials"),
      ("must be logged in", .authentication, "the cluster does not accept the credentials"),
      ("x509", .certificateInvalid, "the cluster's certificate is not trusted"),
      ("no such host", .dns, "the cluster's name is not known"),
      ("refused", .refused, "the cluster is not there"),
      ("i/o timeout", .timeout, "the cluster does not answer"),
      ("no such file", .configuration, "the kubeconfig is not there"),
      ("context", .configuration, "the kubeconfig has no such context"),
    ]
    let found = known.first { words.contains($0.0) }
    return ToolTrouble(
      found?.1 ?? .other, "\(found?.2 ?? "kubectl ended with status \(reply.status)") (\(words))")
  }
}
