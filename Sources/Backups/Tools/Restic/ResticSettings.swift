package import Collecting
package import Model

/// The snapshots of one restic repository, all or those of a host, of tags or of paths.
package struct ResticSettings: ToolBackupSettings {
  package static let kind = "restic"

  package enum Repository: Hashable, Sendable {
    case location(String)
    /// A file that holds the location, for one with a password in it.
    case file(String)
  }

  package var basics: BackupBasics
  package var program: ToolProgram
  package var rules = ToolRules()
  package var repository: Repository
  package var passwordFile: String?
  /// A program that prints the password, as restic runs it.
  package var passwordCommand: String?
  package var host: String?
  /// A snapshot must have all of them.
  package var tags: [String] = []
  /// A snapshot must be of exactly this.
  package var path: String?
  /// Where restic may keep a cache; nil: none, so that what is listed is what the repository has.
  package var cacheDirectory: String?
  package var checksLocks = true
  /// A running restic renews its lock every five minutes; restic itself takes half an hour for stale.
  package var staleLockAge: Duration = .seconds(30 * 60)
  /// Ask for the size of snapshots that do not tell it, one in each collection: restic before 0.17.
  package var asksSizes = false

  package init(basics: BackupBasics, program: ToolProgram, repository: Repository) {
    self.basics = basics
    self.program = program
    self.repository = repository
    if basics.repo.isEmpty { self.basics.repo = Self.label(repository) }
  }

  /// The location's last part: it has no user and no password in it.
  private static func label(_ repository: Repository) -> String {
    switch repository {
    case .location(let text), .file(let text):
      text.split(whereSeparator: { $0 == "/" || $0 == ":" }).last.flatMap {
        $0.split(separator: "@").last
      }.map(String.init) ?? "restic"
    }
  }

  package static var families: [MetricFamily] {
    BackupFamilies.all + BackupToolFamilies.common + BackupToolFamilies.lockFamilies
  }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    try collector(ResticDialogue(self), clients)
  }
}
