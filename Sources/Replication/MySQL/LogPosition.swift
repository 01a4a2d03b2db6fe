/// A place in a server's binary log, in file and bytes. Comparable among files of one name.
package struct BinlogPosition: Equatable, Sendable {
  package let name: String
  package let number: UInt64
  package let offset: UInt64

  /// `bin.000012` and an offset. nil for anything else.
  package init?(file: String?, offset: String?) {
    guard let file, let dot = file.lastIndex(of: "."), let offset = offset.flatMap({ UInt64($0) }),
      let number = UInt64(file[file.index(after: dot)...])
    else { return nil }
    name = String(file[..<dot])
    self.number = number
    self.offset = offset
  }
}

/// How far a server has come, in the terms that it and its peers understand.
package enum LogPosition: HistoryPosition {
  /// MariaDB: sequence numbers by domain.
  case domains([UInt32: UInt64])
  /// MySQL with GTIDs.
  case transactions(GTIDSet)
  /// Neither: the source's file and offset.
  case file(BinlogPosition)

  /// Whether who stands here has everything of `other`; false for positions of another kind.
  package func includes(_ other: LogPosition) -> Bool {
    switch (self, other) {
    case (.domains(let mine), .domains(let theirs)): theirs.allSatisfy { (mine[$0.key] ?? 0) >= $0.value }
    case (.transactions(let mine), .transactions(let theirs)): mine.includes(theirs)
    case (.file(let mine), .file(let theirs)):
      mine.name == theirs.name && (mine.number, mine.offset) >= (theirs.number, theirs.offset)
    default: false
    }
  }

  /// Both together, for positions of one kind; the first where they cannot be joined.
  package func joined(_ other: LogPosition?) -> LogPosition {
    switch (self, other) {
    case (.domains(let mine), .domains(let theirs)): .domains(mine.merging(theirs) { max($0, $1) })
    case (.transactions(let mine), .transactions(let theirs)): .transactions(mine.union(theirs))
    case (_, let other?): other.includes(self) ? other : self
    case (_, nil): self
    }
  }
}

/// When a MySQL source had come how far.
package typealias LogHistory = PositionHistory<LogPosition>
