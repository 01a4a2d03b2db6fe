internal import Model
internal import ObjectStores

/// One backup: an object, or several that belong together.
struct BackupUnit: Hashable, Sendable {
  /// Behind the prefix.
  var name: String
  var size: UInt64
  /// Of the member that came last.
  var modified: Timestamp
  /// Another one when any member is another.
  var version: String
  var isComplete = true
  /// What is read to verify it.
  var content: ObjectEntry?
  /// The whole name of its last object.
  var lastObject: String
  /// How many entries the listing had shown up to its last object.
  var ordinal = 0

  var isArchived: Bool { content?.isArchived ?? false }
  var key: String { "\(name)\u{0}\(version)" }
}

/// Makes backups out of the objects of a listing, which come in the order of their names, so that all members of one
/// backup follow each other. Keeps one unit at most.
struct UnitAssembler {
  private let prefix: String
  private let match: Glob
  private let members: BackupMembers?
  private var open: Open?

  private struct Open {
    var unit: BackupUnit
    var found: [Bool]
    var digest: UInt64 = 14_695_981_039_346_656_037
  }

  init(prefix: String, match: Glob, members: BackupMembers?) {
    self.prefix = prefix
    self.match = match
    self.members = members
  }

  /// - Returns: a unit that is complete with this entry, or that ended before it.
  mutating func add(_ entry: ObjectEntry, ordinal: Int) -> BackupUnit? {
    guard !entry.isUncommitted, !entry.isFolder, let modified = entry.modified,
      entry.name.utf8.starts(with: prefix.utf8)
    else { return nil }
    let name = String(decoding: entry.name.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
    guard let members else {
      guard match.matches(Self.lastPart(name)) else { return nil }
      return BackupUnit(
        name: name, size: entry.size, modified: modified, version: entry.version, content: entry,
        lastObject: entry.name, ordinal: ordinal)
    }
    guard let (group, rest) = members.split(name) else { return nil }
    let member = Self.lastPart(rest)
    let done = open?.unit.name == group ? nil : finish()
    guard match.matches(Self.lastPart(group)) else { return done }
    var unit =
      open
      ?? Open(
        unit: BackupUnit(
          name: group, size: 0, modified: modified, version: "", lastObject: entry.name),
        found: members.required.map { _ in false })
    unit.unit.size = unit.unit.size.addingReportingOverflow(entry.size).partialValue
    unit.unit.modified = max(unit.unit.modified, modified)
    unit.unit.lastObject = entry.name
    unit.unit.ordinal = ordinal
    for (place, glob) in members.required.enumerated() where glob.matches(member) {
      unit.found[place] = true
      if place == 0 { unit.unit.content = entry }
    }
    for byte in "\(member)\u{0}\(entry.version)\u{0}\(entry.size)".utf8 {
      unit.digest = (unit.digest ^ UInt64(byte)) &* 1_099_511_628_211
    }
    open = unit
    return done
  }

  /// The unit that is still open, at the end of the listing.
  mutating func finish() -> BackupUnit? {
    guard var done = open else { return nil }
    open = nil
    done.unit.isComplete = done.found.allSatisfy { $0 }
    done.unit.version = String(done.digest, radix: 16)
    return done.unit
  }

  private static func lastPart(_ name: String) -> String {
    name.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(name[name.index(after: $0)...]) } ?? name
  }
}
