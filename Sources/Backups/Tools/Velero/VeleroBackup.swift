internal import Model

/// One of Velero's Backup objects, from the cluster or from the bucket: the same document.
struct VeleroBackup: Sendable {
  static let scheduleLabel = "velero.io/schedule-name"

  let name: String
  /// When it began: what changed later need not be in it. One that waits has not begun.
  let time: Timestamp
  let phase: String
  let schedule: String?
  let storageLocation: String?
  private let completed: Timestamp?
  private let expires: Timestamp?
  private let errors: Int

  /// nil: it has no name or no time.
  init?(_ item: OrderedJSON) {
    let status = item["status"]
    guard let name = item["metadata"]?["name"]?.text,
      let time = status?["startTimestamp"]?.time ?? item["metadata"]?["creationTimestamp"]?.time
    else { return nil }
    self.name = name
    self.time = time
    phase = status?["phase"]?.text ?? ""
    schedule = item["metadata"]?["labels"]?[Self.scheduleLabel]?.text
    storageLocation = item["spec"]?["storageLocation"]?.text
    completed = status?["completionTimestamp"]?.time
    expires = status?["expiration"]?.time
    errors = status?["errors"]?.integer ?? 0
  }

  var isRunning: Bool { phase == "InProgress" || phase.hasPrefix("Finalizing") }

  /// - Parameter acceptsPartial: whether one of which some items failed is good.
  func snapshot(acceptsPartial: Bool, at now: Timestamp) -> ToolSnapshot {
    var snapshot = ToolSnapshot(id: name, time: time)
    switch phase {
    case "Completed":
      // A phase without a completion is half an object.
      if completed == nil { snapshot.rejection = .unfinished }
      if errors > 0, !acceptsPartial { snapshot.rejection = .failed }
    case "PartiallyFailed": snapshot.rejection = acceptsPartial ? nil : .failed
    case "Failed", "FailedValidation": snapshot.rejection = .failed
    default: snapshot.rejection = .unfinished
    }
    if snapshot.rejection == nil, let expires, expires <= now { snapshot.rejection = .expired }
    return snapshot
  }
}
