package import Collecting

/// What the content of a backup must be, and how much may be read to find out.
package struct BackupContentRules: Hashable, Sendable {
  /// Decompress each file to its end; the trailer is then looked for in what came out.
  package var gzip = false
  package var trailer = DumpTrailer.none
  /// What the beginning and the end of each file must look like; the middle is not read.
  package var archive: ArchiveKind?
  /// Decompressed bytes after which a file counts as not verified.
  package var decompressedLimit: UInt64 = 1 << 40
  /// Bytes of files read in a second; nil for as fast as the disk gives them.
  package var bytesPerSecond: UInt64?
  /// Files older than the newest good one that are verified in one pass, until all were once.
  package var olderFilesPerPass = 1

  /// Whether there is anything to look for.
  package var isNeeded: Bool { gzip || archive != nil || trailer != .none }

  package init(gzip: Bool = false, trailer: DumpTrailer = .none) {
    self.gzip = gzip
    self.trailer = trailer
  }
}

/// A backup job whose backups are files with content that can be read.
package protocol VerifiedBackupSettings: BackupJobSettings {
  var verify: BackupContentRules { get set }
}
