extension Dashboard {
  static let overview = Dashboard(
    uid: "farwatch-overview", title: "Farwatch / Overview",
    description: "Is each region alive, what would failing over now cost, and what fires?", from: "now-6h",
    variables: [.region, .link, .job],
    rows: [
      Row("Now", [regions, dataAtRisk, lossObjective, backupObjective, recoveryTime, firing]),
      Row("Failover timeline", [regionTimeline, primaryTimeline, servingTimeline]),
      Row("What regions are made of", [zoneTimeline, tierTimeline, tierShare]),
      Row("Traffic", [steeringShare, answerShare, latency, checksDown]),
      Row("Against the objectives", [lossCourse, backupCourse, availability]),
      Row("Alerts", [.alerts("Firing alerts")]),
    ])

  private static let regions = Panel(
    "Regions", "The confirmed state of each region, rolled up from its checks.", .stat(sparkline: false),
    [Query(Expressions.regionHealth, "{{region}}")], unit: .plain, names: ValueName.health, width: 5,
    height: 6)

  private static let dataAtRisk = Panel(
    "A failover would lose",
    "Age of the newest state that each target is known to have (RPO, actual). It grows while nothing tells.",
    .stat(sparkline: true), [Query(Expressions.recoveryPointAge, "{{link}} → {{target_region}}")],
    unit: .seconds, width: 5, height: 6, whenEmpty: "no link is watched",
    opens: Panel.Opening(dashboard: "farwatch-replication", variable: "link", label: "link"))

  private static let lossObjective = Panel(
    "Of the allowed loss",
    "Recovery point age against its objective: beyond 100 % a failover loses too much.",
    .barGauge, [Query(Expressions.objectiveUsed, "{{link}} → {{target_region}}")], unit: .ratio,
    thresholds: Threshold.rising(0.8, 1), width: 4, height: 6,
    whenEmpty: "no link is watched, or rules/dashboards.yml is not loaded")

  private static let backupObjective = Panel(
    "Backups, of the allowed age", "Age of the newest good backup against its objective.", .barGauge,
    [Query(Expressions.backupObjectiveUsed, "{{job}} {{region}}")], unit: .ratio,
    thresholds: Threshold.rising(0.8, 1), width: 4, height: 6,
    whenEmpty: "no backup is watched, or rules/dashboards.yml is not loaded",
    opens: Panel.Opening(dashboard: "farwatch-backups", variable: "job", label: "job"))

  /// Only what was measured: a failover, or a drill.
  private static let recoveryTime = Panel(
    "Time to recover (RTO)", "How long the newest failover of each workload took, and what is allowed.",
    .stat(sparkline: false),
    [
      Query("max by (workload, to) (farwatch_failover_recovery_time_seconds)", "{{workload}} → {{to}}"),
      Query("max by (workload) (farwatch_objective_recovery_time_seconds)", "{{workload}} allowed"),
    ], unit: .seconds, width: 3, height: 6, whenEmpty: "not measured: no workload has failed over")

  private static let firing = Panel(
    "Alerts", "Alerts that fire and that wait for their `for`.", .stat(sparkline: false),
    [Query("max by (state) (farwatch_alerts)", "{{state}}")], thresholds: Threshold.few, width: 3, height: 6)

  private static let regionTimeline = Panel(
    "Region states", "When each region was up, degraded, unknown or down.", .stateTimeline,
    [Query(Expressions.regionHealth, "{{region}}")], unit: .plain, names: ValueName.health, width: 24,
    height: 6)

  private static let primaryTimeline = Panel(
    "Who accepts writes",
    "The role of each database over time: where the bands change, somebody failed over.",
    .stateTimeline, Expressions.primaries, unit: .plain,
    names: ValueName.yes("primary", no: "replica", colours: (.blue, .text)), height: 6,
    whenEmpty: "no database of a link tells its role")

