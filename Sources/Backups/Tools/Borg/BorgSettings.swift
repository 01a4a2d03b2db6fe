package import Collecting
package import Model

/// The archives of one Borg repository, all or those whose names match.
package struct BorgSettings: ToolBackupSettings {
  package static let kind = "borg"

  package var basics: BackupBasics
  package var program: ToolProgram
  package var rules = ToolRules()
  /// A path, or `ssh://user@host:port/path`.
  package var repository: String
  package var passphraseFile: String?
  /// `sh:db-*`: archives of other names are not looked at.
  package var match: String?
  /// Where Borg keeps what it knows of repositories; without it an account's home is needed.
  package var baseDirectory: String?
  /// A program in place of `ssh`, with its options.
  package var remoteShell: String?
  /// Ask for the size of archives, one in each collection; Borg builds its cache for it, which may take long.
  package var asksSizes = false
  /// Borg refuses a repository that it knows from elsewhere, unless it is told that it was moved.
  package var allowsRelocated = false
  /// Seconds that it waits for the lock of a running backup.
  package var lockWait: Duration = .seconds(5)

  package init(basics: BackupBasics, program: ToolProgram, repository: String) {
    self.basics = basics
    self.program = program
    self.repository = repository
    if basics.repo.isEmpty {
      self.basics.repo =
        repository.split(whereSeparator: { $0 == "/" || $0 == ":" }).last.map(String.init) ?? "borg"
    }
  }

  package static var families: [MetricFamily] { BackupFamilies.all + BackupToolFamilies.common }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    var settings = self
    var environment = [
      // Times are local and say no offset.
      "TZ": "UTC",
      "BORG_RELOCATED_REPO_ACCESS_IS_OK": allowsRelocated ? "yes" : "no",
      "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
      "BORG_EXIT_CODES": "modern",
    ]
    if let baseDirectory { environment["BORG_BASE_DIR"] = baseDirectory }
    if let remoteShell { environment["BORG_RSH"] = remoteShell }
    settings.program.environment.merge(environment) { _, ours in ours }
    if let passphraseFile { settings.program.secrets["BORG_PASSPHRASE"] = .file(passphraseFile) }
    return try settings.collector(BorgDialogue(self), clients)
  }
}
