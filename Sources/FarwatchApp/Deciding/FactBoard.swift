internal import Backups
internal import Collecting
internal import Model
internal import Probing
internal import Readiness

/// Keeps what outcomes say of links, backups, traffic and probes, as readiness is decided from it.
///
/// What falls silent keeps what it last said, with the moment of it: its age tells, and it grows.
struct FactBoard {
  private(set) var links: [Facts.Edge: Facts.Link] = [:]
  /// By job, then by the collector that looks at one of its places.
  private var places: [String: [TargetKey: Facts.Backup]] = [:]
  private(set) var traffic: [String: Facts.Traffic] = [:]
  private(set) var writers: [Facts.Place: Facts.Writer] = [:]
  private(set) var probes: [Facts.Place: Facts.Probe] = [:]
  /// When somebody must have looked again at what sends people: older is not known.
  private var trafficPatience: [String: Duration] = [:]

  /// How long a collector may bring nothing before what it said is stale: three of its rounds.
  static func patience(_ description: CollectorDescription) -> Duration {
    max(.seconds(5), (description.interval + description.timeout) * 3)
  }

  /// Takes up what a collector brought.
  mutating func take(_ outcome: Outcome, from plan: TargetPlan) {
    if let link = plan.settings as? any ReplicationLinkSettings {
      take(outcome, ofLink: link.basics, plan.description)
    } else if let backup = plan.settings as? any BackupJobSettings {
      take(outcome, ofJob: backup.basics, plan.description)
    } else if let check = plan.check {
      if check.isCanary { return }
      switch CheckState.Evidence(outcome) {
      case .none: break
      case let evidence:
        probes[Facts.Place(check.name, check.region)] = Facts.Probe(
          succeeded: evidence == .success, finishedAt: outcome.finishedAt)
      }
    } else {
      takeTraffic(outcome, plan.description)
    }
  }

  /// Forgets what belongs to collectors that are gone.
  mutating func keepOnly(_ plans: some Collection<TargetPlan>) {
    var names: Set<String> = []
    var checks: Set<Facts.Place> = []
    var keys: Set<TargetKey> = []
    for plan in plans {
      if let link = plan.settings as? any ReplicationLinkSettings { names.insert(link.basics.link) }
      if let check = plan.check { checks.insert(Facts.Place(check.name, check.region)) }
      keys.insert(TargetKey(plan.description))
    }
    links = links.filter { names.contains($0.key.link) }
    writers = writers.filter { names.contains($0.key.name) }
    probes = probes.filter { checks.contains($0.key) }
    let others = Set(keys.map(\.name))
    traffic = traffic.filter { others.contains($0.key) }
    places = places.mapValues { $0.filter { keys.contains($0.key) } }.filter { !$0.value.isEmpty }
  }

  /// All of it as facts of `now`; what says where people are sent counts only while it is fresh.
  func facts(at now: Timestamp) -> Facts {
    var facts = Facts(now: now)
    facts.links = links
    facts.writers = writers
    facts.probes = probes
    facts.traffic = traffic.filter { now - $0.value.measuredAt <= trafficPatience[$0.key] ?? .seconds(60) }
    for (job, found) in places {
      facts.backups[job] = found.values.max {
        ($0.newestGood ?? Timestamp(milliseconds: .min)) < ($1.newestGood ?? Timestamp(milliseconds: .min))
      }
    }
    return facts
  }

  // MARK: Links

  private mutating func take(_ outcome: Outcome, ofLink link: LinkBasics, _ description: CollectorDescription)
  {
    var heard: Set<String> = []
    for reading in outcome.readings {
      switch reading.family {
      case ReplicationFamilies.recoveryPoint, ReplicationFamilies.up:
        guard let target = reading.labels["target_region"] else { continue }
        let edge = Facts.Edge(link.link, target)
        var fact = links[edge] ?? Facts.Link(source: link.sourceRegion, patience: Self.patience(description))
        if reading.family == ReplicationFamilies.recoveryPoint {
          fact.recoveryPoint = Timestamp(seconds: reading.value)
        } else if reading.value == 1 {
          (fact.wholeAt, fact.isBroken) = (outcome.finishedAt, false)
        } else {
          fact.isBroken = !Self.isSilence(outcome.reason)
        }
        links[edge] = fact
      case ReplicationFamilies.splitBrain:
        for target in link.targetRegions {
          links[Facts.Edge(link.link, target)]?.isSplit = reading.value == 1
        }
      case ReplicationFamilies.writer:
        guard let region = reading.labels["region"] else { continue }
        heard.insert(region)
        writers[Facts.Place(link.link, region)] = Facts.Writer(
          accepts: reading.value == 1, at: outcome.finishedAt)
      default: continue
      }
    }
    for region in [link.sourceRegion] + link.targetRegions where !heard.contains(region) {
      let place = Facts.Place(link.link, region)
      guard var fact = writers[place], !fact.isSilent else { continue }
      (fact.isSilent, fact.silentSince) = (true, outcome.startedAt)
      writers[place] = fact
    }
  }

  /// Nobody answered, which may be the network's fault: not what a broken link is.
  private static func isSilence(_ reason: FailureReason?) -> Bool {
    switch reason {
    case .timeout?, .dns?, .refused?, .reset?, .unreachable?, .limit?, .overrun?, .io?: true
    default: false
    }
  }

  // MARK: Backups

  private mutating func take(_ outcome: Outcome, ofJob job: BackupBasics, _ description: CollectorDescription)
  {
    let key = TargetKey(description)
    var fact =
      places[job.job]?[key]
      ?? Facts.Backup(patience: Self.patience(description), objective: job.objectiveAge)
    fact.objective = job.objectiveAge
    if outcome.succeeded { fact.measuredAt = outcome.finishedAt }
    for reading in outcome.readings {
      switch reading.family {
      case BackupFamilies.lastSuccess: fact.newestGood = Timestamp(seconds: reading.value)
      case BackupFamilies.restoreTested: fact.restoreTested = Timestamp(seconds: reading.value)
      case BackupFamilies.restoreTook: fact.restoreTook = .milliseconds(Int64(reading.value * 1000))
      default: continue
      }
    }
    places[job.job, default: [:]][key] = fact
  }

  // MARK: Traffic

  /// Of a collector that has several of these families the first one counts: what both sides agree on.
  private static let shareFamilies = [
    "serving": ServingSettings.region, "marker": MarkerSettings.share, "steering": SteeringSettings.share,
  ]

  private mutating func takeTraffic(_ outcome: Outcome, _ description: CollectorDescription) {
    guard let family = Self.shareFamilies[description.kind] else { return }
    var shares: [String: Double] = [:]
    for reading in outcome.readings where reading.family == family {
      guard let region = reading.labels["region"], region != RegionMap.unknown else { continue }
      shares[region, default: 0] += reading.value
    }
    guard !shares.isEmpty else { return }
    trafficPatience[description.name] = Self.patience(description)
    traffic[description.name] = Facts.Traffic(shares: shares, measuredAt: outcome.finishedAt)
  }
}
