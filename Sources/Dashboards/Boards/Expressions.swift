/// Queries that more than one dashboard asks. Each aggregates by name, so that it gives the same whether Farwatch
/// itself answers it or a Prometheus that adds labels of its own, and one series where several Farwatches watch the same.
enum Expressions {
  /// 0 up, 1 degraded, 2 unknown, 3 down: what the watcher says that sees the worst.
  static let regionHealth = health("farwatch_region_state", by: "region")

  /// The same of what a region is made of: a family that has a series for each state.
  static func health(_ family: String, by labels: String) -> String {
    func state(_ name: String) -> String {
      "sum without (state) (\(family){state=\"\(name)\", region=~\"$region\"})"
    }
    return """
      max by (\(labels)) (
        \(state("degraded"))
          + 2 * \(state("unknown"))
          + 3 * \(state("down"))
      )
      """
  }

  /// How old the newest state is that the target is known to have: what a failover would lose now.
  static let recoveryPointAge = """
    time() - max by (link, source_region, target_region) (
      farwatch_replication_recovery_point_timestamp_seconds{link=~"$link"}
    )
    """

  static let recoveryPointObjective =
    "max by (link, source_region, target_region) (farwatch_replication_objective_seconds{link=~\"$link\"})"

  /// Recorded by `rules/dashboards.yml`.
  static let objectiveUsed = "link_target_region:farwatch_replication_objective_used:ratio{link=~\"$link\"}"
  static let backupObjectiveUsed = "job_repo_region:backup_objective_used:ratio{job=~\"$job\"}"
  static let regionAvailable = "region:farwatch_region_available:max{region=~\"$region\"}"

  static let backupAge = """
    time() - max by (job, type, repo, region) (
      backup_last_success_timestamp_seconds{job=~"$job", region=~"$region"}
    )
    """

  /// Which server of a link accepts writes.
  static let primaries = [
    Query(
      "max by (link, region) (farwatch_postgres_role{role=\"primary\", link=~\"$link\"})",
      "{{link}} {{region}}"),
    Query(
      "max by (link, region) (farwatch_redis_role{role=\"master\", link=~\"$link\"})", "{{link}} {{region}}"),
    Query(
      "1 - max by (link, region) (farwatch_mysql_read_only{link=~\"$link\"})", "{{link}} {{region}}"),
  ]

  static func firing(_ more: String = "") -> String {
    "max by (alertname, severity, region, link, job) (ALERTS{alertstate=\"firing\"\(more)})"
  }
}

extension Panel {
  /// What fires now, with what it is about.
  static func alerts(_ title: String, _ selection: String = "", height: Int = 8) -> Panel {
    Panel(
      title, "Alerts that fire now. Each has a runbook at /runbooks/ of Farwatch.", .table,
      [Query(Expressions.firing(selection), "firing")], width: 24, height: height, whenEmpty: "no alert fires"
    )
  }
}
