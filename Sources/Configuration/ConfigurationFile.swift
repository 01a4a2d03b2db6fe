internal import AccessControl
internal import CloudWatchAlarms
internal import CollectorConfiguration
internal import Collecting
internal import ConfigurationTypes
internal import Drills
internal import Model
internal import Notifying
internal import Paging
internal import Readiness
package import StrictYAML

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Reads farwatch.yml. Every problem of the file is found in one pass; secrets are only ever named, by file or by
/// environment variable, and are read where they are used.
package enum ConfigurationFile {
  /// Paths inside the file are relative to its directory. Blocks: for the start, a reload and the command line.
  ///
  /// - Parameter isFormOnly: no other file need be there, and none is opened: the settings are good for nothing but
  ///   being counted.
  /// - Parameter isFromInput: the text comes from the standard input, and `path` is only its name. Paths inside are
  ///   then relative to the working directory.
  package static func load(
    _ path: String, isFormOnly: Bool = false, isFromInput: Bool = false
  ) throws(YAMLProblems) -> Settings {
    let problems = Problems(file: path)
    let text = YAML.text(ofFile: isFromInput ? "/dev/stdin" : path, problems, acceptsPipes: isFromInput)
    try problems.throwIfAny()
    let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let settings = parse(text ?? "", directory: directory, isFormOnly: isFormOnly, problems)
    try problems.throwIfAny()
    return settings
  }

  /// What `text` says; meaningless when there are problems.
  package static func parse(
    _ text: String, directory: String, isFormOnly: Bool = false, _ problems: Problems
  ) -> Settings {
    let paths = FilePaths(directory: directory, isFormOnly: isFormOnly)
    let warnings = Problems(file: problems.file)
    var settings = YAML.read(
      text, as: .mapping { readSettings($0, paths, warnings) }, problems)
    settings.warnings = warnings.list.map(\.description)
    return settings
  }

  private static func readSettings(
    _ m: MappingReader, _ paths: FilePaths, _ warnings: Problems
  ) -> Settings {
    let vantage = m.optional("vantage", .nonEmptyString) ?? hostName()
    let listen = m.optional("listen", .nonEmptyString.validated(ListenAddress.complaint)) ?? "127.0.0.1:9797"
    let state = m.optional("state", .nonEmptyString).map(paths.resolve) ?? "/var/lib/farwatch"
    let externalURL = m.optional("external_url", .nonEmptyString.validated(httpURLComplaint))
    let labels = m.optional("external_labels", .labels) ?? .empty
    let regions = m.optional("regions", .regions) ?? []
    if m.node("regions") == nil {
      // Whoever has just installed it is to see the page, which says what to do next.
      warnings.add("no `regions`: nothing is watched", at: .start)
    }
    var scope = Scope(regions: regions.map(\.name), vantage: vantage, paths: paths)
    let health = m.optional("health", .mapping { HealthSection.read($0, scope) }) ?? HealthSection.Plan()
    scope.pushIDs = health.pushIDs
    let links = ReplicationSection.read(m, scope)
    let backups = BackupSection.read(m, scope)
    let measurements = MeasurementSection.read(m, scope)
    let ruleFiles = m.optional("rule_files", .list(.located(YAMLType<String>.nonEmptyString))) ?? []
    let policies = m.optional("alerting", .mapping(AlertingSection.read)) ?? []
    var notifying = NotifyingSection.read(m, paths)
    let paging = PagingSection.read(m, scope, topics: notifying.topics.map(\.name))
    notifying.alertsPerPage = paging.alertsPerPage
    NotifyingSection.warn(notifying, paging.routes, m, warnings)
    let alarms = AlarmsSection.read(m, scope, topics: notifying.topics.map(\.name))
    if ruleFiles.isEmpty, m.node("rule_files") == nil || m.node("rule_files")?.content.isEmptyList == true {
      if !m.has("alarms") {
        warnings.add("no `rule_files`: everything is measured, but no alert can ever fire", at: .start)
      }
    }
    if ListenAddress.isWildcard(listen), !m.has("external_url"), notifying.asksForConfirmation {
      m.problem(
        "needs `external_url` beside it: receivers confirm by a link, and \"\(listen)\" leads nowhere",
        at: "listen")
    }
    let store =
      m.optional("store", .mapping { StoreSection.read($0) }) ?? StoreSection.defaults
    let connections = m.optional("connections_per_address", .int(1...512)) ?? 64
    var settings = Settings(
      vantage: vantage, listen: listen, stateDirectory: state, externalURL: externalURL,
      externalLabels: labels,
      regions: regions, checks: health.checks, links: links, backups: backups,
      ruleFiles: expand(ruleFiles, paths, m.problems), alertPolicies: policies,
      notifying: notifying, store: store, connectionsPerAddress: connections)
    // Each is a connection, and may leave a mebibyte unread.
    settings.eventStreams = m.optional("event_streams", .int(0...1000)) ?? settings.eventStreams
    settings.measurements = measurements
    settings.calculated = health.calculated
    settings.canariesNeeded = health.canariesNeeded
    let peers = measurements.count { $0.description.kind == "peer" }
    settings.quorum = m.optional("quorum", .mapping { QuorumSection.read($0, peers: peers) })
    if settings.quorum == nil, peers > 0 { settings.quorum = Quorum() }
    settings.workloads = m.optional("workloads", WorkloadSection.list(scope, .init(settings))) ?? []
    let names = settings.workloads.map(\.name)
    settings.drills =
      m.optional("drills", .mapping { DrillSection.read($0, workloads: names) }) ?? settings.drills
    settings.remoteWrite = m.optional("remote_write", .mapping(RemoteWriteSection.read))
    settings.probeEndpoint = m.optional(
      "probe_endpoint",
      .mapping {
        ProbeEndpointSection.read($0, scope, listen: .nonEmptyString.validated(ListenAddress.complaint))
      })
    settings.query = m.optional("query", .mapping { QuerySection.read($0) }) ?? settings.query
    settings.paging = paging
    settings.trustedClients = (m.optional("trusted_clients", .list(addressRange)) ?? []).compactMap { $0 }
    settings.access = m.optional("access", .mapping { AccessSection.read($0, paths) }) ?? AccessPlan()
    settings.alarmFiles = alarms.files
    settings.alarmContext = alarms.context
    settings.alarmContext.parameters.merge(
      ["AWS::Region": notifying.arnRegion, "AWS::AccountId": notifying.account]
    ) { own, _ in own }
    settings.alarmPlaces = alarms.places
    settings.heartbeats = m.optional("heartbeats", HeartbeatSection.list(paths)) ?? []
    settings.proofs = m.optional("proofs", .mapping(ProofSection.read)) ?? settings.proofs
    settings.journal = m.optional("journal", .mapping(JournalSection.read)) ?? settings.journal
    settings.unsetVariables = paths.isFormOnly ? [] : unsetVariables(m, warnings.file)
    return settings
  }

  private static func unsetVariables(_ m: MappingReader, _ file: String) -> [String] {
    let unset = Problems(file: file)
    UnsetVariables.warn(m.allEntries, unset)
    return unset.list.map(\.description)
  }

  /// Patterns in place of paths; a name that matches nothing is a problem, for a rule file that is silently not
  /// there is a page that never comes.
  private static func expand(
    _ patterns: [(value: String, node: YAMLNode)], _ paths: FilePaths, _ problems: Problems
  ) -> [String] {
    var found: [String] = []
    if paths.isFormOnly { return found }
    for (pattern, node) in patterns {
      // Unit tests of rules lie beside them and are no rules.
      let all = paths.matching(paths.resolve(pattern))
      let files = all.filter { !$0.hasSuffix("_test.yml") }
      if all.isEmpty {
        problems.add("no file matches \"\(pattern)\" (looked in \(paths.directory))", at: node)
      } else if files.isEmpty {
        problems.add("only unit tests of rules (`_test.yml`) match \"\(pattern)\"", at: node)
      }
      for file in files where !found.contains(file) { found.append(file) }
    }
    return found
  }

  private static var addressRange: YAMLType<AddressRange?> {
    .scalar("an address or a range such as 10.0.0.0/8", placeholder: nil) { text in
      AddressRange(text).map { .some($0) }
    }
  }

  private static func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