  private static let servingTimeline = Panel(
    "Who serves", "The regions that DNS and the answers agree on.", .stateTimeline,
    [
      Query(
        "max by (service, region) (farwatch_serving_region{region=~\"$region\"})", "{{service}} {{region}}")
    ],
    unit: .plain, names: ValueName.yes("serves", no: "idle", colours: (.blue, .text)), height: 6,
    whenEmpty: "no service is watched with both steering and marker")

  private static let zoneTimeline = Panel(
    "Zone states", "Availability zones of a region stand in for each other; rolled up from their tiers.",
    .stateTimeline,
    [Query(Expressions.health("farwatch_zone_state", by: "region, zone"), "{{region}} {{zone}}")],
    unit: .plain, names: ValueName.health, width: 9, height: 6, whenEmpty: "no check names a zone")

  private static let tierTimeline = Panel(
    "Tier states", "Checks of a tier stand in for each other; a region needs each of its tiers.",
    .stateTimeline,
    [
      Query(
        Expressions.health("farwatch_tier_state", by: "region, zone, tier"), "{{region}} {{zone}} {{tier}}")
    ],
    unit: .plain, names: ValueName.health, width: 9, height: 6, whenEmpty: "no check names a tier")

  private static let tierShare = Panel(
    "Tiers, known to be well", "Part of each tier's weight; the tier is down below what it is said to need.",
    .barGauge,
    [
      Query(
        "min by (region, zone, tier) (farwatch_tier_healthy_ratio{region=~\"$region\"})",
        "{{region}} {{zone}} {{tier}}")
    ], unit: .ratio, thresholds: Threshold.falling(0.5, 1), width: 6, height: 6,
    whenEmpty: "no check names a tier")

  private static let steeringShare = Panel(
    "Where DNS sends people", "Part of the resolvers' answers that name each region.",
    .timeSeries(stacked: true),
    [
      Query(
        "max by (service, region) (farwatch_steering_share{region=~\"$region|unknown\"})",
        "{{service}} {{region}}")
    ],
    unit: .ratio, whenEmpty: "no steering is watched")

  private static let answerShare = Panel(
    "Who answers", "Part of the answers at the front door that came from each region.",
    .timeSeries(stacked: true),
    [
      Query(
        "max by (service, region) (farwatch_marker_share{region=~\"$region|unknown\"})",
        "{{service}} {{region}}")
    ],
    unit: .ratio, whenEmpty: "no marker is watched")

  private static let latency = Panel(
    "How long checks take", "The slowest watcher of each check.", .timeSeries(stacked: false),
    [Query("max by (region, check) (probe_duration_seconds{region=~\"$region\"})", "{{region}} {{check}}")],
    unit: .seconds)

  private static let checksDown = Panel(
    "Checks that are down", "How many checks of each region are confirmed to be down.",
    .timeSeries(stacked: true),
    [
      Query(
        """
        sum by (region) (max by (region, check) (farwatch_check_state{state="down", region=~"$region"}))
        """, "{{region}}")
    ])

  private static let lossCourse = Panel(
    "Recovery point age, of the objective", "1 is the objective.", .timeSeries(stacked: false),
    [Query(Expressions.objectiveUsed, "{{link}} → {{target_region}}")], unit: .ratio,
    thresholds: Threshold.rising(0.8, 1), width: 9,
    whenEmpty: "no link is watched, or rules/dashboards.yml is not loaded")

  private static let backupCourse = Panel(
    "Backup age, of the objective", "1 is the objective.", .timeSeries(stacked: false),
    [Query(Expressions.backupObjectiveUsed, "{{job}} {{region}}")], unit: .ratio,
    thresholds: Threshold.rising(0.8, 1), width: 9,
    whenEmpty: "no backup is watched, or rules/dashboards.yml is not loaded")

  private static let availability = Panel(
    "Available over the time shown",
    "Share of the time in which the region was up or degraded; unknown counts as not.",
    .barGauge,
    [Query("avg by (region) (avg_over_time(\(Expressions.regionAvailable)[$__range]))", "{{region}}")],
    unit: .ratio, thresholds: Threshold.falling(0.99, 0.999), width: 6)
}
