/// The files that the demo's daemon reads: an ordinary configuration and an ordinary rule file.
struct DemoFiles {
  var listen: String
  var folder: String
  var regions: [(name: String, address: String)]
  var pager: String

  func on(_ address: String) -> DemoFiles {
    var copy = self
    copy.listen = address
    return copy
  }

  var configuration: String {
    let checks = regions.map {
      "    - {name: api, region: \($0.name), zone: \($0.name)-a, tier: web, http: {url: \"\($0.address)/health\", json: {status: UP}}}"
    }
    let scrapes = regions.map {
      "  - {name: \($0.name)-shop, interval: 2s, scrape: {url: \"\($0.address)/metrics\"}}"
    }
    let bucket = "bucket: \(DemoBucket.name), path_style: true, credentials: anonymous"
    let nodes = regions.map { "{region: \($0.name), s3: {\(bucket), endpoint: \"\($0.address)\"}}" }
    return """
      vantage: demo
      listen: \(listen)
      state: \(folder)/state
      regions:
        taiwan:
          role: primary
          share: 60
          traffic: {requests: \(served("taiwan")), errors: \(served("taiwan", #",code=~"5..""#))}
        japan:
          role: secondary
          share: 40
          traffic: {requests: \(served("japan")), errors: \(served("japan", #",code=~"5..""#))}
      health:
        defaults: {interval: 2s, timeout: 1s, failures: 2, successes: 2, confirm: 500ms}
        checks:
      \(checks.joined(separator: "\n"))
      collect:
      \(scrapes.joined(separator: "\n"))
      replication:
        - link: uploads
          engine: object_store
          rpo: 10s
          interval: 2s
          timeout: 1s
          source: \(nodes[0])
          targets: [\(nodes[1])]
      backups:
        - job: mysql-backups
          region: japan
          directory: {path: \(folder)/backups, match: "backup_*.sql.gz", settle: 0}
          every: 30s
          interval: 5s
          min_size: 100B
          verify: {gzip: true, trailer: mysqldump}
      rule_files: [rules.yml, dashboards.yml]
      topics:
        critical: {subscriptions: [{protocol: http, endpoint: "\(pager)"}]}
      routes: [{match: {severity: page}, topic: critical}]
      inhibit_rules:
        - source_matchers: [alertname="RegionDown"]
          target_matchers: [alertname="CheckDown"]
          equal: [region]
          wait: 10s

      """
  }

  /// The expression for what a region serves.
  private func served(_ region: String, _ more: String = "") -> String {
    #"'sum(rate(shop_requests_total{site="\#(region)"\#(more)}[30s]))'"#
  }

  var rules: String {
    """
    groups:
      - name: demo
        interval: 5s
        rules:
          - alert: RegionDown
            expr: farwatch_region_state{state="down"} == 1
            labels: {severity: page}
            annotations:
              summary: 'Region {{ $labels.region }} is down'
              description: >-
                Every health check of {{ $labels.region }} fails:
                {{- range query (printf "farwatch_probe_failure_reason{region=%q}" $labels.region) }}
                {{ .Labels.check }} ({{ .Labels.reason }}){{ end }}.
          - alert: CheckDown
            expr: max by (check, region) (farwatch_check_state{state="down"}) == 1
            labels: {severity: page}
            annotations:
              summary: 'Check {{ $labels.check }} fails in region {{ $labels.region }}'
          - alert: BackupStale
            expr: time() - backup_last_success_timestamp_seconds > on (job, type, repo, region) backup_objective_age_seconds
            labels: {severity: page}
            annotations:
              summary: 'Newest good backup of {{ $labels.job }} is {{ humanizeDuration $value }} old'

    """
  }

  /// What the dashboards ask over long times: `rules/dashboards.yml`, to the letter.
  static let dashboardRules = """
    # What the dashboards ask over long times, worked out as it happens. Named as Prometheus advises:
    # level:metric:operations.
    groups:
      - name: farwatch-dashboards
        interval: 15s
        rules:
          # 1 is the objective; beyond it a failover would lose more than was agreed.
          - record: link_target_region:farwatch_replication_objective_used:ratio
            expr: |
              (
                time()
                  - max by (link, target_region) (farwatch_replication_recovery_point_timestamp_seconds)
              )
                / max by (link, target_region) (farwatch_replication_objective_seconds)

          # 1 is the age at which the newest good backup is too old.
          - record: job_repo_region:backup_objective_used:ratio
            expr: |
              (time() - max by (job, type, repo, region) (backup_last_success_timestamp_seconds))
                / max by (job, type, repo, region) (backup_objective_age_seconds)

          # 1 while the region serves, if not in full; 0 when it is down, and when nobody knows.
          - record: region:farwatch_region_available:max
            expr: max by (region) (farwatch_region_state{state=~"up|degraded"})

    """
}
