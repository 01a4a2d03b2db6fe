/// What a backup of several objects or files consists of.
package struct BackupMembers: Hashable, Sendable {
  /// Stands between a backup's name and its member's: the first time that it occurs behind the prefix.
  package var separator: String
  /// Each must fit at least one member. The first one names the member whose content is verified.
  package var required: [Glob]

  package init(separator: String = "/", required: [Glob]) {
    self.separator = separator
    self.required = required
  }

  /// nil when `name` is no member of a backup.
  func split(_ name: String) -> (backup: String, member: String)? {
    name.firstRange(of: separator).map { (String(name[..<$0.lowerBound]), String(name[$0.upperBound...])) }
  }

  /// One backup for all files of its name, with the place in `files` of the one to verify.
  func gather(_ files: [BackupFile]) -> (backups: [BackupFile], places: [Int]) {
    var backups: [BackupFile] = []
    var places: [Int] = []
    var found: [[Bool]] = []
    var known: [String: Int] = [:]
    for (place, file) in files.enumerated() {
      guard let (name, member) = split(file.name) else { continue }
      let number = known[name] ?? backups.count
      if number == backups.count {
        known[name] = number
        var first = file
        first.name = name
        first.size = 0
        first.content = .unverified
        backups.append(first)
        places.append(place)
        found.append(required.map { _ in false })
      }
      let (size, overflow) = backups[number].size.addingReportingOverflow(file.size)
      backups[number].size = overflow ? .max : size
      backups[number].modified = max(backups[number].modified, file.modified)
      backups[number].firstSeen = max(backups[number].firstSeen, file.firstSeen)
      for (condition, glob) in required.enumerated() where glob.matches(member) {
        found[number][condition] = true
        if condition == 0 { places[number] = place }
      }
    }
    for number in backups.indices {
      let isWhole = found[number].allSatisfy { $0 }
      backups[number].content = isWhole ? files[places[number]].content : .bad(.membersMissing)
    }
    return (backups, places)
  }
}
