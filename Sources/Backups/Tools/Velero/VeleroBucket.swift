internal import Collecting
internal import Model
internal import ObjectStores

/// What Velero left in a bucket: below `backups/NAME/` the record `velero-backup.json`, which is written when the
/// backup's phase is final, and the archive `NAME.tar.gz`. No clock, no network.
///
/// Records are read once for each version of them, the newest first.
struct VeleroBucket: Sendable {
  /// A record has some kilobytes; one with thousands of names in it has more.
  static let recordBytes: UInt64 = 8 << 20
  static let objectsLimit = 500_000

  private struct Folder {
    var record: ObjectEntry?
    var archive: ObjectEntry?
    var newest: Timestamp?
  }

  private struct Known {
    var version: String
    /// nil: it cannot be read as a record.
    var backup: VeleroBackup?
  }

  private let settings: VeleroStoreSettings
  /// Ends with a slash.
  let root: String
  private var folders: [String: Folder] = [:]
  private var objects = 0
  private var known: [String: Known] = [:]

  init(_ settings: VeleroStoreSettings) {
    self.settings = settings
    let prefix = settings.prefix.split(separator: "/").joined(separator: "/")
    root = prefix.isEmpty ? "backups/" : "\(prefix)/backups/"
  }

  mutating func begin() {
    folders = [:]
    objects = 0
  }

  /// nil: go on.
  mutating func take(_ page: ListingPage) -> ToolTrouble? {
    objects += page.entries.count
    if objects > Self.objectsLimit {
      return ToolTrouble(.limit, "more than \(Self.objectsLimit) objects lie under \"\(root)\"")
    }
    for entry in page.entries where !entry.isFolder && entry.name.hasPrefix(root) {
      let parts = entry.name.dropFirst(root.count).split(separator: "/", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let name = String(parts[0])
      var folder = folders[name] ?? Folder()
      if parts[1] == "velero-backup.json" { folder.record = entry }
      if parts[1] == "\(name).tar.gz" { folder.archive = entry }
      folder.newest = [folder.newest, entry.modified].compactMap { $0 }.max()
      folders[name] = folder
    }
    return nil
  }

  /// The listing is whole: what is gone is forgotten.
  mutating func listed() {
    known = known.filter { name, record in folders[name]?.record.map(Self.version) == record.version }
  }

  /// Records that were not read yet, of how many.
  var unread: (count: Int, all: Int) {
    let records = folders.filter { $0.value.record != nil }
    return (records.count { known[$0.key] == nil }, records.count)
  }

  /// The newest record that was not read yet.
  var next: (name: String, entry: ObjectEntry)? {
    let start = Timestamp(milliseconds: .min)
    let unread = folders.lazy.compactMap { name, folder in
      folder.record.flatMap { known[name] == nil ? (name: name, entry: $0) : nil }
    }
    return unread.max {
      ($0.entry.modified ?? start, $0.name) < ($1.entry.modified ?? start, $1.name)
    }
  }

  /// nil as bytes: it cannot be read, as in an archive tier.
  mutating func heard(_ bytes: [UInt8]?, of name: String, _ entry: ObjectEntry) {
    var backup: VeleroBackup?
    if let bytes, let document = try? JSONText.parse(bytes), document["kind"]?.text == "Backup" {
      backup = VeleroBackup(document)
    }
    // A record that was copied into another's folder says nothing of it.
    if backup?.name != name { backup = nil }
    known[name] = Known(version: Self.version(entry), backup: backup)
  }

  /// It was deleted or written anew since it was listed.
  mutating func vanished(_ name: String) { folders[name] = nil }

  private static func version(_ entry: ObjectEntry) -> String {
    "\(entry.version) \(entry.size) \(entry.modified?.milliseconds ?? 0)"
  }

  func findings(at now: Timestamp) -> ToolFindings {
    var findings = ToolFindings([])
    var running = false
    var odd: [String] = []
    for (name, folder) in folders.sorted(by: { byteOrder($0.key, $1.key) }) {
      guard folder.record != nil else {
        if isWanted(name) { findings.snapshots.append(left(name, folder, .unfinished, now)) }
        continue
      }
      guard let backup = known[name]?.backup else {
        guard isWanted(name) else { continue }
        odd.append(name)
        findings.snapshots.append(left(name, folder, .unreadable, now))
        continue
      }
      if let schedule = settings.schedule, backup.schedule != schedule { continue }
      running = running || backup.isRunning
      var snapshot = backup.snapshot(acceptsPartial: settings.acceptsPartial, at: now)
      snapshot.size = folder.archive?.size
      // The record is put there before the archive, and taken back when that fails.
      if snapshot.rejection == nil, folder.archive == nil { snapshot.rejection = .unfinished }
      findings.snapshots.append(snapshot)
    }
    findings.isRunning = running
    let expired = findings.snapshots.count { $0.rejection == .expired }
    findings.readings.append(Reading(BackupToolFamilies.expired, Double(expired)))
    if let first = odd.first {
      findings.warning = ToolTrouble(
        .body,
        "\(odd.count) records cannot be read as Velero's, the first is \(root)\(first.prefix(200))/velero-backup.json"
      )
    }
    return findings
  }

  /// What has no record to tell its schedule by has its name only, as Velero makes it: SCHEDULE-TIME.
  private func isWanted(_ name: String) -> Bool {
    settings.schedule.map { name.hasPrefix("\($0)-") } ?? true
  }

  private func left(
    _ name: String, _ folder: Folder, _ rejection: SnapshotRejection, _ now: Timestamp
  ) -> ToolSnapshot {
    var snapshot = ToolSnapshot(id: name, time: folder.newest ?? now)
    snapshot.size = folder.archive?.size
    snapshot.rejection = rejection
    return snapshot
  }
}
