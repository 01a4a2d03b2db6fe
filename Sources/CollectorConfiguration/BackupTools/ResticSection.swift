internal import Backups
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import StrictYAML

/// `restic:` of a backup job.
enum ResticSection {
  static func read(_ m: MappingReader, _ basics: BackupBasics, _ scope: Scope) -> any BackupJobSettings {
    var backup = ResticSettings(
      basics: basics, program: ToolProgramSection.read(m, scope, usual: "/usr/bin/restic"),
      repository: repository(m, scope))
    backup.rules = ToolProgramSection.rules(m, basics, scope, hasFull: false)
    m.atMostOne(of: "password_file", "password_command")
    backup.passwordFile = m.optional("password_file", scope.paths.existing("the file of the password"))
    backup.passwordCommand = m.optional("password_command", .nonEmptyString)
    let variables = ["RESTIC_PASSWORD", "RESTIC_PASSWORD_FILE", "RESTIC_PASSWORD_COMMAND"]
    let isGiven = variables.contains {
      backup.program.environment[$0] != nil || backup.program.secrets[$0] != nil
    }
    if !m.has("password_file"), !m.has("password_command"), !isGiven {
      m.problem("missing key `password_file` (or `password_command`)")
    }
    backup.host = m.optional("host", .nonEmptyString)
    backup.tags = m.optional("tags", .list(.nonEmptyString)) ?? []
    if backup.tags.contains(where: { $0.contains(",") }) { m.problem("a tag has no comma", at: "tags") }
    backup.path = m.optional("path", .nonEmptyString)
    backup.cacheDirectory = m.optional("cache_directory", .nonEmptyString).map(scope.paths.resolve)
    backup.checksLocks = m.optional("check_locks", .bool) ?? true
    backup.staleLockAge =
      m.optional("stale_lock_age", .duration(.seconds(60) ... .seconds(30 * 86_400))) ?? backup.staleLockAge
    backup.asksSizes = m.optional("ask_sizes", .bool) ?? (basics.minimumSize > 1 || basics.sizeRatio != nil)
    return backup
  }

  private static func repository(_ m: MappingReader, _ scope: Scope) -> ResticSettings.Repository {
    m.atMostOne(of: "repository", "repository_file")
    let open = ToolProgramSection.name.validated { location in
      // `rest:https://user:password@host/`: everybody on the machine can read arguments.
      let parts = location.split(separator: "://", maxSplits: 1)
      let account = parts.count == 2 ? parts[1].lastIndex(of: "@").map { parts[1][..<$0] } : nil
      return account?.contains(":") == true
        ? "must not hold a password; name a file with `repository_file`" : nil
    }
    let location = m.optional("repository", open)
    let file = m.optional("repository_file", scope.paths.existing("the file of the repository's location"))
    if !m.has("repository"), !m.has("repository_file") {
      m.problem("missing key `repository` (or `repository_file`)")
    }
    return file.map { .file($0) } ?? .location(location ?? "")
  }
}
